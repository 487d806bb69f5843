package queue

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"fieldcam/capture/photo"
)

const (
	day = 24 * time.Hour
	// ledgerKeep is how much of the ledger is kept: a year, for comparison with
	// the season before, and a month for the person who comes to look.
	ledgerKeep = 400 * day
	// ledgerKeepShort is kept where the index nears its limit for want of
	// anything else to delete: at a slot each 5 s, a year's ledger is 0.5 GB.
	ledgerKeepShort = 30 * day
	// ledgerPace is how far the ledger must have grown for the next pass.
	ledgerPace = day
	// ledgerBatch is how many slots one transaction looks at: 0.1 s on a slow ARM
	// core, for which an Add may wait.
	ledgerBatch = 256
)

// errUnchanged ends a transaction that has nothing to write.
var errUnchanged = errors.New("nothing to change")

// trimLedger drops what is more than keep older than the ledger's end.
func (q *Queue) trimLedger(ctx context.Context, keep time.Duration) error {
	var horizon time.Time
	err := q.viewItems(func(t txn) (err error) {
		horizon, err = t.ledgerHorizon(keep)
		return err
	})
	if err != nil || horizon.IsZero() {
		return err
	}
	q.mu.Lock()
	done := horizon.Before(q.ledgerAt.Add(ledgerPace))
	q.mu.Unlock()
	if done {
		return nil
	}
	if err := q.forgetSlots(ctx, horizon); err != nil {
		return err
	}
	q.mu.Lock()
	q.ledgerAt = horizon
	q.mu.Unlock()
	return nil
}

// ledgerHorizon is the instant before which the ledger may go; zero: none. It
// is reckoned from the newest photo and the last slot, the earlier of them, as a
// clock that ran ahead leaves slots of the future in the ledger. A clock that
// isn't synced decides nothing, and what waits keeps its surroundings, unless
// the index is short of room.
func (t txn) ledgerHorizon(keep time.Duration) (time.Time, error) {
	last, ok := t.lastSlot()
	k, _ := t.bucket(bucketItems).Cursor().Last()
	if !ok || k == nil {
		return time.Time{}, nil
	}
	newest, err := t.meta(keySeq(k))
	if err != nil {
		return time.Time{}, err
	}
	if newest.Slot.Before(last) {
		last = newest.Slot
	}
	horizon := last.Add(-keep)
	if keep == ledgerKeepShort {
		return horizon, nil
	}
	if !newest.ClockSynced {
		return time.Time{}, nil
	}
	if k, _ := t.bucket(string(Waiting)).Cursor().First(); k != nil {
		oldest, err := t.meta(keySeq(k))
		if err != nil {
			return time.Time{}, err
		}
		if oldest.Slot.Before(horizon) {
			horizon = oldest.Slot
		}
	}
	return horizon, nil
}

// forgetSlots drops the slots and ranges that ended before horizon, in batches.
// A slot keeps its photos that are items still.
func (q *Queue) forgetSlots(ctx context.Context, horizon time.Time) error {
	from := []byte{}
	for from != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := q.commit(StepIndexTrim, func(t txn) (err error) {
			from, err = t.forgetSlots(from, horizon)
			return err
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			return err
		}
	}
	for more := true; more; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := q.commit(StepIndexTrim, func(t txn) (err error) {
			more, err = t.forgetRanges(horizon)
			return err
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			return err
		}
	}
	return nil
}

// forgetSlots looks at one batch of slots, beginning with the key from, and
// returns the next one's; nil at the end.
func (t txn) forgetSlots(from []byte, horizon time.Time) (next []byte, err error) {
	changes := map[string]slotRecord{}
	b := t.bucket(bucketSlots)
	c := b.Cursor()
	looked := 0
	for k, v := c.Seek(from); len(k) == 8 && keySlot(k).Before(horizon); k, v = c.Next() {
		if looked++; looked > ledgerBatch {
			next = slices.Clone(k)
			break
		}
		r, err := decodeSlot(v)
		if err != nil {
			continue // Ledger tells of it
		}
		var held []photo.ID
		for _, id := range r.Photos {
			if t.holds(id.Seq(), id) {
				held = append(held, id)
			}
		}
		if len(held) < len(r.Photos)+len(r.Misses) {
			changes[string(k)] = slotRecord{Photos: held}
		}
	}
	if len(changes) == 0 {
		return next, errUnchanged
	}
	for k, r := range changes {
		if len(r.Photos) == 0 {
			err = b.Delete([]byte(k))
		} else {
			var v []byte
			if v, err = json.Marshal(r); err == nil {
				err = b.Put([]byte(k), v)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return next, nil
}

// forgetRanges drops one batch of ranges; more says that there may be others.
func (t txn) forgetRanges(horizon time.Time) (more bool, err error) {
	var old [][]byte
	b := t.bucket(bucketRanges)
	c := b.Cursor()
	for k, _ := c.First(); len(k) == 16 && keySlot(k[:8]).Before(horizon) && len(old) < ledgerBatch; k, _ = c.Next() {
		old = append(old, slices.Clone(k))
	}
	if len(old) == 0 {
		return false, errUnchanged
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return false, err
		}
	}
	return len(old) == ledgerBatch, nil
}
