package queue

import (
	"errors"
	"fmt"
	"math"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// Check verifies every invariant of the package comment but the photos' own
// bytes, and returns one error that lists all violations. It reads the whole
// index and the spool's directory. Commits wait while bbolt checks its pages.
func (q *Queue) Check() error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	errs := []error{q.checkStructure()}
	err := q.view(func(t txn) error {
		errs = append(errs, t.verify(math.MaxInt)...)
		return nil
	})
	errs = append(errs, err)
	if err == nil {
		errs = append(errs, q.checkItems(), q.checkSpool())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("check queue: %w", err)
	}
	return nil
}

// checkStructure runs bbolt's own check in a writing transaction that is never
// committed: in a reading one it races with writers for the list of free pages,
// and reports damage where there is none.
func (q *Queue) checkStructure() error {
	return guard(func() error {
		tx, err := q.db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		return errors.Join(txn{tx}.structure()...)
	})
}

// verify checks what the index alone can tell. It decodes the newest items and
// slots, so many of each.
func (t txn) verify(newest int) (errs []error) {
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...))
	}
	for _, name := range buckets() {
		if t.bucket(name) == nil {
			bad("bucket %q is missing", name)
		}
	}
	if len(errs) > 0 {
		return errs
	}
	mark := t.sequence()
	var total int64
	next := uint64(math.MaxUint64)
	items := t.bucket(bucketItems).Cursor()
	for k, _ := items.Last(); k != nil; k, _ = items.Prev() {
		seq := keySeq(k)
		if seq == 0 || seq >= next {
			bad("photo %x before %d", k, next)
		}
		if seq > mark {
			bad("sequence mark %d, but there is photo %d", mark, seq)
		}
		if total < int64(newest) {
			errs = append(errs, t.verifyItem(seq)...)
		}
		next = seq
		total++
	}
	errs = append(errs, t.verifyStates(total)...)
	errs = append(errs, t.verifyLedger(newest)...)
	return errs
}

func (t txn) verifyItem(seq uint64) (errs []error) {
	m, err := t.meta(seq)
	if err != nil {
		return []error{err}
	}
	found := 0
	for _, s := range states() {
		v := t.bucket(string(s)).Get(seqKey(seq))
		if v == nil {
			continue
		}
		found++
		if r, err := decodeState(v); err != nil || r.size != m.Size {
			errs = append(errs, fmt.Errorf("%w: photo %d: %s with size %d, want %d (%v)", ErrDamaged, seq, s, r.size, m.Size, err))
		}
	}
	if found != 1 {
		errs = append(errs, fmt.Errorf("%w: photo %d has %d states", ErrDamaged, seq, found))
	}
	if m.Trigger != photo.Scheduled {
		return errs
	}
	r, err := decodeSlot(t.bucket(bucketSlots).Get(slotKey(m.Slot)))
	listed := false
	for _, id := range r.Photos {
		listed = listed || id == m.ID
	}
	if !listed {
		errs = append(errs, fmt.Errorf("%w: photo %d is not in the ledger at %s (%v)", ErrDamaged, seq, m.Slot, err))
	}
	return errs
}

// verifyStates compares the states with the items, so many in all, and with the
// counters.
func (t txn) verifyStates(items int64) (errs []error) {
	want, err := t.counters()
	if err != nil {
		return []error{err}
	}
	for _, s := range states() {
		items -= want[s].photos
		got := counters{}
		c := t.bucket(string(s)).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			r, err := decodeState(v)
			if err != nil {
				errs = append(errs, err)
			}
			got.add(s, 1, r.size)
			if len(k) != 8 || t.bucket(bucketItems).Get(k) == nil {
				errs = append(errs, fmt.Errorf("%w: %s: there is no photo %x", ErrDamaged, s, k))
			}
		}
		if got[s] != want[s] {
			errs = append(errs, fmt.Errorf("%w: %s: counted %v, counters say %v", ErrDamaged, s, got[s], want[s]))
		}
	}
	if items != 0 {
		errs = append(errs, fmt.Errorf("%w: %d photos more than states", ErrDamaged, items))
	}
	return errs
}

func (t txn) verifyLedger(newest int) (errs []error) {
	mark := t.sequence()
	c := t.bucket(bucketSlots).Cursor()
	for k, v := c.Last(); k != nil && newest > 0; k, v = c.Prev() {
		newest--
		r, err := decodeSlot(v)
		if err != nil || len(k) != 8 {
			errs = append(errs, fmt.Errorf("%w: ledger at %x (%v)", ErrDamaged, k, err))
			continue
		}
		for _, id := range r.Photos {
			if id.Seq() > mark {
				errs = append(errs, fmt.Errorf("%w: ledger at %s: %s was never accepted", ErrDamaged, keySlot(k), id))
			}
		}
	}
	c = t.bucket(bucketRanges).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if _, _, _, err := decodeRange(k, v); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// checkItems looks at the file of each item, a page of items at a time: a long
// transaction would make the database grow.
func (q *Queue) checkItems() error {
	var errs []error
	for before := uint64(0); ; {
		items, err := q.List(Filter{Before: before})
		if err != nil || len(items) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, item := range items {
			if item.State == Lost {
				continue
			}
			size, err := q.spool.Size(item.Meta)
			if err == nil && size != item.Size {
				err = fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, size, item.Size)
			}
			if err == nil {
				continue
			}
			// It may have been deleted since.
			if now, again := q.Item(item.ID); again == nil && now.State != Lost {
				errs = append(errs, fmt.Errorf("%s photo %s: %w", item.State, item.ID, err))
			}
		}
		before = items[len(items)-1].Seq()
	}
}

// checkSpool looks for photos without an item.
func (q *Queue) checkSpool() error {
	var errs []error
	err := q.spool.Scan(func(e spool.Entry) error {
		if e.Kind != spool.Photo && e.Kind != spool.Part {
			return nil
		}
		// In this order: an Add writes its item before it ends.
		q.mu.Lock()
		_, writing := q.writing[e.Seq]
		q.mu.Unlock()
		if _, ok := q.unadopted[e.Seq]; ok || writing {
			return nil
		}
		known := false
		if err := q.view(func(t txn) error {
			known = t.holds(e.Seq, e.ID) || t.bucket(bucketUnlinking).Get(seqKey(e.Seq)) != nil
			return nil
		}); err != nil {
			return err
		}
		if has, err := q.spool.Has(e.Name); err != nil || known && e.Kind == spool.Photo || !has {
			return err
		}
		errs = append(errs, fmt.Errorf("%s is in the spool and not in the index", e.Name))
		return nil
	})
	return errors.Join(append(errs, err)...)
}
