package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

const (
	// adoptBatch is how many photos one transaction adopts.
	adoptBatch = 256
	// unsureNewest is how many of the newest numbers Open reads in full. Only
	// photos that were being committed when the power went can have metadata and
	// not all their bytes, at most a few; reading a whole card of 64 GB would keep
	// the camera waiting for half an hour. Damage that came later is found by the
	// receiver, who checks the SHA-256, and by Rebuild.
	unsureNewest = 32
)

// adopter goes through the spool once and brings what it finds into the index.
type adopter struct {
	q       *Queue
	readAll bool   // read each photo that is not in the index in full
	newest  uint64 // the highest number in index or spool, where not readAll
	known   int    // photos that have an item with a file
	full    bool   // the index has no room for more
	batch   []photo.Meta
}

func (a *adopter) scan(ctx context.Context) error {
	err := a.q.spool.Scan(func(e spool.Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return a.visit(e)
	})
	if err != nil {
		return err
	}
	return a.flush()
}

func (a *adopter) visit(e spool.Entry) error {
	switch e.Kind {
	case spool.Foreign:
		a.q.recovery.foreign(e.Name)
		return nil
	case spool.Part:
		return a.remove(e.Name)
	case spool.Sidecar:
		has, err := a.q.spool.Has(e.Photo)
		if err != nil || has {
			return err
		}
		return a.remove(e.Name)
	}
	var known, deleted bool
	var state State
	var taken photo.ID
	err := a.q.viewItems(func(t txn) (err error) {
		if deleted = string(t.bucket(bucketUnlinking).Get(seqKey(e.Seq))) == e.Name; deleted {
			return nil
		}
		if known = t.holds(e.Seq, e.ID); known {
			state, _, err = t.state(e.Seq)
			return err
		}
		m, err := t.meta(e.Seq)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		has, err := a.q.spool.Has(spool.Name(m))
		if err == nil && !has {
			return &itemError{e.Seq, fmt.Errorf("%w: %s has no file, %s has", ErrDamaged, m.ID, e.ID)}
		}
		taken = m.ID
		return err
	})
	switch {
	case err != nil:
		return err
	case deleted:
		return a.remove(e.Name)
	case known && state != Lost:
		a.known++
		return nil
	case taken != "":
		return a.setAside(e.Name, fmt.Errorf("its number is that of %s", taken))
	}
	if a.full {
		a.leave(e.Seq)
		return nil
	}
	m, err := a.check(e, known)
	if errors.Is(err, ErrDamaged) || errors.Is(err, fs.ErrNotExist) {
		return a.setAside(e.Name, err)
	}
	if err != nil {
		return err
	}
	if known {
		return a.found(m)
	}
	a.batch = append(a.batch, m)
	if len(a.batch) >= adoptBatch {
		return a.flush()
	}
	return nil
}

// check reads the metadata of e, and the photo itself where it may not be whole,
// as one that was lost.
func (a *adopter) check(e spool.Entry, lost bool) (photo.Meta, error) {
	m, err := a.q.spool.Meta(e)
	if err != nil {
		return photo.Meta{}, err
	}
	if err := checkSlot(m.Slot); err != nil {
		return photo.Meta{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if a.readAll || lost || m.Seq()+unsureNewest > a.newest {
		return m, a.q.spool.Secure(m)
	}
	f, err := a.q.spool.Open(m) // checks the size
	if err != nil {
		return photo.Meta{}, err
	}
	a.q.recovery.Unread++
	return m, f.Close()
}

func (a *adopter) remove(name string) error {
	a.q.recovery.Removed++
	return a.q.spool.Remove(name)
}

func (a *adopter) setAside(name string, cause error) error {
	err := a.q.spool.SetAside(name)
	if errors.Is(cardFull(err), ErrCardFull) {
		a.leave(spool.Sequence(name))
		return nil
	}
	if err == nil {
		a.q.recovery.Damaged++
		a.q.o.Log.Error().Err(cause).Str("file", name).Msg("photo set aside")
	}
	return err
}

// leave leaves a file in the spool for a start with more room.
func (a *adopter) leave(seq uint64) {
	a.q.recovery.Unadopted++
	a.q.unadopted[seq] = struct{}{}
}

// insist does one change of the index. Where there is no room for it, it deletes
// confirmed photos, oldest first, until there is or none is left.
func (a *adopter) insist(change func() error) error {
	for {
		err := cardFull(change())
		if !errors.Is(err, ErrCardFull) {
			return err
		}
		deleted, errTrim := a.q.trimForAdopting()
		if errTrim != nil && !errors.Is(cardFull(errTrim), ErrCardFull) {
			return errTrim
		}
		if deleted == 0 {
			return err
		}
	}
}

// found lets a lost photo wait again whose file is back, whole.
func (a *adopter) found(m photo.Meta) error {
	err := a.insist(func() error {
		return a.q.update(StepIndexAdopt, func(t txn) error {
			s, r, err := t.state(m.Seq())
			if err != nil {
				return err
			}
			return t.move(m.Seq(), s, r, Waiting, stateRecord{})
		})
	})
	switch {
	case errors.Is(err, ErrCardFull):
		a.full = true
		a.leave(m.Seq())
		return nil
	case err == nil:
		a.q.recovery.Found++
		a.known++
	}
	return err
}

// flush adopts the batch in one transaction.
func (a *adopter) flush() error {
	if len(a.batch) == 0 {
		return nil
	}
	batch := a.batch
	a.batch = nil
	err := a.insist(func() error {
		// The power may go before the file system has written what the scan read.
		if err := a.q.spool.Sync(); err != nil {
			return err
		}
		return a.q.update(StepIndexAdopt, func(t txn) error {
			for _, m := range batch {
				if err := t.accept(m); err != nil {
					return err
				}
			}
			return nil
		})
	})
	switch {
	case errors.Is(err, ErrCardFull):
		a.full = true
		for _, m := range batch {
			a.leave(m.Seq())
		}
		return nil
	case err == nil:
		a.q.recovery.Adopted += len(batch)
	}
	return err
}
