// Package exif reads what a camera says of itself in a picture: a TIFF structure, as it
// stands in a JPEG's APP1 segment (Exif 2.32, 4.7.2) and at the beginning of most RAW
// files.
//
// Promises: it never panics and allocates little, whatever the bytes; what is not
// there, makes no sense or lies beyond the bytes given is left out; texts are
// printable ASCII of at most 64 bytes.
//
// Out of scope: thumbnails (queue/thumbnail), makers' own notes, and writing.
package exif

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// Tags are what a camera says; each is zero where it does not.
type Tags struct {
	// Model is the camera's.
	Model string
	// Serial is the number of the camera's body.
	Serial string
	// At is the exposure's time by the camera's own clock, in UTC.
	At time.Time
	// Zoned: the camera says in which zone its clock is; else At was reckoned by the
	// zone that the caller gave.
	Zoned bool
}

// signature begins an APP1 segment that holds Exif (Exif 2.32, 4.7.2).
const signature = "Exif\x00\x00"

// FromAPP1 reads the body of a JPEG's APP1 segment, or its beginning; false where it
// is of another use.
func FromAPP1(body []byte, zone *time.Location) (Tags, bool) {
	tiff, ok := bytes.CutPrefix(body, []byte(signature))
	if !ok {
		return Tags{}, false
	}
	return FromTIFF(tiff, zone), true
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
	tagSerial   = 0xA431 // BodySerialNumber
)

// FromTIFF reads a TIFF structure, or its beginning. zone is that of times that do not
// say theirs.
func FromTIFF(b []byte, zone *time.Location) (t Tags) {
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
			t.Model = textOf(b, order, e)
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
				case tagSerial:
					t.Serial = textOf(b, order, e)
				}
			}
		}
	}
	t.At, t.Zoned = parseTime(original, offset, subSec, zone)
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
// fraction of a second "25"; zero where it is none. zoned: the offset counted.
func parseTime(original, offset, subSec string, zone *time.Location) (at time.Time, zoned bool) {
	const layout = "2006:01:02 15:04:05"
	if len(original) > len(layout) {
		original = original[:len(layout)]
	}
	at, err := time.ParseInLocation(layout, original, zone)
	if err != nil {
		return time.Time{}, false
	}
	if exact, err := time.Parse(layout+"-07:00", original+offset); err == nil && offset != "" {
		at, zoned = exact, true
	}
	const digits = 9 // of nanoseconds
	if subSec = subSec[:min(len(subSec), digits)]; subSec != "" {
		if n, err := strconv.ParseUint(subSec+strings.Repeat("0", digits-len(subSec)), 10, 32); err == nil {
			at = at.Add(time.Duration(n))
		}
	}
	return at.UTC(), zoned
}
