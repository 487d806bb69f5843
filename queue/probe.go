package queue

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// probedNewest is how many of the newest items and slots Probe decodes: decoding
// 100,000 takes 1.5 s on a PC and half a minute on a slow ARM core, at each
// start. What a power cut can spoil is new.
const probedNewest = 1000

// Probe reads the index at path, which nobody may have open, and returns an
// error where it is damaged: in bbolt's pages, all of which it walks, in the
// states of any photo, the counters, the ranges of the ledger, or the newest
// 1,000 items and slots. It doesn't decode older items and slots: a damaged item
// is written anew from its photo when it is met, a damaged slot is an error of
// Ledger. An index of a newer fieldcam is sound when bbolt's own structure is.
//
// Probe can panic, in goroutines that the caller can't recover too: call it in a
// process of its own.
func Probe(path string) error {
	if st, err := os.Stat(path); err != nil || st.Size() == 0 || !st.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("probe index: %w: not a file with content", ErrDamaged), err)
	}
	db, err := bbolt.Open(path, 0, &bbolt.Options{
		ReadOnly: true, Timeout: defaultLockTimeout, PageSize: indexPage, FreelistType: bbolt.FreelistMapType,
	})
	if errors.Is(err, berrors.ErrTimeout) {
		err = fmt.Errorf("%w: another process has it open", ErrNotProbed)
	}
	if err != nil {
		return fmt.Errorf("probe index: %w", err)
	}
	defer db.Close()
	if err := db.View(func(tx *bbolt.Tx) error { return probe(txn{tx}, path) }); err != nil {
		return fmt.Errorf("probe index: %w", err)
	}
	return nil
}

func probe(t txn, path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.Size() < t.Size() {
		return fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, st.Size(), t.Size())
	}
	err = t.schema()
	newer := errors.Is(err, ErrNewer)
	if err != nil && !newer {
		return err
	}
	// Our own walk meets most damage, in this goroutine, before bbolt's check
	// meets it in one of its own.
	if !newer {
		if errs := t.verify(probedNewest); len(errs) > 0 {
			return errors.Join(errs...)
		}
	}
	return errors.Join(t.structure()...)
}

// structure is what bbolt finds wrong with its own pages.
func (t txn) structure() (errs []error) {
	for err := range t.Check() {
		errs = append(errs, err)
	}
	return errs
}
