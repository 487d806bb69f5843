package thumbnail

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
)

// The markers that matter here (ITU T.81, table B.1).
const (
	markStart    = 0xD8 // SOI
	markBaseline = 0xC0 // SOF0
	markExtended = 0xC1 // SOF1
	markProgress = 0xC2 // SOF2
	markTables   = 0xC4 // DHT
	markQuanta   = 0xDB // DQT
	markRestart  = 0xDD // DRI
	markApp0     = 0xE0
	markExif     = 0xE1 // APP1
	markApp15    = 0xEF
	markComment  = 0xFE
)

// header is what a JPEG tells before its picture.
type header struct {
	exif          []byte // the TIFF structure in APP1; nil: none
	width, height int64
	parts         int // components
	progressive   bool
}

// maxSegments bounds the search for the frame: cameras write a dozen segments, and
// some spread a second preview over a hundred.
const maxSegments = 1000

// readHeader reads a JPEG up to its frame header. It refuses what image/jpeg
// could see otherwise.
func readHeader(in io.Reader) (header, error) {
	r := bufio.NewReader(in)
	var h header
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil || head[0] != 0xFF || head[1] != markStart {
		return header{}, formatOr(err)
	}
	for range maxSegments {
		if _, err := io.ReadFull(r, head[:2]); err != nil || head[0] != 0xFF {
			return header{}, formatOr(err)
		}
		for head[1] == 0xFF { // fill bytes (B.1.1.2)
			var err error
			if head[1], err = r.ReadByte(); err != nil {
				return header{}, formatOr(err)
			}
		}
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return header{}, formatOr(err)
		}
		mark, n := head[1], int(binary.BigEndian.Uint16(head[2:]))-2 // the length counts itself
		if n < 0 {
			return header{}, ErrFormat
		}
		switch {
		case mark == markExif && h.exif == nil, mark == markBaseline, mark == markExtended, mark == markProgress:
			b := make([]byte, n) // 64 KiB at the most
			if _, err := io.ReadFull(r, b); err != nil {
				return header{}, formatOr(err)
			}
			if mark != markExif {
				h.progressive = mark == markProgress
				return h, h.frame(b)
			}
			if tiff, ok := bytes.CutPrefix(b, []byte("Exif\x00\x00")); ok { // Exif 2.32, 4.7.2
				h.exif = tiff
			}
		case mark == markTables, mark == markQuanta, mark == markRestart, mark == markComment, mark >= markApp0 && mark <= markApp15:
			if _, err := r.Discard(n); err != nil {
				return header{}, formatOr(err)
			}
		default:
			return header{}, ErrFormat
		}
	}
	return header{}, ErrFormat
}

// formatOr is ErrFormat for a file that ends too early, and a failed read for what
// it is.
func formatOr(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrFormat
	}
	return fmt.Errorf("read photo: %w", err)
}

// frame reads a frame header (ITU T.81, B.2.2): precision, height, width, number
// of components.
func (h *header) frame(b []byte) error {
	const fixed = 6
	if len(b) < fixed {
		return ErrFormat
	}
	h.height, h.width = int64(binary.BigEndian.Uint16(b[1:])), int64(binary.BigEndian.Uint16(b[3:]))
	h.parts = int(b[5])
	return nil
}

// The parts of a TIFF structure (TIFF 6.0, section 2) and the tags of a thumbnail
// (Exif 2.32, 4.6.8 and 4.6.4).
const (
	tiffHeader = 8  // byte order, 42, the first directory's offset
	entryBytes = 12 // tag, type, count, value
	typeLong   = 4
	tagOffset  = 0x0201 // JPEGInterchangeFormat
	tagLength  = 0x0202 // JPEGInterchangeFormatLength
)

// embedded is the thumbnail in a TIFF structure: its second directory, IFD1, says
// where. Every offset is from the structure's beginning.
func embedded(tiff []byte) ([]byte, bool) {
	if len(tiff) < tiffHeader {
		return nil, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(tiff[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return nil, false
	}
	_, next, ok := directory(tiff, order, order.Uint32(tiff[4:]))
	if !ok || next == 0 {
		return nil, false
	}
	entries, _, ok := directory(tiff, order, next)
	if !ok {
		return nil, false
	}
	var at, n uint32
	for ; len(entries) > 0; entries = entries[entryBytes:] {
		if order.Uint16(entries[2:]) != typeLong || order.Uint32(entries[4:]) != 1 {
			continue
		}
		switch order.Uint16(entries) {
		case tagOffset:
			at = order.Uint32(entries[8:])
		case tagLength:
			n = order.Uint32(entries[8:])
		}
	}
	// Compared as 64 bits, so that no sum runs over.
	if at == 0 || n == 0 || uint64(at)+uint64(n) > uint64(len(tiff)) {
		return nil, false
	}
	small := tiff[at : uint64(at)+uint64(n)]
	c, err := jpeg.DecodeConfig(bytes.NewReader(small))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxSideEmbedded || c.Height > maxSideEmbedded {
		return nil, false
	}
	return bytes.Clone(small), true // not the 64 KiB around it
}

// directory gives the entries of the directory at an offset, and the offset of the
// next one; false where it is not within tiff.
func directory(tiff []byte, order binary.ByteOrder, at uint32) (entries []byte, next uint32, ok bool) {
	const count, link = 2, 4 // bytes
	if uint64(at)+count > uint64(len(tiff)) {
		return nil, 0, false
	}
	b := tiff[at:]
	end := count + entryBytes*int(order.Uint16(b))
	if end+link > len(b) {
		return nil, 0, false
	}
	return b[count:end], order.Uint32(b[end:]), true
}
