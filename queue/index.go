package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// schemaVersion is of the buckets and values below. A higher one in a file
// means that a newer fieldcam wrote it.
const schemaVersion = 1

const (
	// indexPage: 16 KiB pages cost four times the bytes per commit.
	indexPage = 4096
	// indexMaxBytes keeps clear of 967 MB, where bbolt dies on 32 bits; it is
	// room for about a million photos.
	indexMaxBytes = 768 << 20
	// indexMapBytes of address space are mapped at the start, so that commits
	// need not wait for readers to remap. Untouched pages take no memory.
	indexMapBytes = 64 << 20
	// indexGrowBytes is by how much the file grows; bbolt's 16 MiB would be a
	// quarter of the card's default reserve.
	indexGrowBytes = 1 << 20
)

// openIndex opens or creates the database at path.
//
// NoFreelistSync: the list of free pages is read from the tree at a start, which
// takes 0.6 s at 100,000 photos, instead of being written with every commit,
// which after a drained backlog costs a card more than the photos' own entries.
// The probe reads the whole tree at a start anyway.
func openIndex(path string, timeout time.Duration, noSync bool) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o644, &bbolt.Options{
		Timeout: timeout, PageSize: indexPage, MaxSize: indexMaxBytes, InitialMmapSize: indexMapBytes,
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, NoSync: noSync, NoStatistics: true,
	})
	if errors.Is(err, berrors.ErrTimeout) {
		err = fmt.Errorf("%w: another process reads %s", ErrLocked, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	db.AllocSize = indexGrowBytes
	return db, nil
}

// The buckets.
const (
	bucketMeta      = "meta"      // schema, sequence, counters
	bucketItems     = "items"     // sequence → photo.Meta as JSON; written once
	bucketUnlinking = "unlinking" // sequence → name of a file to delete
	bucketSlots     = "slots"     // slot → slotRecord
	bucketRanges    = "ranges"    // last slot, first slot → missRecords
)

// The keys in bucketMeta.
const (
	keySchema   = "schema"   // uint64
	keySequence = "sequence" // uint64: the highest number accepted
	keyCounters = "counters" // counters
)

// buckets lists all of them. Each state has one, of the state's name:
// sequence → stateRecord.
func buckets() []string {
	all := []string{bucketMeta, bucketItems, bucketUnlinking, bucketSlots, bucketRanges}
	for _, s := range states() {
		all = append(all, string(s))
	}
	return all
}

// txn is a transaction on the index.
type txn struct{ *bbolt.Tx }

// initIndex makes the buckets of a new database.
func initIndex(t txn) error {
	for _, name := range buckets() {
		if _, err := t.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return t.bucket(bucketMeta).Put([]byte(keySchema), seqKey(schemaVersion))
}

func (t txn) bucket(name string) *bbolt.Bucket { return t.Bucket([]byte(name)) }

// schema is the version of the database; the error wraps ErrDamaged where it is
// not an index and ErrNewer where a newer fieldcam wrote it.
func (t txn) schema() error {
	b := t.bucket(bucketMeta)
	if b == nil {
		return fmt.Errorf("%w: it is no index of fieldcam", ErrDamaged)
	}
	v := b.Get([]byte(keySchema))
	if len(v) != 8 {
		return fmt.Errorf("%w: it has no schema version", ErrDamaged)
	}
	switch n := binary.BigEndian.Uint64(v); {
	case n > schemaVersion:
		return fmt.Errorf("%w: schema version %d, this one knows %d", ErrNewer, n, schemaVersion)
	case n < schemaVersion:
		return fmt.Errorf("%w: schema version %d", ErrDamaged, n)
	}
	return nil
}

// view reads the index.
func (q *Queue) view(f func(txn) error) error {
	return guard(func() error { return q.db.View(func(tx *bbolt.Tx) error { return f(txn{tx}) }) })
}

// update changes the index in one transaction, whose commit is the durable step
// of that name.
func (q *Queue) update(step string, f func(txn) error) error {
	err := guard(func() error {
		return q.db.Update(func(tx *bbolt.Tx) error {
			if err := f(txn{tx}); err != nil {
				return err
			}
			return q.o.Fault(step)
		})
	})
	if err != nil {
		return cardFull(fmt.Errorf("%s: %w", step, err))
	}
	return nil
}

// guard turns the panics of f into errors that wrap ErrDamaged: bbolt panics on
// pages that make no sense, and the memory map faults where the file is shorter
// than it was.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: index: %v", ErrDamaged, p)
		}
	}()
	return f()
}

// Probe reads the whole index at path, which nobody may have open, and returns
// an error where it is damaged. An index of a newer fieldcam is sound when
// bbolt's own structure is. Probe can panic, in goroutines that the caller can't
// recover too: call it in a process of its own.
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
		if errs := t.verify(); len(errs) > 0 {
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
