package queue

import (
	"errors"
	"fmt"
	"slices"

	"fieldcam/capture/photo"
	"fieldcam/queue/boltfile"
	"fieldcam/queue/spool"
)

// Check verifies every invariant of the package comment but the photos' own
// bytes, and returns one error that lists all violations. It reads the whole
// index and the spool's directories. Commits wait while its pages are read.
func (q *Queue) Check() error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	errs := []error{q.checkStructure()}
	err := q.view(func(t txn) error {
		errs = append(errs, t.verify()...)
		return nil
	})
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("check queue: %w", err)
	}
	if err := errors.Join(q.checkItems(), q.checkLedger(), q.checkSpool()); err != nil {
		return fmt.Errorf("check queue: %w", err)
	}
	return nil
}

// checkStructure reads the index's file while nobody changes it. bbolt's own
// check would do in goroutines whose panics end the process.
func (q *Queue) checkStructure() error {
	q.dbMu.RLock()
	defer q.dbMu.RUnlock()
	q.commitMu.Lock()
	defer q.commitMu.Unlock()
	if q.db == nil {
		return ErrNoIndex
	}
	// A meta page that isn't valid tells nothing of the tree that is in use.
	err := boltfile.Check(q.path(indexName), nil)
	if err == nil || errors.Is(err, boltfile.ErrStale) {
		return nil
	}
	return fmt.Errorf("%w: index: %w", ErrDamaged, err)
}

// checkItems looks at the file, the metadata and the ledger entry of each photo,
// a page of photos at a time: a long transaction would make the database grow.
func (q *Queue) checkItems() error {
	var errs []error
	for after := uint64(0); ; {
		items, err := q.List(Filter{After: after, Oldest: true})
		if err != nil || len(items) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, item := range items {
			if err := q.checkItem(item); err != nil {
				// It may have been deleted since, or have moved on.
				if now, again := q.Item(item.ID); again == nil && now.State == item.State && now.Away == item.Away {
					errs = append(errs, fmt.Errorf("%s photo %s: %w", item.State, item.ID, err))
				}
			}
		}
		after = items[len(items)-1].Seq()
	}
}

func (q *Queue) checkItem(item Item) error {
	var errs []error
	if item.State != Lost && !item.Away {
		size, err := q.spool.Size(item.Meta)
		if err == nil && size != item.Size {
			err = fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, size, item.Size)
		}
		if err == nil {
			_, err = q.spool.Meta(spool.Name(item.Meta))
		}
		errs = append(errs, err)
	}
	if item.Away && !item.Copied {
		errs = append(errs, fmt.Errorf("%w: no file here, and the second copy has none", ErrDamaged))
	}
	if item.Trigger == photo.Scheduled {
		errs = append(errs, q.view(func(t txn) error {
			_, a, ok, err := t.account(item.Slot)
			if err == nil && (!ok || !slices.Contains(a.Photos, item.Seq())) {
				err = fmt.Errorf("%w: it is not in the ledger at %s", ErrDamaged, item.Slot)
			}
			return err
		}))
	}
	return errors.Join(errs...)
}

// checkLedger decodes all of the ledger.
func (q *Queue) checkLedger() error {
	return q.view(func(t txn) error {
		last, err := t.number(keySequence)
		errs := []error{err}
		seen := map[int64]bool{} // the slots of one day
		var of []byte
		c := t.bucket(bucketDays).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			d, err := t.decodeDay(k, v)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			if of == nil || string(of) != string(k[:8]) {
				of = k[:8]
				clear(seen)
			}
			for a := range d.All() {
				if seen[a.Slot.UnixNano()] {
					errs = append(errs, fmt.Errorf("%w: ledger: slot %s has two accounts", ErrDamaged, a.Slot))
				}
				seen[a.Slot.UnixNano()] = true
				for _, seq := range a.Photos {
					if seq > last {
						errs = append(errs, fmt.Errorf("%w: ledger at %s: photo %d was never accepted", ErrDamaged, a.Slot, seq))
					}
				}
			}
		}
		c = t.bucket(bucketSpans).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			v, err := t.open(bucketSpans, k, v)
			if err == nil {
				_, err = decodeSpan(k, v)
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
}

// checkSpool looks for photos without an item.
func (q *Queue) checkSpool() error {
	var errs []error
	err := q.spool.Scan(0, func(e spool.Entry) error {
		orphan, _, err := q.orphan(e, false)
		if orphan {
			errs = append(errs, fmt.Errorf("%s is in the spool and not in the index", e.Name))
		}
		return err
	})
	return errors.Join(append(errs, err)...)
}

// orphan tells whether e is a photo that the index doesn't know. Those that were
// left unadopted are where it is asked again. own: it is the file of one that the
// index has.
func (q *Queue) orphan(e spool.Entry, again bool) (orphan, own bool, err error) {
	if e.Kind != spool.Photo && e.Kind != spool.Part {
		return false, false, nil
	}
	// In this order: an Add writes its item before it ends.
	q.mu.Lock()
	_, writing := q.writing[e.Seq]
	_, left := q.unadopted[e.Seq]
	q.mu.Unlock()
	if left && !again || writing {
		return false, false, nil
	}
	known := false
	if err := q.view(func(t txn) (err error) {
		r, err := t.record(e.Seq)
		own = r.exists() && r.name(e.Seq) == e.Name
		if known = own; known || err != nil {
			return err
		}
		name, err := t.get(bucketUnlinking, seqKey(e.Seq))
		known = name != nil
		return err
	}); err != nil {
		return false, false, err
	}
	if known && e.Kind == spool.Photo {
		return false, own, nil
	}
	has, err := q.spool.Has(e.Name)
	return has || err != nil, false, nil
}
