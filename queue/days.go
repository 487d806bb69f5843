package queue

import (
	"errors"
	"fmt"
	"time"

	"fieldcam/queue/ledger"
)

// Day is the sum of the ledger over one UTC day and one session.
type Day struct {
	Day     time.Time // its midnight, UTC
	Session string
	ledger.Counts
	// Photos is how many were taken for the day's slots: more than Taken where a
	// shot has several files. Each is one of those that follow.
	Photos int
	// Waiting photos are yet to be uploaded (held and refused ones too), Uploaded
	// ones are confirmed by the cloud.
	Waiting, Uploaded int
	// Kept photos aren't meant to be uploaded. Lost ones were lost on the card,
	// Dropped ones deleted by a person, Thinned ones by the policy for a full card,
	// before the cloud had them.
	Kept, Lost, Dropped, Thinned int
	// Unknown photos are in the index no more, which was made anew meanwhile: whether
	// the cloud has them, only the cloud can tell.
	Unknown int
	// Bad is how many of Photos are bad pictures, by their photo.Verdict.
	Bad int
	// Deleted is how many of Uploaded the card no longer has.
	Deleted int
	// Proof is the day for the wire, at most ledger.MaxProof bytes.
	Proof []byte
}

// Days sums up the ledger of the UTC days that hold an instant from <= t < to, by
// day and session, ascending.
func (q *Queue) Days(from, to time.Time) (all []Day, err error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	for _, end := range []time.Time{from, to} {
		if err := checkSlot(end); err != nil {
			return nil, fmt.Errorf("sum up ledger: %w", err)
		}
	}
	err = q.view(func(t txn) error {
		all = nil
		return t.days(from, to, func(day time.Time, session string, d *ledgerDay) error {
			sum := Day{Day: day, Session: session, Counts: d.Counts(), Proof: d.Proof()}
			for first, count := range d.Photos() {
				if err := t.tally(first, count, &sum); err != nil {
					return err
				}
			}
			all = append(all, sum)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("sum up ledger: %w", err)
	}
	return all, nil
}

// uploaded tells of a photo that the index has no more whether the cloud has it.
func (t txn) uploaded(seq uint64) (bool, error) {
	var d Day
	last, err := t.number(keySequence)
	if err == nil {
		err = t.tallyOne(seq, &d)
	}
	return d.Uploaded > 0 && seq <= last, err
}

// Account is what the ledger knows of a slot's photos, for a person: their state,
// or why they are gone.
func (q *Queue) Account(seqs ...uint64) (all []string, err error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	err = q.view(func(t txn) error {
		all = nil
		for _, seq := range seqs {
			s, _, err := t.state(seq)
			word := string(s)
			if errors.Is(err, ErrUnknown) {
				var d Day
				err = t.tallyOne(seq, &d)
				switch {
				case d.Dropped > 0:
					word = string(setDropped)
				case d.Thinned > 0:
					word = string(setThinned)
				case d.Kept > 0:
					word = string(setAway)
				case d.Unknown > 0:
					word = "unknown"
				default:
					word = "deleted"
				}
			}
			if err != nil {
				return err
			}
			all = append(all, word)
		}
		return nil
	})
	return all, err
}

// Proved is the UTC midnight that SetProved was given last; zero for none.
func (q *Queue) Proved() (day time.Time, err error) {
	if err := q.begin(); err != nil {
		return time.Time{}, err
	}
	defer q.end()
	err = q.view(func(t txn) error {
		v, err := t.get(bucketMeta, []byte(keyProved))
		if err == nil && len(v) == 8 {
			day = keySlot(v)
		}
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read how far the ledger is proved: %w", err)
	}
	return day, nil
}

// SetProved remembers, durably, up to which day the cloud has been told all there
// is to tell of the ledger.
func (q *Queue) SetProved(day time.Time) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	err := checkSlot(day)
	if err == nil {
		err = q.update(StepIndexProved, func(t txn) error { return t.put(bucketMeta, []byte(keyProved), slotKey(day)) })
	}
	if err != nil {
		return fmt.Errorf("remember how far the ledger is proved: %w", err)
	}
	return nil
}
