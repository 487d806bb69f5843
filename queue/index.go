package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
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
	// indexMaxBytes keeps clear of 967 MB, where bbolt dies on 32 bits. A photo
	// takes 0.5 KB of it, so the card is full first but with the smallest photos;
	// see indexLimits.
	indexMaxBytes = 768 << 20
	// indexMapBytes of address space are mapped at the start, so that commits
	// need not wait for readers to remap. Untouched pages take no memory.
	indexMapBytes = 64 << 20
	// indexGrowBytes is by how much the file grows; bbolt's 16 MiB would be a
	// quarter of the card's default reserve.
	indexGrowBytes = 1 << 20
	// indexReserve is for deletions alone: before they free pages they copy some,
	// 20 for a batch of 64 photos.
	indexReserve = 1 << 20
	// indexFill is how full bbolt leaves a page that it splits. Items and slots
	// come in ascending order, so that a page once split is never filled further:
	// at bbolt's 0.5 a confirmed photo took 1,028 bytes, at this 0.5 KB. The other
	// buckets keep 0.5: a backlog is confirmed newest first, and descending order
	// would leave nearly empty pages.
	indexFill = 0.95
)

// indexLimits are bytes of pages in use: above trim, confirmed photos are
// deleted; above stop, no photo is begun. What lies between stop and the file's
// limit is for misses, acknowledgements, and the copies that each commit makes.
func (q *Queue) indexLimits() (trim, stop int64) {
	// bbolt counts its next growth as taken.
	limit := int64(q.o.maxIndex - indexReserve - indexGrowBytes)
	return limit * 2 / 3, limit * 5 / 6
}

// indexUsed is the size of the pages in use: the file itself never shrinks.
func (q *Queue) indexUsed() (bytes int64, err error) {
	err = q.view(func(t txn) error {
		bytes = t.Size()
		return nil
	})
	s := q.db.Stats()
	return bytes - int64(s.FreePageN+s.PendingPageN)*indexPage, err
}

// openIndex opens or creates the database at path.
//
// NoFreelistSync: the list of free pages is read from the tree at a start, which
// takes 0.6 s at 100,000 photos, instead of being written with every commit,
// which after a drained backlog costs a card more than the photos' own entries.
// The probe reads the whole tree at a start anyway.
func openIndex(path string, timeout time.Duration, noSync bool, maxSize int) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o644, &bbolt.Options{
		Timeout: timeout, PageSize: indexPage, MaxSize: maxSize, InitialMmapSize: indexMapBytes,
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, NoSync: noSync,
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

// bucket is nil where there is none.
func (t txn) bucket(name string) *bbolt.Bucket {
	b := t.Bucket([]byte(name))
	if b != nil && (name == bucketItems || name == bucketSlots) {
		b.FillPercent = indexFill
	}
	return b
}

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
// of that name. Where the index has no room, it deletes confirmed photos and
// tries once more: f may be called twice. ErrCardFull is wrapped where that
// doesn't help, or the card has no room.
func (q *Queue) update(step string, f func(txn) error) error {
	err := q.commit(step, f)
	if !errors.Is(err, berrors.ErrMaxSizeReached) {
		return err
	}
	if n, errTrim := q.trimForIndex(); n == 0 || errTrim != nil {
		return errors.Join(err, errTrim)
	}
	return q.commit(step, f)
}

// commit is one try of update, for the callers that delete.
func (q *Queue) commit(step string, f func(txn) error) error {
	err := guard(func() error {
		return q.db.Update(func(tx *bbolt.Tx) error {
			q.db.MaxSize = q.o.maxIndex // read by this transaction alone
			if step != StepIndexTrim {
				q.db.MaxSize -= indexReserve
			}
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
//
// It helps readers. A panic in a writing transaction makes bbolt roll back by
// reading every page in a goroutine of its own, where the same damage panics
// again and nobody can recover it: then the process dies, and the probe of the
// next start finds the damage.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: index: %v", ErrDamaged, p)
		}
	}()
	return f()
}
