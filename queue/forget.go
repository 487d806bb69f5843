package queue

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"
)

const (
	// ledgerKeep is how much of the ledger is kept: five years, for comparison
	// with the seasons before. A year takes some 20 KB at a photo each 15 min.
	ledgerKeep = 5 * 366 * day
	// ledgerKeepShort is kept where the index nears its limit for want of
	// anything else to delete.
	ledgerKeepShort = 30 * day
	// ledgerPace is how far the ledger must have grown for the next pass.
	ledgerPace = day
	// ledgerBatch is how many keys one transaction deletes.
	ledgerBatch = 64
)

// trimLedger drops what is more than keep older than the ledger's end.
func (q *Queue) trimLedger(ctx context.Context, keep time.Duration) error {
	var horizon time.Time
	err := q.view(func(t txn) (err error) {
		horizon, err = q.ledgerHorizon(t, keep)
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
	if err := q.forgetBefore(ctx, horizon); err != nil {
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
// isn't synced decides nothing, unless the index is short of room.
func (q *Queue) ledgerHorizon(t txn, keep time.Duration) (time.Time, error) {
	last, ok, err := t.lastSlot()
	if err != nil || !ok {
		return time.Time{}, err
	}
	seq, err := t.number(keySequence)
	if err != nil {
		return time.Time{}, err
	}
	newest, err := t.record(seq)
	if err != nil || !newest.exists() {
		return time.Time{}, err
	}
	if newest.slotTime().Before(last) {
		last = newest.slotTime()
	}
	if keep != ledgerKeepShort && newest.flags&flagUnsynced != 0 {
		return time.Time{}, nil
	}
	return midnight(last.Add(-keep)), nil
}

// forgetBefore drops, in batches, the days and spans that ended before horizon,
// and the memory of photos deleted for other reasons than that the cloud had
// them. A day stays as long as one of its photos is in the index.
func (q *Queue) forgetBefore(ctx context.Context, horizon time.Time) error {
	var lowest uint64 // the lowest number in a day that stays
	finders := []func(t txn, from []byte) (bucket string, old [][]byte, next []byte, err error){
		func(t txn, from []byte) (string, [][]byte, []byte, error) { return t.oldDays(from, horizon) },
		func(t txn, from []byte) (string, [][]byte, []byte, error) { return t.oldSpans(horizon) },
		func(t txn, from []byte) (string, [][]byte, []byte, error) {
			return t.oldMarks(setDropped, from, horizon, lowest)
		},
		func(t txn, from []byte) (string, [][]byte, []byte, error) {
			return t.oldMarks(setThinned, from, horizon, lowest)
		},
		func(t txn, from []byte) (string, [][]byte, []byte, error) {
			return t.oldMarks(setBad, from, horizon, lowest)
		},
	}
	for _, find := range finders {
		for from := []byte{}; from != nil; {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			var bucket string
			var old [][]byte
			err := q.view(func(t txn) (err error) {
				if lowest == 0 {
					if lowest, err = t.lowestAccounted(horizon); err != nil {
						return err
					}
				}
				bucket, old, from, err = find(t, from)
				return err
			})
			if err != nil {
				return err
			}
			if len(old) == 0 {
				continue
			}
			err = q.commit(StepIndexTrim, func(t txn) error {
				var errs []error
				for _, k := range old {
					errs = append(errs, t.bucket(bucket).Delete(k))
				}
				return errors.Join(errs...)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// oldDays are the days before horizon, from a key on, whose photos are all gone;
// next is where to go on, nil at the end.
func (t txn) oldDays(from []byte, horizon time.Time) (bucket string, old [][]byte, next []byte, err error) {
	c := t.bucket(bucketDays).Cursor()
	looked := 0
	for k, v := c.Seek(from); len(k) >= 8 && keySlot(k[:8]).Before(horizon); k, v = c.Next() {
		if looked++; looked > ledgerBatch {
			return bucketDays, old, slices.Clone(k), nil
		}
		d, err := t.decodeDay(k, v)
		if err != nil {
			return "", nil, nil, err
		}
		if gone, err := t.gone(&d); err != nil {
			return "", nil, nil, err
		} else if gone {
			old = append(old, slices.Clone(k))
		}
	}
	return bucketDays, old, nil, nil
}

// gone tells whether none of the day's photos is in the index.
func (t txn) gone(d *ledgerDay) (bool, error) {
	for first, count := range d.Photos() {
		for n := range count {
			if r, err := t.record(first + n); err != nil || r.exists() {
				return false, err
			}
		}
	}
	return true, nil
}

func (t txn) oldSpans(horizon time.Time) (bucket string, old [][]byte, next []byte, err error) {
	c := t.bucket(bucketSpans).Cursor()
	for k, _ := c.First(); len(k) == 16 && keySlot(k[:8]).Before(horizon); k, _ = c.Next() {
		if len(old) == ledgerBatch {
			return bucketSpans, old, []byte{}, nil
		}
		old = append(old, slices.Clone(k))
	}
	return bucketSpans, old, nil, nil
}

// lowestAccounted is the lowest number of the photos of all days that stay when
// those before horizon go whose photos are gone.
func (t txn) lowestAccounted(horizon time.Time) (lowest uint64, err error) {
	lowest = math.MaxUint64
	c := t.bucket(bucketDays).Cursor()
	for k, v := c.First(); len(k) >= 8; k, v = c.Next() {
		d, err := t.decodeDay(k, v)
		if err != nil {
			return 0, err
		}
		if keySlot(k[:8]).Before(horizon) {
			if gone, err := t.gone(&d); err != nil || gone {
				if err != nil {
					return 0, err
				}
				continue
			}
		}
		for first := range d.Photos() {
			lowest = min(lowest, first)
		}
	}
	return lowest, nil
}

// oldMarks are the blocks of the set that are before horizon, and before all photos
// of which a day still tells: what became of those must stay known.
func (t txn) oldMarks(s set, from []byte, horizon time.Time, lowest uint64) (bucket string, old [][]byte, next []byte, err error) {
	c := t.bucket(string(s)).Cursor()
	for k, v := c.Seek(from); k != nil; k, v = c.Next() {
		b, err := t.block(s, k, v)
		if err != nil {
			return "", nil, nil, err
		}
		if !time.Unix(0, b.max).Before(horizon) || b.first+setNumbers > lowest {
			continue
		}
		if len(old) == ledgerBatch {
			return string(s), old, slices.Clone(k), nil
		}
		old = append(old, slices.Clone(k))
	}
	return string(s), old, nil, nil
}
