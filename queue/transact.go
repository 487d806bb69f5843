package queue

import (
	"errors"
	"fmt"
	"runtime/debug"

	berrors "go.etcd.io/bbolt/errors"
)

// view reads the index. Where it meets damage, the index is made anew (see
// revive) and f called again.
func (q *Queue) view(f func(txn) error) error {
	age, err := q.viewOnce(f)
	if q.revived(age, err) {
		_, err = q.viewOnce(f)
	}
	return err
}

func (q *Queue) viewOnce(f func(txn) error) (age int, err error) {
	q.dbMu.RLock()
	defer q.dbMu.RUnlock()
	if q.db == nil {
		return q.age, ErrNoIndex
	}
	return q.age, guard(func() error {
		tx, err := q.db.begin(false)
		if err != nil {
			return err
		}
		defer q.db.rollback(tx)
		return f(txn{tx})
	})
}

// update changes the index in one transaction, whose commit is the durable step
// of that name. Where the index has no room, it deletes confirmed photos and
// tries again: f may be called several times. ErrCardFull is wrapped where that
// doesn't help, or the card has no room.
func (q *Queue) update(step string, f func(txn) error) error {
	err := q.commit(step, f)
	for range stopBatches {
		if !errors.Is(err, berrors.ErrMaxSizeReached) {
			break
		}
		if n, errTrim := q.trimForIndex(); n == 0 || errTrim != nil {
			return errors.Join(err, errTrim)
		}
		err = q.commit(step, f)
	}
	return err
}

// commit is one try of update, for the callers that delete. Where it meets
// damage, the index is made anew and f called again. Any other error of f is
// dear: bbolt then reads the whole index for its free pages.
func (q *Queue) commit(step string, f func(txn) error) error {
	age, err := q.commitOnce(step, f)
	if q.revived(age, err) {
		_, err = q.commitOnce(step, f)
	}
	if err != nil {
		return cardFull(fmt.Errorf("%s: %w", step, err))
	}
	return nil
}

func (q *Queue) commitOnce(step string, f func(txn) error) (age int, err error) {
	q.dbMu.RLock()
	defer q.dbMu.RUnlock()
	q.commitMu.Lock()
	defer q.commitMu.Unlock()
	if q.db == nil {
		return q.age, ErrNoIndex
	}
	defer q.changes.Add(1)
	began, ended := false, false
	defer func() { // f ended the goroutine, and its transaction stays open
		if !ended {
			q.db.giveUp(fmt.Errorf("%w: index: %s was never ended", ErrDamaged, step))
		}
	}()
	err = guard(func() error {
		tx, err := q.db.begin(true)
		if err != nil {
			return err
		}
		began = true
		if err := q.apply(txn{tx}, step, f); err != nil {
			return errors.Join(err, q.db.rollback(tx))
		}
		return tx.Commit()
	})
	ended = true
	if errors.Is(err, ErrDamaged) {
		q.db.giveUp(err)
	}
	if began {
		q.db.ended()
	}
	return q.age, err
}

// apply does f in a writing transaction. Where it meets damage it panics, past
// the rollback.
func (q *Queue) apply(t txn, step string, f func(txn) error) error {
	q.db.MaxSize = q.o.maxIndex // read by this transaction alone
	if step != StepIndexTrim && step != StepIndexDrop {
		q.db.MaxSize -= indexReserve
	}
	err := f(t)
	if errors.Is(err, ErrDamaged) {
		panic(err)
	}
	if err != nil {
		return err
	}
	return q.o.Fault(step)
}

// guard turns the panics of f into errors that wrap ErrDamaged: bbolt panics on
// pages that make no sense, and the memory map faults where the file is shorter
// than it was.
//
// A writing transaction that met damage must never be rolled back: bbolt would
// read every page for it, in a goroutine of its own, where the same damage panics
// again and nobody can recover it (v1.5.0, tx.go rollback, db.go freepages). So
// it stays open, and the whole database is given up; see revive.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			if err = p; errors.Is(p, ErrDamaged) {
				return // of apply
			}
			err = fmt.Errorf("%w: index: %w", ErrDamaged, p)
		default:
			err = fmt.Errorf("%w: index: %v", ErrDamaged, p)
		}
	}()
	return f()
}
