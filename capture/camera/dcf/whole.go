package dcf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"fieldcam/capture/exif"
	"fieldcam/capture/photo"
)

// The markers that matter here (ITU T.81, table B.1).
const (
	markStart = 0xD8 // SOI
	markEnd   = 0xD9 // EOI
	markScan  = 0xDA // SOS
	markExif  = 0xE1 // APP1
)

const (
	// MaxBytes is the largest file that is a picture: RAW of 100 megapixels has 200 MB.
	MaxBytes = 512 << 20
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

// ErrNotWhole is what Read returns where a file is no whole picture.
var ErrNotWhole = errors.New("not a whole picture")

// Read reads what a file of size bytes and a format says of itself, and checks that it
// is whole: a JPEG has its end. Of another format only the beginning is read, and it
// must have one. Times without a zone are meant in the one given. The error is
// ErrNotWhole, or one of reading.
func Read(r io.ReaderAt, size int64, format string, zone *time.Location) (exif.Tags, error) {
	if size == 0 || size > MaxBytes {
		return exif.Tags{}, ErrNotWhole
	}
	if photo.Kind(format) == photo.KindJPEG {
		return readJPEG(r, size, zone)
	}
	b := make([]byte, min(size, tiffBytes))
	if _, err := r.ReadAt(b, 0); err != nil {
		return exif.Tags{}, notWhole(err)
	}
	return exif.FromTIFF(b, zone), nil
}

// readJPEG is Read of a JPEG.
func readJPEG(r io.ReaderAt, size int64, zone *time.Location) (exif.Tags, error) {
	var t exif.Tags
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
			return t, ErrNotWhole
		}
		if head[1] == markScan {
			break
		}
		if head[1] == markExif && t.At.IsZero() {
			b := make([]byte, length-2) // 64 KiB at the most
			if _, err := r.ReadAt(b, at+4); err != nil {
				return t, notWhole(err)
			}
			if said, ok := exif.FromAPP1(b, zone); ok {
				t = said
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
	return t, ErrNotWhole
}

// notWhole is ErrNotWhole for a file that ends too early, and a failed read for
// what it is.
func notWhole(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrNotWhole
	}
	return err
}
