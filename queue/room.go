package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

const megabyte = 1_000_000 // as in Config

// trimBatch is how many files one transaction of Trim decides on: a transaction
// per photo would wear the card, and what is decided and not yet deleted should
// stay little.
const trimBatch = 64

const (
	// trimPatience is how long Trim stands back for photos that are being added: a
	// camera takes seconds for one, and a card that fills can't wait for a camera
	// that hangs.
	trimPatience = 30 * time.Second
	// trimPoll is how often it looks whether they are.
	trimPoll = 100 * time.Millisecond
)

// stopBatches bounds how many batches an Add deletes to get room. Photos are much
// alike, so that the first is enough as a rule; thumbnails can stand before them.
const stopBatches = 16

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

// missingAfter is missing after size bytes were deleted of what lacked before. The
// sizes decide when it is enough, not only a second look at the free space: a file
// system may give it back late, and too much would be deleted.
func (q *Queue) missingAfter(want, before room, size int64) (lack room, short bool, err error) {
	lack, _, err = q.missing(want)
	lack.card = min(lack.card, before.card-size)
	return lack, lack.card > 0 || lack.index > 0, err
}

// makeRoom returns ErrCardFull where the free space is below Config's
// StopFreeMegabytes, or the index near its limit, and the deletion of what may go
// doesn't help. It waits for one batch of Trim at most.
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

// makeStopRoom deletes a batch, unless another made room meanwhile, and further
// ones while that isn't enough. The caller holds q.trimming.
func (q *Queue) makeStopRoom() (deleted int, err error) {
	lack, short, err := q.missing(q.stop())
	for range stopBatches {
		if err != nil || !short {
			return deleted, err
		}
		n, size, errStop := q.stopBatch(lack)
		deleted += n
		if errStop != nil || n == 0 {
			return deleted, errStop
		}
		lack, short, err = q.missingAfter(q.stop(), lack, size)
	}
	return deleted, err
}

// stopBatch deletes one batch: of what may go, for the room that Trim makes, or
// where nothing may, of what the policy gives up, for no more than lack.
func (q *Queue) stopBatch(lack room) (deleted int, size int64, err error) {
	keep, _, err := q.missing(q.keep())
	if err != nil {
		return 0, 0, err
	}
	deleted, size, err = q.trimOnce(keep)
	if err == nil && deleted == 0 && q.o.Config.WhenFull == Thin {
		return q.thin(lack)
	}
	return deleted, size, err
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
		q.o.Log.Info().Int("photos", photos).Msg("photos deleted for room")
	}
}

// Trim deletes what may go (see trimOnce), oldest first, where the free space is
// below Config's KeepFreeMegabytes or the index nears its limit, until that is
// mended or nothing is left, and says how many photos. The newest photo of all
// stays: its number must not come again. It also drops what is old from the
// ledger; see the package comment. It logs what it deleted.
//
// Call it now and then. Before each batch of 64 photos it lets the Adds that are
// under way end, up to half a minute, and ends with ctx's error where ctx has ended.
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

// standBack waits while a photo is being added: its slot is due, and the card's
// writes would have to share. It waits trimPatience at most.
func (q *Queue) standBack(ctx context.Context) error {
	for patience := trimPatience; patience > 0 && q.isAdding(); patience -= trimPoll {
		if err := sleep(ctx, trimPoll); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (q *Queue) isAdding() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.writing) > 0
}

func (q *Queue) trim(ctx context.Context) (deleted int, err error) {
	if err := q.standBack(ctx); err != nil {
		return 0, err
	}
	if err := q.trimLedger(ctx, ledgerKeep); err != nil {
		return 0, err
	}
	lack, short, err := q.missing(q.keep())
	for short && err == nil {
		if err := q.standBack(ctx); err != nil {
			return deleted, err
		}
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
		lack, short, err = q.missingAfter(q.keep(), lack, size)
	}
	if err == nil && lack.index > 0 {
		err = q.trimLedger(ctx, ledgerKeepShort)
	}
	return deleted, err
}
