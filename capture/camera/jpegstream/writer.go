// Package jpegstream passes on a JPEG as it comes from a camera: from FF D8 to FF
// D9, its structure checked on the way, without the padding that cameras add. It
// keeps nothing but where in the picture it is.
//
// Out of scope: what the picture shows. Damage inside the picture data, where any
// byte is as good as another, is not seen.
package jpegstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// JPEG markers (ITU-T T.81, table B.1).
const (
	markerTEM  = 0x01
	markerRST0 = 0xD0
	markerRST7 = 0xD7
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
)

// jpegState is where in a JPEG the next byte stands.
type jpegState int

const (
	atSOI1   jpegState = iota // FF of the start
	atSOI2                    // D8 of the start
	atMarker                  // FF of a marker, between segments
	inMarker                  // the marker's second byte, or a fill byte FF
	atSize1                   // a segment's length, high byte
	atSize2                   // low byte
	inSkip                    // inside a segment
	inScan                    // entropy-coded data
	inScanFF                  // an FF inside it
	atEnd                     // behind the end
)

// SinkError is a fault of the writer that takes the picture: not the camera's.
type SinkError struct{ Err error }

func (e *SinkError) Error() string { return "write picture: " + e.Err.Error() }
func (e *SinkError) Unwrap() error { return e.Err }

// Writer passes a JPEG on as it comes, and checks its structure: the start, each
// segment's length, the end. What follows the end is dropped. It is for one
// goroutine at a time.
type Writer struct {
	w       io.Writer
	state   jpegState
	marker  byte
	left    int   // bytes to skip in this segment
	offset  int64 // bytes seen
	scanned bool  // there was picture data
}

// Copy passes on to w the JPEG that transfer writes, of length bytes with the padding
// behind it. That it has no end is an error.
func Copy(w io.Writer, length int, transfer func(*Writer) error) error {
	j := New(w)
	if err := transfer(j); err != nil {
		return err
	}
	if !j.Ended() {
		return fmt.Errorf("picture of %d bytes: want FF D9 at its end, got none", length)
	}
	return nil
}

// New passes a JPEG on to w.
func New(w io.Writer) *Writer { return &Writer{w: w} }

var errNoPicture = errors.New("want picture data before the end of the JPEG (FF DA before FF D9)")

// Write takes the next bytes. After an error the picture is lost. An error of w is
// a SinkError.
func (j *Writer) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) && j.state != atEnd {
		if k := j.pass(p[n:]); k > 0 {
			n += k
			j.offset += int64(k)
			continue
		}
		if err := j.step(p[n]); err != nil {
			return 0, fmt.Errorf("check JPEG at byte %d: %w", j.offset, err)
		}
		n++
		j.offset++
	}
	if n > 0 {
		k, err := j.w.Write(p[:n])
		if err != nil {
			return k, &SinkError{err}
		}
		if k < n {
			return k, &SinkError{io.ErrShortWrite}
		}
	}
	return len(p), nil
}

// Ended tells whether the whole picture has been passed on.
func (j *Writer) Ended() bool { return j.state == atEnd }

// pass goes over as much of p as needs no look at each byte, which is most of a
// picture; 0 where step is to look.
func (j *Writer) pass(p []byte) int {
	switch j.state {
	case inSkip:
		k := min(j.left, len(p))
		if j.left -= k; j.left == 0 {
			j.segmentEnds()
		}
		return k
	case inScan:
		if k := bytes.IndexByte(p, 0xFF); k >= 0 {
			return k
		}
		return len(p)
	}
	return 0
}

func (j *Writer) step(b byte) error {
	switch j.state {
	case atSOI1:
		if b != 0xFF {
			return fmt.Errorf("want FF D8, got %02X", b)
		}
		j.state = atSOI2
	case atSOI2:
		if b != markerSOI {
			return fmt.Errorf("want FF D8, got FF %02X", b)
		}
		j.state = atMarker
	case atMarker:
		if b != 0xFF {
			return fmt.Errorf("want a marker (FF), got %02X", b)
		}
		j.state = inMarker
	case inMarker:
		return j.found(b)
	case atSize1:
		j.left = int(b) << 8
		j.state = atSize2
	case atSize2:
		if j.left |= int(b); j.left < 2 {
			return fmt.Errorf("segment FF %02X: want a length of 2 or more, got %d", j.marker, j.left)
		}
		j.left -= 2
		j.state = inSkip
		if j.left == 0 {
			j.segmentEnds()
		}
	case inScan:
		j.state = inScanFF // pass went up to an FF
	case inScanFF:
		switch {
		case b == 0x00, b >= markerRST0 && b <= markerRST7:
			j.state = inScan
		case b == 0xFF: // a fill byte
		default:
			return j.found(b)
		}
	}
	return nil
}

// found handles the second byte of a marker.
func (j *Writer) found(b byte) error {
	j.marker = b
	switch {
	case b == 0xFF: // a fill byte
		j.state = inMarker
	case b == markerEOI:
		if !j.scanned {
			return errNoPicture
		}
		j.state = atEnd
	case b == markerTEM, b >= markerRST0 && b <= markerRST7:
		j.state = atMarker
	case b == 0x00, b == markerSOI:
		return fmt.Errorf("want a segment or the end, got FF %02X", b)
	default:
		j.state = atSize1
	}
	return nil
}

func (j *Writer) segmentEnds() {
	j.state = atMarker
	if j.marker == markerSOS {
		j.state = inScan
		j.scanned = true
	}
}
