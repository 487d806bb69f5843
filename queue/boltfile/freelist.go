package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A freelist page (bbolt's internal/common/page.go, FreelistPageIds): after the
// header, count page numbers in ascending order; where count is 0xFFFF, the
// first of them is the count instead.
const (
	freelistCounted = 0xFFFF
	pageIDBytes     = 8
)

// freelistChunkBytes is how much of a freelist is held at a time; a multiple of
// every page size.
const freelistChunkBytes = maxPageSize

// freelist checks the freelist that m names. Every tree must have been walked:
// a page that is both free and in use would be overwritten.
func (w *walk) freelist(m meta) {
	if m.freelist == noFreelist {
		return // bbolt makes one from the pages that no tree reaches
	}
	if err := w.checkFreelist(m.freelist); err != nil {
		w.offend(m.freelist, fmt.Errorf("freelist: %w", err))
	}
}

// checkFreelist checks the freelist at page; newestMeta has checked that its
// first page is in use.
func (w *walk) checkFreelist(first uint64) error {
	pageSize := uint64(w.file.pageSize)
	chunk := make([]byte, freelistChunkBytes)
	if err := w.read(chunk[:pageSize], first); err != nil {
		return err
	}
	p := page(chunk[:pageSize])
	more := uint64(p.overflow())
	switch {
	case p.number() != first:
		return fmt.Errorf("says it is page %d", p.number())
	case p.flags() != flagFreelist:
		return fmt.Errorf("has type %#x", p.flags())
	case first+more >= w.highWater:
		return fmt.Errorf("reaches to page %d of %d", first+more, w.highWater)
	}
	for i := first; i <= first+more; i++ {
		if w.claimed.has(i) {
			return fmt.Errorf("page %d: %w", i, errSeen)
		}
		w.claimed.set(i)
	}
	at, count := uint64(headerBytes), uint64(p.count())
	if count == freelistCounted {
		count = binary.LittleEndian.Uint64(p[at:])
		at += pageIDBytes
	}
	if room := ((more+1)*pageSize - at) / pageIDBytes; count > room {
		return fmt.Errorf("tells of %d pages, and has room for %d", count, room)
	}
	return w.checkFree(chunk, first, at, count)
}

// checkFree checks the count numbers that begin at the byte at after the
// beginning of page first.
func (w *walk) checkFree(chunk []byte, first, at, count uint64) error {
	pageSize := uint64(w.file.pageSize)
	perChunk := freelistChunkBytes / pageSize
	var last uint64
	for done := uint64(0); done < count; {
		// Read the pages that hold the next numbers, as many as the chunk takes.
		from := at / pageSize
		to := min(from+perChunk, (at+(count-done)*pageIDBytes+pageSize-1)/pageSize)
		buf := chunk[:(to-from)*pageSize]
		if err := w.read(buf, first+from); err != nil {
			return err
		}
		for i := at - from*pageSize; i+pageIDBytes <= uint64(len(buf)) && done < count; i += pageIDBytes {
			id := binary.LittleEndian.Uint64(buf[i:])
			switch {
			case id < 2 || id >= w.highWater:
				return fmt.Errorf("page %d of %d", id, w.highWater)
			case id <= last:
				return fmt.Errorf("page %d after page %d", id, last)
			case w.claimed.has(id):
				return fmt.Errorf("page %d: %w", id, errInUse)
			}
			last = id
			done++
			at += pageIDBytes
		}
	}
	return nil
}

var errInUse = errors.New("is in use")
