package queue

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"fieldcam/queue/spool"
)

const megabyte = 1_000_000 // as in Config

// trimBatch is how many files one transaction of Trim decides on: a transaction
// per photo would wear the card, and what is decided and not yet deleted should
// stay little.
const trimBatch = 64

// freeBytes asks the system for the space that is free to us.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// cardFull marks err as ErrCardFull where the card had no room.
func cardFull(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrCardFull, err)
	}
	return err
}

// makeRoom returns ErrCardFull where the free space is below Config's
// StopFreeMegabytes and the deletion of confirmed photos doesn't help.
func (q *Queue) makeRoom() error {
	stop := uint64(q.o.Config.StopFreeMegabytes) * megabyte
	free, err := q.o.FreeBytes(q.o.Dir)
	if err != nil || free >= stop {
		return err
	}
	// One batch at most: the shutter waits.
	if _, err := q.trim(1); err != nil {
		return err
	}
	if free, err = q.o.FreeBytes(q.o.Dir); err != nil || free >= stop {
		return err
	}
	return fmt.Errorf("%w: %d bytes free, want %d", ErrCardFull, free, stop)
}

// Trim deletes confirmed photos, oldest first, where the free space is below
// Config's KeepFreeMegabytes, until it is no longer or none is left, and says
// how many. The newest photo of all stays: its number must not come again. Call
// it now and then, not beside a capture.
func (q *Queue) Trim() (deleted int, err error) {
	if err := q.begin(); err != nil {
		return 0, err
	}
	defer q.under.Done()
	const noLimit = -1
	return q.trim(noLimit)
}

func (q *Queue) trim(batches int) (deleted int, err error) {
	q.trimming.Lock()
	defer q.trimming.Unlock()
	free, err := q.o.FreeBytes(q.o.Dir)
	if err != nil {
		return 0, fmt.Errorf("trim: %w", err)
	}
	// The sizes decide when it is enough, not a second look at the free space: a
	// file system may give it back late, and too much would be deleted.
	need := int64(q.o.Config.KeepFreeMegabytes)*megabyte - int64(free)
	for ; need > 0 && batches != 0; batches-- {
		n, size, err := q.trimOnce(need)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("trim: %w", err)
		}
		if n == 0 {
			break
		}
		need -= size
	}
	if deleted > 0 {
		q.o.Log.Info().Int("photos", deleted).Msg("confirmed photos deleted")
	}
	return deleted, nil
}

// trimOnce deletes one batch: in the index first, then the files.
func (q *Queue) trimOnce(need int64) (deleted int, size int64, err error) {
	type victim struct {
		seq  uint64
		name string
		stateRecord
	}
	var victims []victim
	err = q.view(func(t txn) error {
		newest := t.sequence()
		c := t.bucket(string(Confirmed)).Cursor()
		for k, v := c.First(); k != nil && size < need && len(victims) < trimBatch; k, v = c.Next() {
			seq := keySeq(k)
			if seq == newest {
				break
			}
			m, err := t.meta(seq)
			if err != nil {
				return err
			}
			r, err := decodeState(v)
			if err != nil {
				return err
			}
			victims = append(victims, victim{seq, spool.Name(m), r})
			size += r.size
		}
		return nil
	})
	if err != nil || len(victims) == 0 {
		return 0, 0, err
	}
	err = q.update(StepIndexTrim, func(t txn) error {
		for _, v := range victims {
			if t.bucket(string(Confirmed)).Get(seqKey(v.seq)) == nil {
				continue // lost meanwhile: forgotten already
			}
			if err := t.forget(v.seq, Confirmed, v.stateRecord); err != nil {
				return err
			}
			if err := t.bucket(bucketUnlinking).Put(seqKey(v.seq), []byte(v.name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	for _, v := range victims {
		if err := q.spool.Remove(v.name); err != nil {
			return deleted, size, err // the next Open removes the rest
		}
		deleted++
		q.mu.Lock()
		q.unlinked = append(q.unlinked, v.seq)
		q.mu.Unlock()
	}
	return deleted, size, nil
}
