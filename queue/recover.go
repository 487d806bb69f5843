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
		return q.firstNumber()
	}
	var old *salvage
	if !errors.Is(damage, fs.ErrNotExist) {
		q.recovery.Damage = damage.Error()
		if old, err = readSalvage(path); err != nil {
			q.o.Log.Error().Err(err).Msg("nothing of the damaged index can be read")
		}
	}
	if err := q.create(ctx, path, old); err != nil {
		return fmt.Errorf("create index: %w", err)
	}
	if q.db, err = openIndex(path, q.o.LockTimeout, false, q.o.maxIndex); err != nil {
		return err
	}
	return q.firstNumber()
}

// openSound opens the index at path, in step with the spool, where it is sound
// and no rebuild was asked for. Else it returns what is wrong with it as damage
// (fs.ErrNotExist where there is none), or why that can't be told or must not be
// mended as err.
func (q *Queue) openSound(ctx context.Context, path string, rebuild bool) (damage, err error) {
	if _, err := os.Lstat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return err, nil
		}
		return nil, err
	}
	stale, damage, err := inspect(path)
	if err != nil || damage != nil {
		return damage, err
	}
	if rebuild {
		return fmt.Errorf("%w: its rebuild was asked for", ErrDamaged), nil
	}
	if q.db, err = openIndex(path, q.o.LockTimeout, false, q.o.maxIndex); err != nil {
		return nil, err
	}
	err = q.migrate(ctx)
	if err == nil {
		err = q.view(func(t txn) error { return errors.Join(t.verify()...) })
	}
	if err == nil {
		err = q.reconcile(ctx, stale || q.migrated)
	}
	if err == nil || !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	q.recovery = Recovery{}
	clear(q.unadopted)
	return err, q.giveUp()
}

func (q *Queue) closeIndex() error {
	db := q.db
	q.db = nil
	return db.Close()
}

// setIndexAside keeps the index that is to be replaced as damaged/queue-UTC.db,
// with -2, -3 … where a clock that stands at 1970 gives the same name again. It
// stays in its place too where it can, until the new one takes that: a start after
// a power cut in between can read it again.
func (q *Queue) setIndexAside(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
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
	if err := os.Link(path, to); err != nil { // a directory, or a file system without links
		if err := os.Rename(path, to); err != nil {
			return err
		}
	}
	q.recovery.SetAside = to
	// First the new name, then the absence of the old one.
	return errors.Join(spool.SyncDir(dir), spool.SyncDir(q.o.Dir))
}

// create makes an index from the spool, and what was salvaged of an old one,
// under another name, and puts it in its place when it is whole: a power cut while
// bbolt writes its first pages would leave a file that never opens.
func (q *Queue) create(ctx context.Context, path string, old *salvage) (err error) {
	temporary := q.path(newName)
	if err := os.RemoveAll(temporary); err != nil {
		return err
	}
	if q.db, err = openIndex(temporary, q.o.LockTimeout, true, q.o.maxIndex); err != nil { // one fsync at the end
		return err
	}
	if err := q.fillIndex(ctx, old); err != nil {
		return err // release closes q.db
	}
	db := q.db
	q.db = nil
	if err := errors.Join(db.Sync(), db.Close()); err != nil {
		return err
	}
	if err := q.setIndexAside(path); err != nil {
		return fmt.Errorf("set index aside: %w", err)
	}
	if err := q.o.Fault(StepIndexCreate); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	if err := spool.SyncDir(q.o.Dir); err != nil {
		return err
	}
	if q.recovery.SetAside != "" {
		q.pruneAside()
	}
	return nil
}

