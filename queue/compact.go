package queue

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"fieldcam/queue/spool"
)

const (
	// compactMinBytes is the size from which compacting is worth a rewrite.
	compactMinBytes = 2 * indexGrowBytes
	// compactMaxBytes bounds what is rewritten: a capture may wait for it, half a
	// second on a slow card.
	compactMaxBytes = 16 << 20
	// compactTxBytes is how much bbolt copies in one transaction.
	compactTxBytes = 1 << 20
)

// Compact makes the index smaller where more than half of it is free, as after a
// drained backlog: bbolt gives nothing back by itself. It does nothing while a
// photo is being added or the index is read, nor where much would have to be
// rewritten, and is cheap then: call it now and then. A power cut leaves the old
// index or the new one.
func (q *Queue) Compact(ctx context.Context) (done bool, err error) {
	if err := q.begin(); err != nil {
		return false, err
	}
	defer q.end()
	if worth, err := q.worthCompacting(); err != nil || !worth {
		return false, err
	}
	if !q.dbMu.TryLock() { // who waits for a long list holds all others up
		return false, nil
	}
	defer q.dbMu.Unlock()
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case q.db == nil || q.db.isBroken() != nil:
		return false, ErrNoIndex
	}
	before, after, err := q.compact()
	if err != nil {
		return false, cardFull(fmt.Errorf("compact index: %w", err))
	}
	q.o.Log.Info().Int64("bytes", after).Int64("bytes_before", before).Msg("index compacted")
	return true, nil
}

func (q *Queue) worthCompacting() (bool, error) {
	q.mu.Lock()
	busy := len(q.writing) > 0
	q.mu.Unlock()
	if busy {
		return false, nil
	}
	used, err := q.indexUsed()
	if err != nil {
		return false, err
	}
	st, err := os.Stat(q.path(indexName))
	if err != nil {
		return false, fmt.Errorf("compact index: %w", err)
	}
	return st.Size() >= compactMinBytes && used <= compactMaxBytes && used < st.Size()/2, nil
}

// compact puts a copy of the index in its place. The caller holds dbMu.
func (q *Queue) compact() (before, after int64, err error) {
	path, temporary := q.path(indexName), q.path(newName)
	if err := os.RemoveAll(temporary); err != nil {
		return 0, 0, err
	}
	to, err := openIndex(temporary, q.o.LockTimeout, true, q.o.maxIndex) // one fsync at the end
	if err != nil {
		return 0, 0, err
	}
	err = guard(func() error { return bbolt.Compact(to.DB, q.db.DB, compactTxBytes) })
	if errors.Is(err, ErrDamaged) {
		q.db.giveUp(err)
	}
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err == nil {
		err = q.o.Fault(StepIndexCompact)
	}
	if err != nil {
		return 0, 0, errors.Join(err, os.RemoveAll(temporary))
	}
	old, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	// From here on the old file is written no more.
	if err := q.closeIndex(); err != nil {
		return 0, 0, err
	}
	errMove := os.Rename(temporary, path)
	if errMove == nil {
		errMove = spool.SyncDir(q.o.Dir)
	}
	if q.db, err = openIndex(path, q.o.LockTimeout, false, q.o.maxIndex); err != nil {
		q.db = nil // ErrNoIndex from now on
	}
	if err := errors.Join(errMove, err); err != nil {
		return 0, 0, err
	}
	now, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	return old.Size(), now.Size(), nil
}
