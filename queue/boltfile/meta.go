package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
)

// The layout of a meta page, after its page header (bbolt's
// internal/common/meta.go, type Meta, and internal/common/types.go).
const (
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	metaAtMagic    = 0  // uint32
	metaAtVersion  = 4  // uint32
	metaAtPageSize = 8  // uint32
	metaAtRoot     = 16 // uint64 page, uint64 sequence: the root bucket
	metaAtFreelist = 32 // uint64 page
	metaAtHigh     = 40 // uint64: the first page never used
	metaAtTxid     = 48 // uint64
	metaAtChecksum = 56 // uint64: FNV-1a, 64 bits, of all before it
	metaBytes      = 64
)

// noFreelist in place of the freelist's page says that it isn't in the file
// (PgidNoFreelist).
const noFreelist = ^uint64(0)

// maxTxid bounds the transaction's number: bbolt counts on from it, and at the
// end of the numbers the newest meta page would look like the oldest.
const maxTxid = 1 << 62

// The page sizes that are read: those of the kernels that bbolt takes its own
// default from.
const (
	minPageSize = 4096
	maxPageSize = 65536
)

// meta is what a valid meta page says.
type meta struct {
	pageSize             int
	root, freelist, txid uint64
	highWater            uint64
	page                 uint64 // 0 or 1: where it was
	alone                bool   // the other meta page isn't valid
}

// Why a page is not a valid meta page, as bbolt's Meta.Validate has it.
var (
	errNoMagic  = errors.New("no magic number")
	errVersion  = errors.New("another version of the format")
	errChecksum = errors.New("wrong checksum")
)

// parseMeta reads the meta page that b begins with.
func parseMeta(b []byte) (meta, error) {
	if len(b) < headerBytes+metaBytes {
		return meta{}, errNoMagic
	}
	b = b[headerBytes:][:metaBytes]
	if binary.LittleEndian.Uint32(b[metaAtMagic:]) != metaMagic {
		return meta{}, errNoMagic
	}
	if v := binary.LittleEndian.Uint32(b[metaAtVersion:]); v != metaVersion {
		return meta{}, fmt.Errorf("%w: %d, want %d", errVersion, v, metaVersion)
	}
	sum := fnv.New64a()
	sum.Write(b[:metaAtChecksum])
	if sum.Sum64() != binary.LittleEndian.Uint64(b[metaAtChecksum:]) {
		return meta{}, errChecksum
	}
	m := meta{
		root:      binary.LittleEndian.Uint64(b[metaAtRoot:]),
		freelist:  binary.LittleEndian.Uint64(b[metaAtFreelist:]),
		highWater: binary.LittleEndian.Uint64(b[metaAtHigh:]),
		txid:      binary.LittleEndian.Uint64(b[metaAtTxid:]),
	}
	if size := binary.LittleEndian.Uint32(b[metaAtPageSize:]); size <= maxPageSize {
		m.pageSize = int(size)
	}
	return m, nil
}

// metas reads both meta pages, and sets the file's page size from the first
// valid one: page 0 says it itself; where that one is not valid, page 1 is
// looked for as bbolt does (db.go, getPageSizeFromSecondMeta), at 1 KiB, 2 KiB,
// 4 KiB and so on.
func (f *file) metas() (first, second meta, err0, err1 error) {
	if first, err0 = f.metaAt(0); err0 == nil {
		if !validPageSize(first.pageSize) {
			return first, second, fmt.Errorf("%w: page size %d", errVersion, first.pageSize), errNoMagic
		}
		f.pageSize = first.pageSize
		second, err1 = f.metaAt(int64(f.pageSize))
		second.page = 1
		return first, second, err0, err1
	}
	err1 = errNoMagic
	for at := int64(1024); at <= maxPageSize; at *= 2 {
		m, err := f.metaAt(at)
		if err == nil && validPageSize(m.pageSize) && int64(m.pageSize) == at {
			m.page = 1
			f.pageSize = m.pageSize
			return first, m, err0, nil
		}
		if err == nil {
			// bbolt takes the first it finds, and this one would mislead it.
			return first, second, err0, fmt.Errorf("%w: page size %d at byte %d", errVersion, m.pageSize, at)
		}
		if !errors.Is(err, errNoMagic) {
			err1 = err
		}
	}
	return first, second, err0, err1
}

func validPageSize(n int) bool {
	return n >= minPageSize && n <= maxPageSize && n&(n-1) == 0
}

// metaAt reads the meta page at the byte at.
func (f *file) metaAt(at int64) (meta, error) {
	if at+headerBytes+metaBytes > f.size {
		return meta{}, errNoMagic
	}
	var b [headerBytes + metaBytes]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return meta{}, err
	}
	return parseMeta(b[:])
}

// newestMeta is the meta page that bbolt would use: the valid one with the
// higher transaction number (db.go, meta).
func (f *file) newestMeta() (meta, error) {
	first, second, err0, err1 := f.metas()
	var m meta
	switch {
	case err0 != nil && err1 != nil:
		return meta{}, noMeta(err0, err1)
	case err0 != nil:
		m, m.alone = second, true
	case err1 != nil:
		m, m.alone = first, true
	case first.pageSize != second.pageSize:
		return meta{}, fmt.Errorf("%w: meta pages tell of page sizes %d and %d", ErrDamaged, first.pageSize, second.pageSize)
	case second.txid > first.txid:
		m = second
	default:
		m = first
	}
	return m, m.check(f)
}

// noMeta tells a damaged database from a file of something else.
func noMeta(err0, err1 error) error {
	for _, err := range []error{err0, err1} {
		if errors.Is(err, errVersion) {
			return fmt.Errorf("%w: %w", ErrForeign, err)
		}
	}
	if errors.Is(err0, errNoMagic) && errors.Is(err1, errNoMagic) {
		return fmt.Errorf("%w: %w in either meta page", ErrForeign, errNoMagic)
	}
	return fmt.Errorf("%w: no valid meta page: page 0: %w; page 1: %w", ErrDamaged, err0, err1)
}

// check tells whether the numbers in the meta page can be true of the file.
// The pages that it names are checked where they are read.
func (m meta) check(f *file) error {
	offence := ""
	switch {
	case f.pages() < 2:
		offence = fmt.Sprintf("the file has only %d bytes", f.size)
	case m.txid%2 != m.page:
		// bbolt puts a transaction's meta page at its number modulo 2
		// (Meta.Write): here it would overwrite the newest, not the older one.
		offence = fmt.Sprintf("transaction %d does not belong there", m.txid)
	case m.txid >= maxTxid:
		offence = fmt.Sprintf("transaction %d, at most %d", m.txid, uint64(maxTxid))
	case m.highWater > f.pages():
		offence = fmt.Sprintf("%d pages in use, and the file has %d", m.highWater, f.pages())
	case m.freelist != noFreelist && (m.freelist < 2 || m.freelist >= m.highWater):
		offence = fmt.Sprintf("freelist at page %d of %d", m.freelist, m.highWater)
	default:
		return nil
	}
	return fmt.Errorf("%w: meta page %d: %s", ErrDamaged, m.page, offence)
}