func (q *Queue) fillIndex(ctx context.Context, old *salvage) error {
	a := adopter{q: q, into: &q.recovery, old: old}
	var last spool.Entry
	twins := map[uint64]bool{} // numbers that two photos have
	if err := q.spool.Scan(0, func(e spool.Entry) error {
		a.newest = max(a.newest, e.Seq)
		if e.Kind == spool.Photo {
			if e.Seq == last.Seq && e.ID != last.ID { // they come in the order of the names
				twins[e.Seq] = true
			}
			last = e
		}
		return ctx.Err()
	}); err != nil {
		return err
	}
	if err := old.findOwners(q.path(indexName), twins); err != nil {
		q.o.Log.Error().Err(err).Msg("the damaged index doesn't tell which of two photos has a number")
	}
	aside, err := q.highestAside()
	if err != nil {
		return err
	}
	if err := q.update(StepIndexAdopt, func(t txn) error {
		if err := initIndex(t); err != nil {
			return err
		}
		if err := old.restoreLedger(t); err != nil {
			return err
		}
		return t.startKnown(max(a.newest, aside, q.spool.Marked()))
	}); err != nil {
		return err
	}
	if err := a.scan(ctx, 0); err != nil {
		return err
	}
	if old != nil {
		err := a.insist(func() error { return q.update(StepIndexAdopt, old.restoreLost) })
		if err != nil && !errors.Is(err, ErrCardFull) {
			return err
		}
		if err != nil { // the index that was set aside still tells
			q.o.Log.Error().Err(err).Msg("no room to remember photos that have no file here")
		}
	}
	q.recovery.Rebuilt = q.recovery.Damage != "" || a.known+q.recovery.Adopted > 0
	return nil
}

// reconcile brings a sound index and the spool in step, as far as a power cut can
// have parted them: only what is newest. Sweep looks at all the rest. A stale
// index is compared with all of the spool.
func (q *Queue) reconcile(ctx context.Context, stale bool) error {
	a := adopter{q: q, into: &q.recovery, sound: !stale}
	var from uint64
	err := q.view(func(t txn) (err error) {
		a.newest, err = t.number(keySequence)
		return err
	})
	if err != nil {
		return err
	}
	if a.sound && a.newest > reconcileNewest {
		from = a.newest - reconcileNewest
	}
	decided, err := q.decided()
	if err != nil {
		return err
	}
	done, err := q.carryOut(&a, decided)
	if err != nil {
		return err
	}
	if err := a.scan(ctx, from); err != nil {
		return err
	}
	if err := q.findLost(ctx, from, a.known+q.recovery.Adopted); err != nil {
		return err
	}
	return q.finishUnlinking(done)
}

// reconcileNewest is how many of the newest numbers a start compares with the
// spool: more than can be under way at once by far.
const reconcileNewest = 256

// finishUnlinking forgets the deletions that were carried out.
func (q *Queue) finishUnlinking(seqs []uint64) error {
	if len(seqs) == 0 {
		return nil
	}
	err := q.update(StepIndexUnlinked, func(t txn) error { return t.forgetUnlinked(seqs) })
	if errors.Is(err, ErrCardFull) {
		return nil // at a later start
	}
	return err
}

// firstNumber finds the first sequence number that was never given out. All
// that the spool holds is in the index by now, or unadopted.
func (q *Queue) firstNumber() error {
	err := q.view(func(t txn) (err error) {
		q.next, err = t.number(keySequence)
		return err
	})
	if err != nil {
		return err
	}
	if err := q.spool.Mark(q.next); err != nil { // each deletion does it too
		q.o.Log.Warn().Err(err).Msg("number of the newest photo isn't remembered beside the index")
	}
	for seq := range q.unadopted {
		q.next = max(q.next, seq)
	}
	aside, err := q.highestAside()
	q.next = max(q.next, aside, q.spool.Marked()) + 1
	return err
}

// highestAside is the highest number of what was set aside: that has one too.
func (q *Queue) highestAside() (seq uint64, err error) {
	dir, err := os.ReadDir(q.path(damagedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	for _, e := range dir {
		seq = max(seq, spool.Sequence(e.Name()))
	}
	return seq, nil
}
