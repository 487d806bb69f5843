package queue

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"go.etcd.io/bbolt"
)

// schemaVersion is of the buckets and values below. A higher one in a file
// means that a newer fieldcam wrote it; for a lower one see migrate.go.
const schemaVersion = 2

const (
	// indexPage: 16 KiB pages cost four times the bytes per commit.
	indexPage = 4096
	// indexMaxBytes keeps clear of 967 MB, where bbolt dies on 32 bits. A photo
	// takes 85 bytes of it: the card is full first; see indexLimits.
	indexMaxBytes = 768 << 20
	// indexMapShare of the limit in address space, 64 MiB, is mapped at the start:
	// a commit that must map more waits for all readers. Untouched pages take no
	// memory.
	indexMapShare = 12
	// indexGrowBytes is by how much the file grows; bbolt's 16 MiB would be a
	// quarter of the card's default reserve.
	indexGrowBytes = 256 << 10
	// indexReserve is for deletions alone: before they free pages they copy some,
	// 20 for a batch of 64 photos.
	indexReserve = 1 << 20
	// indexFill is how full bbolt leaves a page that it splits. Records and days
	// come in ascending order, so that a page once split is never filled further.
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
	q.dbMu.RLock()
	defer q.dbMu.RUnlock()
	if q.db == nil {
		return 0, ErrNoIndex
	}
	s := q.db.Stats()
	return bytes - int64(s.FreePageN+s.PendingPageN)*indexPage, err
}

// The buckets, beside one for each set.
const (
	bucketMeta      = "meta"      // schema, sequence, counters, flow, marks
	bucketRecords   = "records"   // sequence / 4 → 4 records
	bucketNotes     = "notes"     // sequence → note
	bucketUnlinking = "unlinking" // sequence → name of a file to delete
	bucketDays      = "days"      // UTC day and session → ledger.Day
	bucketSpans     = "spans"     // last slot, first slot → spanRecords
)

// The keys in bucketMeta.
const (
	keySchema   = "schema"   // uint64
	keySequence = "sequence" // uint64: the highest number accepted
	keyCounters = "counters" // counters
	keyFlow     = "flow"     // flow
	keyScrub    = "scrub"    // uint64: the number that Scrub reads next
	keyProved   = "proved"   // slotKey: see SetProved
	keyCopies   = "copies"   // uint64: 1 where a second copy is configured, and all photos were matched with it
	keyMatched  = "matched"  // uint64: up to here they were, where not all
	keyDisk     = "disk"     // the disk that the set copied is of; see SetDisk
	keyAwayDisk = "awaydisk" // the disk that the set away is of; manyDisks where of several
	keyKnown    = "known"    // uint64: the index was made anew when this number was the next; see known.go
)

// buckets lists all of them.
func buckets() []string {
	all := []string{bucketMeta, bucketRecords, bucketNotes, bucketUnlinking, bucketDays, bucketSpans}
	for _, s := range sets() {
		all = append(all, string(s))
	}
	return all
}

// txn is a transaction on the index.
type txn struct{ *bbolt.Tx }

// initIndex makes the buckets of a new database.
func initIndex(t txn) error {
	for _, name := range buckets() {
		if _, err := t.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	return t.bucket(bucketMeta).Put([]byte(keySchema), seqKey(schemaVersion))
}

// bucket is nil where there is none.
func (t txn) bucket(name string) *bbolt.Bucket {
	b := t.Bucket([]byte(name))
	if b != nil && (name == bucketRecords || name == bucketDays) {
		b.FillPercent = indexFill
	}
	return b
}

// sumBytes is the length of the CRC-32C behind each value: bbolt has no checksums
// but those of its two meta pages, and a flipped bit in a set is another state.
const sumBytes = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is over the bucket's name too, and the key: a value that turns up in
// another place is damage.
func sum(bucket string, key, value []byte) uint32 {
	s := crc32.Update(0, castagnoli, []byte(bucket))
	s = crc32.Update(s, castagnoli, key)
	return crc32.Update(s, castagnoli, value)
}

// open is the value under its sum.
func (t txn) open(bucket string, key, v []byte) ([]byte, error) { return openValue(bucket, key, v) }

func openValue(bucket string, key, v []byte) ([]byte, error) {
	n := len(v) - sumBytes
	if n < 0 || binary.BigEndian.Uint32(v[n:]) != sum(bucket, key, v[:n]) {
		return nil, fmt.Errorf("%w: index: value of %s at %x", ErrDamaged, bucket, key)
	}
	return v[:n:n], nil
}

// get is the value of the key; nil where there is none. It is valid until the
// transaction ends or changes it.
func (t txn) get(bucket string, key []byte) ([]byte, error) {
	v := t.bucket(bucket).Get(key)
	if v == nil {
		return nil, nil
	}
	return t.open(bucket, key, v)
}

func (t txn) put(bucket string, key, value []byte) error {
	v := binary.BigEndian.AppendUint32(slices.Clip(value), sum(bucket, key, value))
	return t.bucket(bucket).Put(key, v)
}

// number is that of a key in bucketMeta; 0 where there is none.
func (t txn) number(key string) (uint64, error) {
	v, err := t.get(bucketMeta, []byte(key))
	return keySeq(v), err
}

func (t txn) putNumber(key string, n uint64) error {
	return t.put(bucketMeta, []byte(key), seqKey(n))
}

// schema is the version of the database; the error wraps ErrDamaged where it is
// not an index and ErrNewer where a newer fieldcam wrote it.
func (t txn) schema() (version uint64, err error) {
	b := t.bucket(bucketMeta)
	if b == nil {
		return 0, fmt.Errorf("%w: it is no index of fieldcam", ErrDamaged)
	}
	version = keySeq(b.Get([]byte(keySchema)))
	switch {
	case version == 0:
		return 0, fmt.Errorf("%w: it has no schema version", ErrDamaged)
	case version > schemaVersion:
		return version, fmt.Errorf("%w: schema version %d, this one knows %d", ErrNewer, version, schemaVersion)
	}
	return version, nil
}
