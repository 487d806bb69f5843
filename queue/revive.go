package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

const (
	// revivePause is the least time between two revivals: each may read the whole
	// spool, and wears the card with a new index.
	revivePause = time.Minute
	// reviveMost bounds the databases that are given up without being closed: each
	// holds its memory map, of which an address space of 32 bits has no more.
	reviveMost = 8
	// doubtTime is how soon damage must be met again, in a file that looked sound,
	// for the index to be made anew all the same: a card's read error comes and
	// goes. Where that doesn't help, nothing does: it is done once.
	doubtTime = 10 * time.Minute
)

// revived tells whether err was damage of the index of that age, or the want of
// one, and there is a sound index now.
func (q *Queue) revived(age int, err error) bool {
	if !q.alive || !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoIndex) {
		return false
	}
	q.dbMu.Lock()
	defer q.dbMu.Unlock()
	if q.age != age {
		return q.db != nil // another call did it
	}
	since := time.Since(q.revivedAt)
	rebuild := q.doubted && !q.rebuilt && since < doubtTime
	if since < revivePause && !rebuild || q.givenUp >= reviveMost {
		return false
	}
	q.revivedAt, q.doubted = time.Now(), false
	if errRevive := q.revive(err, rebuild); errRevive != nil {
		q.o.Log.Error().Err(errRevive).AnErr("damage", err).Msg("index is damaged and can't be made anew yet")
		return false
	}
	return true
}

// revive gives the damaged index up and opens it as a start does, which makes
// it anew where its file is damaged or contradicts itself, and not only what was
// read of it. It works on a Queue of its own, as all others wait for this one's
// dbMu, which the caller holds; photos that are being added stay out of it. Where
// it fails, there is no index until the next try.
func (q *Queue) revive(damage error, rebuild bool) error {
	q.age++
	q.changes.Add(1)
	if err := q.giveUp(); err != nil {
		return err
	}
	q.mu.Lock()
	writing := maps.Clone(q.writing)
	q.mu.Unlock()
	fresh := &Queue{
		o: q.o, spool: q.spool, writing: writing, unadopted: map[uint64]struct{}{}, trimming: make(chan struct{}, 1),
	}
	// No call waits for less, and none has a context: Close does not wait for it.
	err := fresh.recover(context.Background(), rebuild)
	q.givenUp += fresh.givenUp
	if err != nil {
		return errors.Join(err, fresh.release())
	}
	q.rebuilt = q.rebuilt || rebuild
	q.doubted = fresh.recovery.Damage == "" && !fresh.recovery.Rebuilt
	if rebuild || fresh.recovery.Damage == "" {
		fresh.recovery.Damage = damage.Error()
	}
	q.db = fresh.db
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next = max(q.next, fresh.next)
	q.unadopted, q.recovery = fresh.unadopted, fresh.recovery
	msg := "index was damaged, made anew"
	if !q.recovery.Rebuilt {
		msg = "index was damaged where it was read, its file is sound"
	}
	q.o.Log.Error().Object("recovery", q.recovery).Msg(msg)
	return nil
}

// giveUp closes the database, as far as it can be.
func (q *Queue) giveUp() error {
	db := q.db
	q.db = nil
	if db == nil {
		return nil
	}
	if db.isBroken() != nil {
		q.givenUp++
	}
	if err := db.leave(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}
