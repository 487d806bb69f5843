package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fieldcam/queue/spool"
)

// recover opens the index, sound and in step with the spool.
func (q *Queue) recover(ctx context.Context, rebuild bool) error {
	path := q.path(indexName)
	damage, err := q.openSound(ctx, path, rebuild)
	if err != nil {
		return err
	}
	if damage == nil {
		err := q.reconcile(ctx)
		if err == nil {
			return q.firstNumber()
		}
		if !errors.Is(err, ErrDamaged) {
			return err
		}
		damage = err // what Probe doesn't read
		if err := q.closeIndex(); err != nil {
			return err
		}
		q.recovery = Recovery{}
		clear(q.unadopted)
	}
	if !errors.Is(damage, fs.ErrNotExist) {
		q.recovery.Damage = damage.Error()
		if err := q.setIndexAside(path); err != nil {
			return fmt.Errorf("set index aside: %w", err)
		}
	}
	if err := q.create(ctx, path, rebuild); err != nil {
		return fmt.Errorf("create index: %w", err)
	}
	if q.db, err = openIndex(path, q.o.LockTimeout, false, q.o.maxIndex); err != nil {
		return err
	}
	return q.firstNumber()
}

// openSound opens the index at path where it is sound and no rebuild was asked
// for. Else it returns what is wrong with it as damage (fs.ErrNotExist where
// there is none), or why that can't be told or must not be mended as err.
func (q *Queue) openSound(ctx context.Context, path string, rebuild bool) (damage, err error) {
	if _, err := os.Lstat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return err, nil
		}
		return nil, err
	}
	damage = q.o.Probe(ctx, path)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(damage, ErrNotProbed):
		return nil, damage
	case damage != nil:
		return damage, nil
	}
	if q.db, err = openIndex(path, q.o.LockTimeout, false, q.o.maxIndex); err != nil {
		return nil, err
	}
	err = q.view(func(t txn) error { return t.schema() })
	if err == nil && rebuild {
		err = fmt.Errorf("%w: its rebuild was asked for", ErrDamaged)
	}
	if err == nil || !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	return err, q.closeIndex()
}

func (q *Queue) closeIndex() error {
	db := q.db
	q.db = nil
	return db.Close()
}

// setIndexAside moves the index to damaged/queue-UTC.db, with -2, -3 … where a
// clock that stands at 1970 gives the same name again.
func (q *Queue) setIndexAside(path string) error {
	if err := q.o.Fault(StepIndexSetAside); err != nil {
		return err
	}
	dir := q.path(damagedName)
	if err := spool.MakeDir(dir); err != nil {
		return err
	}
	stem := filepath.Join(dir, "queue-"+now().Format("20060102T150405Z"))
	to := stem + ".db"
	for n := 2; ; n++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return err
		}
		to = fmt.Sprintf("%s-%d.db", stem, n)
	}
	if err := os.Rename(path, to); err != nil {
		return err
	}
	q.recovery.SetAside = to
	// First the new name, then the absence of the old one.
	return errors.Join(spool.SyncDir(dir), spool.SyncDir(q.o.Dir))
}

// create makes an index from the spool under another name and puts it in its
// place when it is whole: a power cut while bbolt writes its first pages would
// leave a file that never opens.
func (q *Queue) create(ctx context.Context, path string, readAll bool) (err error) {
	temporary := q.path(newName)
	if err := os.RemoveAll(temporary); err != nil {
		return err
	}
	if q.db, err = openIndex(temporary, q.o.LockTimeout, true, q.o.maxIndex); err != nil { // one fsync at the end
		return err
	}
	if err := q.fillIndex(ctx, readAll); err != nil {
		return err // release closes q.db
	}
	db := q.db
	q.db = nil
	if err := errors.Join(db.Sync(), db.Close()); err != nil {
		return err
	}
	if err := q.o.Fault(StepIndexCreate); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return spool.SyncDir(q.o.Dir)
}

func (q *Queue) fillIndex(ctx context.Context, readAll bool) error {
	if err := q.update(StepIndexAdopt, initIndex); err != nil {
		return err
	}
	a := adopter{q: q, readAll: readAll}
	if !readAll {
		if err := q.spool.Scan(func(e spool.Entry) error {
			a.newest = max(a.newest, e.Seq)
			return ctx.Err()
		}); err != nil {
			return err
		}
	}
	if err := a.scan(ctx); err != nil {
		return err
	}
	q.recovery.Rebuilt = q.recovery.Damage != "" || a.known+q.recovery.Adopted > 0
	return nil
}

// reconcile brings a sound index and the spool in step.
func (q *Queue) reconcile(ctx context.Context) error {
	a := adopter{q: q}
	if err := q.view(func(t txn) error {
		a.newest = t.sequence()
		return nil
	}); err != nil {
		return err
	}
	if err := a.scan(ctx); err != nil {
		return err
	}
	var want int64
	err := q.view(func(t txn) error {
		c, err := t.counters()
		want = c[Waiting].photos + c[Refused].photos + c[Confirmed].photos
		return err
	})
	if err != nil {
		return err
	}
	if int64(a.known+q.recovery.Adopted) != want {
		if err := q.findLost(ctx); err != nil {
			return err
		}
	}
	return q.finishUnlinking()
}

// findLost takes note of the items whose file is gone.
func (q *Queue) findLost(ctx context.Context) error {
	for before := uint64(0); ; {
		items, err := q.List(Filter{Before: before})
		if err != nil || len(items) == 0 {
			return err
		}
		for _, item := range items {
			if item.State == Lost {
				continue
			}
			_, err := q.spool.Size(item.Meta)
			if errors.Is(err, fs.ErrNotExist) {
				if err = q.lose(item.Meta, err); err == nil {
					q.recovery.Lost++
				}
			}
			if errors.Is(cardFull(err), ErrCardFull) {
				return nil // Open(m) or a later start notes it
			}
			if err != nil {
				return err
			}
		}
		if before = items[len(items)-1].Seq(); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// finishUnlinking forgets the deletions that the scan carried out.
func (q *Queue) finishUnlinking() error {
	pending := false
	err := q.view(func(t txn) error {
		k, _ := t.bucket(bucketUnlinking).Cursor().First()
		pending = k != nil
		return nil
	})
	if err != nil || !pending {
		return err
	}
	if err := q.spool.Sync(); err != nil {
		return err
	}
	err = q.update(StepIndexUnlinked, func(t txn) error {
		if err := t.DeleteBucket([]byte(bucketUnlinking)); err != nil {
			return err
		}
		_, err := t.CreateBucket([]byte(bucketUnlinking))
		return err
	})
	if errors.Is(err, ErrCardFull) {
		return nil // at a later start
	}
	return err
}

// firstNumber finds the first sequence number that was never given out. All
// that the spool holds is in the index by now, or unadopted.
func (q *Queue) firstNumber() error {
	err := q.view(func(t txn) error {
		q.next = t.sequence()
		return nil
	})
	if err != nil {
		return err
	}
	for seq := range q.unadopted {
		q.next = max(q.next, seq)
	}
	// What was set aside has a number too.
	dir, err := os.ReadDir(q.path(damagedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range dir {
		q.next = max(q.next, spool.Sequence(e.Name()))
	}
	q.next++
	return nil
}
