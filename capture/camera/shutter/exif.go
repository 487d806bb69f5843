package shutter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// The markers that matter here (ITU T.81, table B.1).
const (
	markStart = 0xD8 // SOI
	markEnd   = 0xD9 // EOI
	markScan  = 0xDA // SOS
	markExif  = 0xE1 // APP1
)

const (
	// maxSegments bounds the search for the picture's data: cameras write a dozen
	// segments, and some spread a second preview over a hundred.
	maxSegments = 1000
	// tailBytes is where a JPEG's end is looked for, and then tailMore: some
	// cameras put a preview or zeros behind the picture.
	tailBytes = 4 << 10
	tailMore  = 1 << 20
	// tiffBytes is how much of a RAW file is read for its time: the directories
	// stand at its beginning.
	tiffBytes = 256 << 10
)

// errNotWhole is why a file is left for the next time.
var errNotWhole = errors.New("not a whole picture")

// tags are what EXIF says.
type tags struct {
	model string
	// at is the exposure's time; zero where there is none.
	at time.Time
}

// readJPEG reads what a JPEG of size bytes says of itself, and checks that it is
// whole. Its error is errNotWhole, or one of reading.
func readJPEG(r io.ReaderAt, size int64, zone *time.Location) (tags, error) {
	var t tags
	var head [4]byte
	at := int64(2)
	if _, err := r.ReadAt(head[:2], 0); err != nil || head[0] != 0xFF || head[1] != markStart {
		return t, notWhole(err)
	}
	for n := 0; ; n++ {
		if _, err := r.ReadAt(head[:], at); err != nil || head[0] != 0xFF || n == maxSegments {
			return t, notWhole(err)
		}
		if head[1] == 0xFF { // a fill byte (B.1.1.2)
			at++
			continue
		}
		length := int64(binary.BigEndian.Uint16(head[2:])) // counts itself
		if length < 2 || at+2+length > size {
			return t, errNotWhole
		}
		if head[1] == markScan {
			break
		}
		if head[1] == markExif && t.at.IsZero() {
			b := make([]byte, length-2) // 64 KiB at the most
			if _, err := r.ReadAt(b, at+4); err != nil {
				return t, notWhole(err)
			}
			if tiff, ok := bytes.CutPrefix(b, []byte("Exif\x00\x00")); ok { // Exif 2.32, 4.7.2
				t = readTIFF(tiff, zone)
			}
		}
		at += 2 + length
	}
	for _, n := range []int64{tailBytes, tailMore} {
		from := max(at, size-n)
		tail := make([]byte, size-from)
		if _, err := r.ReadAt(tail, from); err != nil {
			return t, notWhole(err)
		}
		if bytes.Contains(tail, []byte{0xFF, markEnd}) { // in the data a 00 follows each FF (B.1.1.5)
			return t, nil
		}
	}
	return t, errNotWhole
}

// notWhole is errNotWhole for a file that ends too early, and a failed read for
// what it is.
func notWhole(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNotWhole
	}
	return err
}

// The parts of a TIFF structure (TIFF 6.0, section 2) and the tags that matter here
// (TIFF 6.0, Exif 2.32 table 8).
const (
	tiffHeader  = 8  // byte order, 42, the first directory's offset
	entryBytes  = 12 // tag, type, count, value
	maxEntries  = 1000
	maxText     = 64
	typeText    = 2
	tagModel    = 0x0110
	tagDateTime = 0x0132
	tagExif     = 0x8769 // where Exif's own directory is
	tagOriginal = 0x9003 // DateTimeOriginal
	tagOffset   = 0x9011 // OffsetTimeOriginal
	tagSubSec   = 0x9291 // SubSecTimeOriginal
)

// readTIFF reads a TIFF structure, or its beginning. What is not there, or makes no
// sense, is left out.
func readTIFF(b []byte, zone *time.Location) (t tags) {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(b) < tiffHeader:
		return t
	case string(b[:2]) == "MM":
		order = binary.BigEndian
	case string(b[:2]) != "II":
		return t
	}
	main := directory(b, order, order.Uint32(b[4:]))
	var original, offset, subSec string
	for _, e := range main {
		switch order.Uint16(e) {
		case tagModel:
			t.model = textOf(b, order, e)
		case tagDateTime:
			if original == "" {
				original = textOf(b, order, e)
			}
		case tagExif:
			for _, e := range directory(b, order, order.Uint32(e[8:])) {
				switch order.Uint16(e) {
				case tagOriginal:
					original = textOf(b, order, e)
				case tagOffset:
					offset = textOf(b, order, e)
				case tagSubSec:
					subSec = textOf(b, order, e)
				}
			}
		}
	}
	t.at = parseTime(original, offset, subSec, zone)
	return t
}

// directory is the entries of the directory at an offset; none where it is not
// within b.
func directory(b []byte, order binary.ByteOrder, at uint32) (entries [][]byte) {
	const count = 2 // bytes
	if uint64(at)+count > uint64(len(b)) {
		return nil
	}
	n := min(int(order.Uint16(b[at:])), maxEntries)
	for rest := b[at:][count:]; n > 0 && len(rest) >= entryBytes; n-- {
		entries = append(entries, rest[:entryBytes])
		rest = rest[entryBytes:]
	}
	return entries
}

// textOf is an entry's text, printable and cut to maxText; empty where it is none.
func textOf(b []byte, order binary.ByteOrder, entry []byte) string {
	n := uint64(order.Uint32(entry[4:]))
	if order.Uint16(entry[2:]) != typeText || n == 0 {
		return ""
	}
	value := entry[8:]
	const inPlace = 4 // bytes: longer ones are elsewhere
	if n > inPlace {
		at := uint64(order.Uint32(value))
		if at >= uint64(len(b)) {
			return ""
		}
		value = b[at:]
	}
	value = value[:min(n, uint64(len(value)), maxText)]
	value, _, _ = bytes.Cut(value, []byte{0})
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, string(value)))
}

// parseTime reads Exif's "2026:11:21 07:03:16" with its offset "+01:00" and its
// fraction of a second "25"; zero where it is none.
func parseTime(original, offset, subSec string, zone *time.Location) time.Time {
	const layout = "2006:01:02 15:04:05"
	if len(original) > len(layout) {
		original = original[:len(layout)]
	}
	at, err := time.ParseInLocation(layout, original, zone)
	if err != nil {
		return time.Time{}
	}
	if exact, err := time.Parse(layout+"-07:00", original+offset); err == nil && offset != "" {
		at = exact
	}
	const digits = 9 // of nanoseconds
	if subSec = subSec[:min(len(subSec), digits)]; subSec != "" {
		if n, err := strconv.ParseUint(subSec+strings.Repeat("0", digits-len(subSec)), 10, 32); err == nil {
			at = at.Add(time.Duration(n))
		}
	}
	return at.UTC()
}
