package queue

import (
	"context"
	"errors"
	"fmt"

	berrors "go.etcd.io/bbolt/errors"
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

// cardFull marks err as ErrCardFull where the card or the index had no room.
func cardFull(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, berrors.ErrMaxSizeReached) {
		return fmt.Errorf("%w: %w", ErrCardFull, err)
	}
	return err
}

// room is bytes free on the card and bytes used of the index: bounds for them,
// or, as returned by missing, by how much they are passed.
type room struct{ card, index int64 }

// keep is the room that Trim makes, stop that without which no photo is begun.
func (q *Queue) keep() room {
	trim, _ := q.indexLimits()
	return room{int64(q.o.Config.KeepFreeMegabytes) * megabyte, trim}
}

func (q *Queue) stop() room {
	_, stop := q.indexLimits()
	return room{int64(q.o.Config.StopFreeMegabytes) * megabyte, stop}
}

// missing says what is wanting; nothing where short is false.
func (q *Queue) missing(want room) (lack room, short bool, err error) {
	free, err := q.o.FreeBytes(q.o.Dir)
	if err != nil {
		return room{}, false, err
	}
	used, err := q.indexUsed()
	if err != nil {
		return room{}, false, err
	}
	lack = room{want.card - int64(free), used - want.index}
	return lack, lack.card > 0 || lack.index > 0, nil
}

// makeRoom returns ErrCardFull where the free space is below Config's
// StopFreeMegabytes, or the index near its limit, and the deletion of confirmed
// photos doesn't help. It waits for one batch of Trim at most, and deletes one.
func (q *Queue) makeRoom() error {
	if _, short, err := q.missing(q.stop()); err != nil || !short {
		return err
	}
	q.trimming <- struct{}{}
	deleted, err := q.makeStopRoom()
	<-q.trimming
	q.logDeleted(deleted)
	if err != nil {
		return err
	}
	if lack, short, err := q.missing(q.stop()); err != nil || short {
		return errors.Join(err, fmt.Errorf("%w: short of %d bytes on the card, %d in the index",
			ErrCardFull, max(lack.card, 0), max(lack.index, 0)))
	}
	return nil
}

// makeStopRoom deletes a batch, unless another made room meanwhile.
func (q *Queue) makeStopRoom() (deleted int, err error) {
	if _, short, err := q.missing(q.stop()); err != nil || !short {
		return 0, err
	}
	lack, _, err := q.missing(q.keep())
	if err != nil {
		return 0, err
	}
	deleted, _, err = q.trimOnce(lack)
	return deleted, err
}

// trimForIndex deletes one batch for the sake of the index.
func (q *Queue) trimForIndex() (deleted int, err error) {
	q.trimming <- struct{}{}
	deleted, _, err = q.trimOnce(room{index: 1})
	<-q.trimming
	q.logDeleted(deleted)
	return deleted, err
}

// trimForAdopting deletes one batch for the sake of the card, of which only a
// failed write told that it is full.
func (q *Queue) trimForAdopting() (deleted int, err error) {
	lack, _, err := q.missing(q.keep())
	if err != nil {
		return 0, err
	}
	lack.card = max(lack.card, indexGrowBytes)
	q.trimming <- struct{}{}
	deleted, _, err = q.trimOnce(lack)
	<-q.trimming
	q.logDeleted(deleted)
	return deleted, err
}

func (q *Queue) logDeleted(photos int) {
	if photos > 0 {
		q.o.Log.Info().Int("photos", photos).Msg("confirmed photos deleted")
	}
}

// Trim deletes confirmed photos, oldest first, where the free space is below
// Config's KeepFreeMegabytes or the index nears its limit, until that is mended
// or none is left, and says how many. The newest photo of all stays: its number
// must not come again. It also drops what is old from the ledger; see the
// package comment. It logs what it deleted.
//
// Call it now and then. Between batches of 64 photos it lets a waiting Add go
// first, and ends with ctx's error where ctx has ended.
func (q *Queue) Trim(ctx context.Context) (deleted int, err error) {
	if err := q.begin(); err != nil {
		return 0, err
	}
	defer q.end()
	deleted, err = q.trim(ctx)
	q.logDeleted(deleted)
	if err != nil {
		return deleted, fmt.Errorf("trim: %w", err)
	}
	return deleted, nil
}

func (q *Queue) trim(ctx context.Context) (deleted int, err error) {
	if err := q.trimLedger(ctx, ledgerKeep); err != nil {
		return 0, err
	}
	lack, short, err := q.missing(q.keep())
	for short && err == nil {
		select {
		case q.trimming <- struct{}{}:
		case <-ctx.Done():
			return deleted, ctx.Err()
		}
		n, size, errOnce := q.trimOnce(lack)
		<-q.trimming
		deleted += n
		if errOnce != nil || ctx.Err() != nil {
			return deleted, errors.Join(errOnce, ctx.Err())
		}
		if n == 0 {
			break
		}
		// The sizes decide when it is enough, not only a second look at the free
		// space: a file system may give it back late, and too much would be deleted.
		rest := lack.card - size
		lack, _, err = q.missing(q.keep())
		lack.card = min(lack.card, rest)
		short = lack.card > 0 || lack.index > 0
	}
	if err == nil && lack.index > 0 {
		err = q.trimLedger(ctx, ledgerKeepShort)
	}
	return deleted, err
}

// trimOnce deletes one batch: in the index first, then the files. The caller
// holds q.trimming.
func (q *Queue) trimOnce(lack room) (deleted int, size int64, err error) {
	type victim struct {
		seq  uint64
		name string
		stateRecord
	}
	var victims []victim
	err = q.viewItems(func(t txn) error {
		victims, size = nil, 0
		newest := t.sequence()
		c := t.bucket(string(Confirmed)).Cursor()
		for k, v := c.First(); k != nil && len(victims) < trimBatch && (size < lack.card || lack.index > 0); k, v = c.Next() {
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
	err = q.commit(StepIndexTrim, func(t txn) error {
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
