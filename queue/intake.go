package queue

import (
	"errors"
	"fmt"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

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

// found gives a lost photo whose file is back, whole, the state that its kind has.
func (a *adopter) found(m photo.Meta) error {
	err := a.insist(func() error {
		return a.q.update(StepIndexAdopt, func(t txn) error {
			s, r, err := t.state(m.Seq())
			if err != nil {
				return err
			}
			return t.move(m.Seq(), s, r, a.q.firstState(m), note{})
		})
	})
	switch {
	case errors.Is(err, ErrCardFull):
		a.full = true
		a.leave(m.Seq())
		return nil
	case err == nil:
		a.into.Found++
		a.known++
	}
	return err
}

// flush adopts the batch in one transaction. Of two photos with one number the
// first stands: a number is part of the ID, by which the cloud knows the photo, so
// that the other can't get a new one, and the index has one record for each. It
// goes to damaged/, whole, as a person copied it here.
func (a *adopter) flush() error {
	if len(a.batch) == 0 {
		return nil
	}
	batch := a.batch
	a.batch = nil
	adopted, unsynced := 0, false
	var second map[string]record // by name, with the photo that has the number
	err := a.insist(func() error {
		// The power may go before the file system has written what the scan read.
		names := make([]string, 0, len(batch))
		for _, m := range batch {
			names = append(names, spool.Name(m))
		}
		if err := a.q.spool.Sync(names...); err != nil {
			unsynced = ofFile(err)
			return err
		}
		return a.q.update(StepIndexAdopt, func(t txn) error {
			adopted, second = 0, map[string]record{}
			for _, m := range batch {
				r, err := t.record(m.Seq())
				if err == nil && r.exists() {
					if spool.Name(m) != r.name(m.Seq()) {
						second[spool.Name(m)] = r
					}
					continue
				}
				if err == nil {
					err = a.old.accept(a.q, t, m)
				}
				if err != nil {
					return err
				}
				adopted++
			}
			return nil
		})
	})
	if errors.Is(err, ErrCardFull) || unsynced {
		a.full = a.full || !unsynced
		for _, m := range batch {
			a.leave(m.Seq())
		}
		return nil
	}
	if err != nil {
		return err
	}
	a.into.Adopted += adopted
	a.q.mu.Lock()
	for _, m := range batch {
		delete(a.q.unadopted, m.Seq())
	}
	a.q.mu.Unlock()
	for name, r := range second {
		if err := a.setAside(name, fmt.Errorf("its number is that of %s", r.name(spool.Sequence(name)))); err != nil {
			return err
		}
	}
	return nil
}
