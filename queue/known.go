package queue

import (
	"errors"
	"fmt"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// An index that is made anew can't tell of a number without a record whether its
// photo was uploaded and deleted, or is forgotten with the old index. So it keeps
// the number that was the next one then (keyKnown): of those below it, the cloud
// has only those of the set "arrived". The mark never goes down, and an index of
// the first release, which is migrated whole, has none.

// returnedAhead is how far above all known numbers one that returns may be: two
// years of a photo each second. What is farther is no number of ours.
const returnedAhead = 1 << 26

// ErrOther says that a photo's number was given out to another photo: the one at
// hand is of another life of this card.
var ErrOther = errors.New("its number is another photo's")

// startKnown sets the mark of an index in the making, where highest is the highest
// number that the card tells of, beside the old index.
func (t txn) startKnown(highest uint64) error {
	last, err := t.number(keySequence)
	if highest = max(highest, last); err != nil || highest == 0 {
		return err
	}
	return t.putNumber(keyKnown, highest+1)
}

// arrived remembers, of a photo that leaves the index, that the cloud has it.
func (t txn) arrived(seq uint64, taken int64) error {
	known, err := t.number(keyKnown)
	if err != nil || seq >= known {
		return err
	}
	_, err = t.mark(setArrived, seq, taken, true)
	return err
}

// Wants tells whether the queue knows nothing of the photo, so that Returned
// would take it. It is cheap. The error wraps ErrOther where the photo's number is
// another photo's.
func (q *Queue) Wants(id photo.ID) (ok bool, err error) {
	if err := q.begin(); err != nil {
		return false, err
	}
	defer q.end()
	fresh := q.neverGiven(id.Seq())
	err = q.view(func(t txn) (err error) {
		ok, err = q.wants(t, id, fresh)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look up photo %.60q: %w", id, err)
	}
	return ok, nil
}

// wants is Wants; fresh: the number was never given out.
func (q *Queue) wants(t txn, id photo.ID, fresh bool) (bool, error) {
	seq := id.Seq()
	r, err := t.record(seq)
	if err != nil || r.exists() {
		if err == nil && r.id(seq) != id {
			err = ErrOther
		}
		return false, err
	}
	for _, s := range []set{setDropped, setThinned, setArrived} {
		if in, err := t.in(s, seq); in || err != nil {
			return false, err
		}
	}
	last, err := t.number(keySequence)
	if err != nil {
		return false, err
	}
	known, err := t.number(keyKnown)
	switch {
	case err != nil:
		return false, err
	case seq < known:
		return true, nil
	case seq <= last: // uploaded and deleted
		return false, nil
	case fresh:
		return true, nil
	case q.isPending(seq):
		return false, nil
	}
	return false, ErrOther // an Add had it that failed
}

// isPending tells whether the number is of a photo that is here and not in the
// index yet.
func (q *Queue) isPending(seq uint64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, writing := q.writing[seq]
	_, waits := q.unadopted[seq]
	return writing || waits
}

func (q *Queue) neverGiven(seq uint64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return seq >= q.next
}

// Returned takes a photo in that the second copy has, whole as far as its size
// tells, and that the queue knows nothing of, as after the loss of the index: it
// waits again, or is kept, and is read from there. A photo that the queue knows is
// left as it is; so is, without an error, one that the cloud has for sure. m is
// what was written beside the copy: the error wraps ErrDamaged where that makes no
// sense, and ErrOther as of Wants. Durable on return.
func (q *Queue) Returned(m photo.Meta) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	r, err := q.returnable(m)
	if err == nil {
		err = q.returned(m, r)
	}
	if err != nil {
		return fmt.Errorf("take photo %.60q back: %w", m.ID, err)
	}
	return nil
}

// returnable checks m, and is its record.
func (q *Queue) returnable(m photo.Meta) (record, error) {
	_, err := photo.ParseID(string(m.ID))
	switch {
	case err != nil:
	case m.Device != q.o.Device:
		err = fmt.Errorf("it is of %.70q", m.Device)
	case spool.CheckFormat(m.Format) != nil:
		err = spool.CheckFormat(m.Format)
	case m.Size <= 0 || m.Size != int64(uint32(m.Size)):
		err = fmt.Errorf("%d bytes", m.Size)
	case m.Trigger != photo.Scheduled && m.Trigger != photo.Manual:
		err = fmt.Errorf("trigger %.20q", m.Trigger)
	default:
		err = errors.Join(checkSlot(m.Slot), checkSlot(m.Taken))
	}
	var r record
	if err == nil {
		r, err = recordOf(m)
	}
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r, nil
}

func (q *Queue) returned(m photo.Meta, r record) (err error) {
	seq := m.Seq()
	q.mu.Lock()
	before, fresh := q.next, seq >= q.next
	if fresh && seq-q.next > returnedAhead {
		q.mu.Unlock()
		return fmt.Errorf("%w: number %d, the next is %d", ErrDamaged, seq, before)
	}
	q.next = max(q.next, seq+1)
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if err != nil && fresh && q.next == seq+1 {
			q.next = before // it may be tried again
		}
	}()
	return q.update(StepIndexAdopt, func(t txn) error {
		if ok, err := q.wants(t, m.ID, fresh); !ok || err != nil {
			return err
		}
		return q.takeBack(t, m, r)
	})
}

// takeBack puts the photo into the index as one that is away.
func (q *Queue) takeBack(t txn, m photo.Meta, r record) error {
	seq, s := m.Seq(), q.firstState(m)
	if s == Kept {
		if away, err := t.in(setAway, seq); err != nil || away {
			return err // it was taken back before
		}
	}
	last, err := t.number(keySequence)
	if err != nil {
		return err
	}
	if seq > last { // whose photos those between were, nobody knows
		if err := t.putNumber(keyKnown, seq+1); err != nil {
			return err
		}
	}
	if err := t.accept(m, s, false); err != nil {
		return err
	}
	if _, err := t.mark(setCopied, seq, r.taken, true); err != nil {
		return err
	}
	if err := t.awayTo(); err != nil {
		return err
	}
	return t.sendAway(seq, s, r)
}

// restoreArrived remembers the photos that the cloud had and the card has not.
func (s *salvage) restoreArrived(t txn) error {
	for seq := range s.members(set(Confirmed)) {
		r, err := t.record(seq)
		if err == nil && !r.exists() {
			err = t.arrived(seq, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
