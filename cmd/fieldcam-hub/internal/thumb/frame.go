package thumb

import (
	"bufio"
	"encoding/binary"
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
	markApp15    = 0xEF
	markComment  = 0xFE
)

// frame is what a JPEG's frame header says.
type frame struct {
	width, height int64
	progressive   bool
	parts         []part
}

// part is one component's sampling factors.
type part struct{ across, down int64 }

// readFrame reads a JPEG up to its frame header; ErrFormat for anything in which
// image/jpeg might find another one.
func readFrame(in io.Reader) (frame, error) {
	r := bufio.NewReader(in)
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil || head[0] != 0xFF || head[1] != markStart {
		return frame{}, ErrFormat
	}
	for {
		if _, err := io.ReadFull(r, head[:2]); err != nil || head[0] != 0xFF {
			return frame{}, ErrFormat
		}
		for head[1] == 0xFF { // fill bytes (B.1.1.2)
			var err error
			if head[1], err = r.ReadByte(); err != nil {
				return frame{}, ErrFormat
			}
		}
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return frame{}, ErrFormat
		}
		mark, n := head[1], int(binary.BigEndian.Uint16(head[2:]))-2 // the length counts itself
		switch {
		case n < 0:
			return frame{}, ErrFormat
		case mark == markBaseline, mark == markExtended, mark == markProgress:
			b := make([]byte, n)
			if _, err := io.ReadFull(r, b); err != nil {
				return frame{}, ErrFormat
			}
			return parseFrame(b, mark == markProgress)
		case mark == markTables, mark == markQuanta, mark == markRestart, mark == markComment, mark >= markApp0 && mark <= markApp15:
			if _, err := r.Discard(n); err != nil {
				return frame{}, ErrFormat
			}
		default:
			return frame{}, ErrFormat
		}
	}
}

// parseFrame reads a frame header (ITU T.81, B.2.2): precision, height, width,
// number of components, and for each its name, its sampling factors and a table.
func parseFrame(b []byte, progressive bool) (frame, error) {
	const fixed, each = 6, 3
	if len(b) < fixed || b[5] == 0 || len(b) != fixed+each*int(b[5]) {
		return frame{}, ErrFormat
	}
	f := frame{height: int64(binary.BigEndian.Uint16(b[1:])), width: int64(binary.BigEndian.Uint16(b[3:])), progressive: progressive}
	if f.height == 0 || f.width == 0 {
		return frame{}, ErrFormat
	}
	for c := b[fixed:]; len(c) > 0; c = c[each:] {
		p := part{int64(c[1] >> 4), int64(c[1] & 15)}
		if p.across < 1 || p.across > 4 || p.down < 1 || p.down > 4 {
			return frame{}, ErrFormat
		}
		f.parts = append(f.parts, p)
	}
	return f, nil
}

// decoderBytes is the most that image/jpeg (Go 1.26) takes for a picture: a byte
// for each sample, in whole units of 8 × 8 samples; for a progressive one four
// more, since it keeps all coefficients as int32; and where there are several
// components four for each pixel, since it may have to make RGBA or CMYK of them.
func (f frame) decoderBytes() int64 {
	const (
		unit          = 8 // samples
		perSample     = 1
		perCoeff      = 4
		perColorPixel = 4
	)
	var across, down int64
	for _, p := range f.parts {
		across, down = max(across, p.across), max(down, p.down)
	}
	units := ((f.width + unit*across - 1) / (unit * across)) * ((f.height + unit*down - 1) / (unit * down))
	if len(f.parts) == 1 { // its factors mean nothing (A.2.2)
		units = ((f.width + unit - 1) / unit) * ((f.height + unit - 1) / unit)
	}
	var samples int64
	for _, p := range f.parts {
		if len(f.parts) == 1 {
			p = part{1, 1}
		}
		samples += units * p.across * p.down * unit * unit
	}
	n := samples * perSample
	if f.progressive {
		n += samples * perCoeff
	}
	if len(f.parts) > 1 {
		n += perColorPixel * f.width * f.height
	}
	return n
}
