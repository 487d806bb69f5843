package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"fieldcam/queue/spool"
)

// Sweep compares all of the spool with the index, as Open does with what is
// newest only: photos whose file is gone are Lost, photos that the index doesn't
// know are taken in, what is no photo is counted. Recovery tells what it found in
// addition. What Open left for want of room, or as the card wouldn't give it, is
// tried again, and deletions that failed are carried out. Call it once after a
// start and daily; of what the index knows it reads names alone. It ends with ctx.
func (q *Queue) Sweep(ctx context.Context) (Recovery, error) {
	if err := q.begin(); err != nil {
		return Recovery{}, err
	}
	defer q.end()
	r, err := q.sweep(ctx)
	if err != nil {
		return r, fmt.Errorf("sweep spool: %w", err)
	}
	return r, nil
}

func (q *Queue) sweep(ctx context.Context) (r Recovery, err error) {
	a := adopter{q: q, into: &r}
	if err := q.view(func(t txn) (err error) {
		a.newest, err = t.number(keySequence)
		return err
	}); err != nil {
		return r, err
	}
	if err := q.deleteDecided(&a); err != nil {
		return r, err
	}
	seen := map[uint64]members{} // by key of a set: the photos whose file is there
	err = q.spool.Scan(0, func(e spool.Entry) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if e.Kind == spool.Foreign {
			r.foreign(e.Name)
		}
		orphan, own, err := q.orphan(e, true)
		if own {
			m := seen[e.Seq>>setShift]
			m.add(e.Seq)
			seen[e.Seq>>setShift] = m
		}
		if err != nil || !orphan {
			return err
		}
		q.mu.Lock()
		q.next = max(q.next, e.Seq+1) // a person may have put it there: no Add may get its number
		q.mu.Unlock()
		return a.visit(e)
	})
	if err == nil {
		err = a.finish()
	}
	if err != nil {
		return r, err
	}
	r.Lost, err = q.loseMissing(ctx, 0, func(seq uint64) bool { return seen[seq>>setShift].has(seq) })
	return r, err
}

// deleteDecided carries out the deletions that the index has decided and the card
// refused at the time.
func (q *Queue) deleteDecided(a *adopter) error {
	decided, err := q.decided()
	if err != nil {
		return err
	}
	q.mu.Lock()
	for _, seq := range q.unlinked {
		delete(decided, seq)
	}
	q.mu.Unlock()
	done, err := q.carryOut(a, decided)
	if err == nil {
		q.addUnlinked(done)
	}
	return err
}

// decided are the names of the files that are to be deleted, by number.
func (q *Queue) decided() (names map[uint64]string, err error) {
	err = q.view(func(t txn) error {
		names = map[uint64]string{}
		c := t.bucket(bucketUnlinking).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			name, err := t.open(bucketUnlinking, k, v)
			if err != nil {
				return err
			}
			names[keySeq(k)] = string(name)
		}
		return nil
	})
	return names, err
}

// carryOut deletes the files called names, by number, and says of which it is
// durable that there are none; what the card refuses waits for the next time.
func (q *Queue) carryOut(a *adopter, names map[uint64]string) (done []uint64, err error) {
	var gone []string
	for _, seq := range slices.Sorted(maps.Keys(names)) {
		name := names[seq]
		has, err := q.spool.Has(name)
		if err == nil && has {
			if err = a.remove(name); err == nil {
				has, err = q.spool.Has(name)
			}
		}
		if err != nil {
			if err := a.skip(name, err); err != nil {
				return nil, err
			}
			continue
		}
		if !has {
			done, gone = append(done, seq), append(gone, name)
		}
	}
	if err := q.spool.Sync(gone...); err != nil {
		if ofFile(err) {
			err = nil // at a later time
		}
		return nil, err
	}
	return done, nil
}
