package queue

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"fieldcam/capture/photo"
)

// Retry lets photos wait again that were refused or kept, and those that were
// lost where their file is back, whole; and says how many. Where none is named,
// all that were refused. Photos in another state are left as they are. Where one
// is unknown, nothing changes and the error wraps ErrUnknown.
func (q *Queue) Retry(ids ...photo.ID) (n int, err error) {
	back := map[uint64]bool{}
	for _, id := range ids {
		item, err := q.Item(id)
		if err == nil && item.State == Lost {
			back[id.Seq()] = q.spool.Verify(item.Meta) == nil
		}
	}
	return q.change("retry photos", Refused, ids, func(t txn, seq uint64, s State, r record) (to State, ok bool) {
		return Waiting, s == Refused || s == Kept || s == Lost && back[seq]
	})
}

// Hold keeps waiting photos from being sent until Release, and says how many.
// Where none is named, all that wait. Photos in another state are left as they
// are. Where one is unknown, nothing changes and the error wraps ErrUnknown.
func (q *Queue) Hold(ids ...photo.ID) (n int, err error) {
	return q.change("hold photos", Waiting, ids, func(t txn, seq uint64, s State, r record) (to State, ok bool) {
		return Held, s == Waiting
	})
}

// Release lets held photos wait again, and says how many. Where none is named,
// all that are held. Where one is unknown, nothing changes and the error wraps
// ErrUnknown.
func (q *Queue) Release(ids ...photo.ID) (n int, err error) {
	return q.change("release photos", Held, ids, func(t txn, seq uint64, s State, r record) (to State, ok bool) {
		return Waiting, s == Held
	})
}

// handsBatch is how many photos one transaction of a person's order changes, so
// that an Add waits for it no longer than for an acknowledgement.
const handsBatch = 512

// change moves the photos called ids, or all in the state all, to the state that
// decide says, in batches: where one fails, those before it are changed.
func (q *Queue) change(what string, all State, ids []photo.ID, decide func(t txn, seq uint64, s State, r record) (to State, ok bool)) (n int, err error) {
	if err := q.begin(); err != nil {
		return 0, err
	}
	defer q.end()
	seqs, err := q.named(ids)
	if err == nil {
		n, err = q.changeBatches(seqs, decide)
	}
	for last := uint64(math.MaxUint64); err == nil && len(ids) == 0; {
		if seqs, err = q.members(set(all), last, handsBatch); err != nil || len(seqs) == 0 {
			break
		}
		var some int
		some, err = q.changeBatch(seqs, decide)
		n += some
		if last = seqs[len(seqs)-1] - 1; last == 0 {
			break
		}
	}
	if n > 0 {
		q.thinAnew()
	}
	if err != nil {
		return n, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

func (q *Queue) changeBatches(seqs []uint64, decide func(t txn, seq uint64, s State, r record) (to State, ok bool)) (n int, err error) {
	for batch := range slices.Chunk(seqs, handsBatch) {
		some, err := q.changeBatch(batch, decide)
		n += some
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// named are the numbers of the photos called ids, all of which must be there.
func (q *Queue) named(ids []photo.ID) (seqs []uint64, err error) {
	err = q.view(func(t txn) error {
		seqs = nil
		for _, id := range ids {
			ok, err := t.holds(id.Seq(), id)
			if err == nil && !ok {
				err = fmt.Errorf("photo %.60q: %w", id, ErrUnknown)
			}
			if err != nil {
				return err
			}
			seqs = append(seqs, id.Seq())
		}
		return nil
	})
	return seqs, err
}

// members are the highest members of the set up to last, descending.
func (q *Queue) members(s set, last uint64, limit int) (seqs []uint64, err error) {
	err = q.view(func(t txn) error {
		seqs = nil
		return t.descend(s, last, span{}, func(seq uint64) (bool, error) {
			seqs = append(seqs, seq)
			return len(seqs) < limit, nil
		})
	})
	return seqs, err
}

func (q *Queue) changeBatch(seqs []uint64, decide func(t txn, seq uint64, s State, r record) (to State, ok bool)) (n int, err error) {
	err = q.update(StepIndexHand, func(t txn) error {
		n = 0
		for _, seq := range seqs {
			s, r, err := t.state(seq)
			if errors.Is(err, ErrUnknown) {
				continue // deleted meanwhile
			}
			if err != nil {
				return err
			}
			to, ok := decide(t, seq, s, r)
			if !ok {
				continue
			}
			if err := t.move(seq, s, r, to, note{}); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Drop deletes photos, whatever their state, and says how many: those that the
// cloud has not got are gone for good, and the ledger says so. The photo being
// sent may still arrive. Where one is unknown, nothing changes and the error wraps
// ErrUnknown. Many go in batches: where one fails, those before it are gone.
func (q *Queue) Drop(ids ...photo.ID) (n int, err error) {
	if err := q.begin(); err != nil {
		return 0, err
	}
	defer q.end()
	seqs, err := q.named(ids)
	for batch := range slices.Chunk(seqs, trimBatch) {
		if err != nil {
			break
		}
		var some int
		some, _, err = q.remove(StepIndexDrop, batch, func(t txn, seq uint64, s State) (set, error) {
			if s == Confirmed {
				return "", nil
			}
			return setDropped, nil
		})
		n += some
	}
	if err != nil {
		return n, fmt.Errorf("drop photos: %w", err)
	}
	if n > 0 {
		q.o.Log.Warn().Int("photos", n).Msg("photos dropped by a person")
	}
	return n, nil
}
