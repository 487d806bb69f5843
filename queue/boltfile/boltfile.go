// Package boltfile reads a closed bbolt database file (the format of
// go.etcd.io/bbolt v1.5.0) without bbolt, and never panics, whatever the bytes.
// bbolt itself trusts its file: on a damaged page it panics, some of it in
// goroutines whose panics nobody can recover (db.go, freepages), or reads
// outside its memory map, which is a signal. So who must survive a damaged
// card asks Check before bbolt is let near the file.
//
// Promises:
//
//   - Check returning nil means that bbolt can open the file, read all of it
//     and write to it, without a panic and without losing a page.
//   - Memory is bounded: one bit for each page, one small buffer for each
//     level of the tree, whatever the file says of itself. Work is bounded by
//     the file's size.
//   - Nothing is written. No lock is taken: the caller knows that nobody
//     writes to the file.
//
// Out of scope: whether values mean anything (visit tells that), and pages
// that no tree reaches. The words of the format are little-endian, as on every
// board of ours: bbolt writes the words of the machine it runs on.
package boltfile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ErrDamaged is wrapped by what Check returns of a bbolt database that bbolt
// must not open. The text names pages and offences, the first few of them.
var ErrDamaged = errors.New("database damaged")

// ErrStale is wrapped by what Check returns where the tree is whole, and bbolt
// would open it, but one of the two meta pages is not valid: the tree may then
// lack what the last transaction wrote. A power cut in the middle of a meta
// page's write looks the same as one that rotted later.
var ErrStale = errors.New("newest transaction may be lost")

// ErrEmpty is what Check returns of a file of zero bytes: bbolt would make a
// new database of it.
var ErrEmpty = errors.New("empty file")

// ErrForeign is wrapped by what Check returns of something that is not a bbolt
// database of this format: a directory, another program's file, another
// version. A database that lost both its meta pages whole looks like that too.
var ErrForeign = errors.New("not a bbolt database")

// maxFileBytes bounds the files read: a 32-bit bbolt can map no more (its
// internal/common/bolt_arm.go), and it bounds the page bitmap to 64 KiB.
const maxFileBytes = 0x7FFFFFFF

// readAheadBytes is the largest file for which the kernel is asked to read
// ahead all of it. Trees are not in the order of their pages, and a card reads
// scattered pages many times slower than a run; a quarter of the smallest
// board's memory may go to it, and gives way to others.
const readAheadBytes = 128 << 20

// Visit gets each key and value with the name of the top-level bucket that
// holds it, in the keys' order within each bucket (or nested bucket, whose own
// keys come where its name stands). The slices are only good during the call.
type Visit = func(bucket, key, value []byte) error

// Check reads all of the file that bbolt would, and returns nil only where
// bbolt can use it without a panic. Otherwise the error wraps ErrDamaged,
// ErrStale, ErrEmpty or ErrForeign, or is the system's where the file can't be
// opened. visit may be nil; its errors count as damage. It is called for every
// sound page also where others are damaged, and so may have seen much before
// Check returns an error.
func Check(path string, visit Visit) error {
	f, err := open(path)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	defer f.Close()
	m, err := f.newestMeta()
	if err != nil {
		return fmt.Errorf("check database %s: %w", path, err)
	}
	w := newWalk(f, m.highWater, visit)
	w.tree(m.root)
	w.freelist(m)
	if err := w.damage.err(); err != nil {
		return fmt.Errorf("check database %s: %w", path, err)
	}
	if m.alone {
		return fmt.Errorf("check database %s: %w: the other meta page is not valid", path, ErrStale)
	}
	return nil
}

// file is a database file and its page size.
type file struct {
	*os.File
	size     int64
	pageSize int
}

// open opens path for reading. Only a regular file that isn't empty will do:
// opening a pipe could block for ever.
func open(path string) (*file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("%s: %w: a directory", path, ErrForeign)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w: not a regular file", path, ErrForeign)
	case info.Size() == 0:
		return nil, fmt.Errorf("%s: %w", path, ErrEmpty)
	case info.Size() > maxFileBytes:
		return nil, fmt.Errorf("%s: %w: %d bytes, more than %d", path, ErrForeign, info.Size(), maxFileBytes)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info.Size() <= readAheadBytes {
		// Only a hint: a file system that can't do it says so, and nothing is lost.
		_ = unix.Fadvise(int(f.Fd()), 0, info.Size(), unix.FADV_WILLNEED)
	}
	return &file{File: f, size: info.Size(), pageSize: minPageSize}, nil
}

// pages is how many whole pages the file has.
func (f *file) pages() uint64 { return uint64(f.size) / uint64(f.pageSize) }

// readPages fills buf, whose length is a multiple of the page size, from page.
// The caller has checked that those pages are in the file.
func (f *file) readPages(buf []byte, page uint64) error {
	_, err := f.ReadAt(buf, int64(page)*int64(f.pageSize))
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // it was truncated since it was opened
	}
	return err
}
