package luma

import (
	"bytes"
	"slices"
)

const (
	// gatherBytes is how much data is gathered before it is decoded.
	gatherBytes = 16 << 10
	// maxUnit is how many blocks a unit of interleaved data may have (T.81, B.2.3).
	maxUnit = 10
	// unitBytes is more than any unit takes: each of 64 symbols has a code of at most 16
	// bits and as many more.
	unitBytes = maxUnit * perBlock * 2 * codeBits / 8
	// maxDC is more than DC is in a picture of 8 bits a sample: 11 bits (T.81, F.1.2.1).
	maxDC = 1 << 12
)

// block is one block of a unit.
type block struct {
	dc, ac *table // ac is nil in a scan of DC alone
	luma   bool
	dx, dy int // of the luminance: where in the unit
}

// scan decodes the one scan that has the luminance's DC.
type scan struct {
	tables   tables
	interval int // units between restarts; 0: there are none

	active  bool // this scan is the one, and is being decoded
	done    bool // it was
	told    int  // blocks
	damaged bool // some of it made no sense, or was missing

	luma         func(x, y int, mean uint8)
	blocks       []block // of a unit
	low          uint    // how many low bits DC lacks, in a progressive picture
	quantum      int     // of DC
	wide, high   int     // of a unit, in blocks of the luminance
	across, down int     // blocks of the luminance
	units, total int     // across, and in all
	next, stop   int     // the next unit, and the one where this interval ends
	lost         bool    // the rest of the interval makes no sense
	dc           int     // of the luminance's last block

	n    int  // bytes in data
	pos  uint // bits of them that are decoded
	data [gatherBytes + unitBytes + 8]byte
}

// begin reads a scan header (T.81, B.2.3): components with their tables, the first and
// the last coefficient, the bits. It is false where it makes no sense.
func (s *scan) begin(f *frame, b []byte, luma func(x, y int, mean uint8)) bool {
	if len(b) < 1 || b[0] < 1 || b[0] > maxParts || len(b) != 4+2*int(b[0]) {
		return false
	}
	chosen, rest := b[1:len(b)-3], b[len(b)-3:]
	first, last, refines, low := rest[0], rest[1], rest[2]>>4 != 0, uint(rest[2]&15)
	s.active = false
	switch {
	case f.unseen != "" || s.done || f.progressive && (first != 0 || refines):
		return true
	case f.progressive && (last != 0 || low > 13): // T.81, G.1.1.1.1
		return false
	}
	s.blocks, s.wide, s.high = s.blocks[:0], 1, 1
	for ; len(chosen) > 0; chosen = chosen[2:] {
		if !s.join(f, chosen[0], chosen[1], len(b) > 4+2) {
			return false
		}
	}
	s.active = slices.ContainsFunc(s.blocks, func(b block) bool { return b.luma })
	if !s.active {
		return true
	}
	s.across, s.down = f.blocks()
	s.units = up(s.across, s.wide)
	s.total = s.units * up(s.down, s.high)
	s.luma, s.low, s.quantum = luma, low, f.dc[f.parts[0].q]
	s.next, s.n = 0, 0
	s.open()
	return true
}

// join puts a component's blocks into the unit. Where the scan has only one
// component, a unit is one block, whatever its sampling (T.81, A.2.2).
func (s *scan) join(f *frame, id, use byte, interleaved bool) bool {
	n := slices.IndexFunc(f.parts, func(p part) bool { return p.id == id })
	if n < 0 || use>>4 >= 4 || use&15 >= 4 {
		return false
	}
	b := block{dc: &s.tables.dc[use>>4], luma: n == 0}
	if !f.progressive {
		b.ac = &s.tables.ac[use&15]
	}
	if !b.dc.known || b.ac != nil && !b.ac.known {
		return false
	}
	p := part{h: 1, v: 1}
	if interleaved {
		p = f.parts[n]
	}
	if b.luma {
		s.wide, s.high = p.h, p.v
	}
	for b.dy = range p.v {
		for b.dx = range p.h {
			s.blocks = append(s.blocks, b)
		}
	}
	return len(s.blocks) <= maxUnit
}

// open begins an interval at the next unit.
func (s *scan) open() {
	s.stop, s.lost, s.dc, s.pos = s.total, false, 0, 0
	if s.interval > 0 {
		s.stop = min(s.total, s.next+s.interval)
	}
}

// take takes bytes of the scan, without what is stuffed.
func (s *scan) take(p ...byte) {
	for len(p) > 0 && s.active && !s.lost && s.next < s.stop {
		n := copy(s.data[s.n:gatherBytes], p)
		s.n, p = s.n+n, p[n:]
		if s.n == gatherBytes {
			s.decode(s.n - unitBytes)
		}
	}
}

// close ends an interval: what it has is decoded. A unit that is cut off is none.
func (s *scan) close() {
	if !s.lost && s.next < s.stop {
		clear(s.data[s.n:min(s.n+unitBytes+8, len(s.data))])
		s.decode(s.n)
	}
	if s.next < s.stop {
		s.damaged, s.next = true, s.stop
	}
	s.n = 0
}

// restart takes a restart marker.
func (s *scan) restart() {
	if !s.active {
		return
	}
	s.close()
	s.damaged = s.damaged || s.interval == 0 || s.next == s.total
	s.open()
}

// end ends the scan.
func (s *scan) end() {
	if !s.active {
		return
	}
	s.close()
	s.damaged = s.damaged || s.next < s.total
	s.active, s.done = false, true
}

// decode decodes the units that begin before a byte, and drops what it has decoded.
func (s *scan) decode(before int) {
	data, end := s.data[:], uint(s.n)*8
	for s.next < s.stop && int(s.pos>>3) < before {
		at, ok := s.unit(data, s.pos)
		if !ok || at > end {
			s.damaged, s.lost = true, true
			return
		}
		s.pos = at
		s.next++
	}
	used := int(s.pos >> 3)
	s.n = copy(s.data[:], s.data[used:s.n])
	s.pos &= 7
}

// unit decodes one unit. It is false where that makes no sense.
func (s *scan) unit(data []byte, pos uint) (uint, bool) {
	x, y := s.next%s.units*s.wide, s.next/s.units*s.high
	for i := range s.blocks {
		b := &s.blocks[i]
		e := b.dc.at(data, pos)
		if e == 0 {
			return pos, false
		}
		pos += uint(e & 0xFF)
		size := int(e >> 8)
		if size > 15 { // T.81, table H.2, goes to 16, for lossless pictures
			return pos, false
		}
		if b.luma {
			s.dc += difference(data, pos, size)
			if s.dc <= -maxDC || s.dc >= maxDC {
				return pos, false
			}
			if at, down := x+b.dx, y+b.dy; at < s.across && down < s.down {
				s.tell(at, down)
			}
		}
		pos += uint(size)
		if b.ac != nil {
			var ok bool
			if pos, ok = b.ac.passAC(data, pos); !ok {
				return pos, false
			}
		}
	}
	return pos, true
}

// tell tells of a block of the luminance. What a progressive picture's first scan lacks
// is reckoned as half of it.
func (s *scan) tell(x, y int) {
	s.told++
	if s.luma == nil {
		return
	}
	twice := s.dc<<(s.low+1) + 1<<s.low - 1
	// An eighth of DC, by twice of it; 128 is the level shift (T.81, A.3.1).
	mean := 128 + (twice*s.quantum+8)>>4
	s.luma(x, y, uint8(min(max(mean, 0), 255)))
}

// data takes the part of p up to the next marker, and gives the rest.
func (r *Reader) data(p []byte) []byte {
	n := bytes.IndexByte(p, 0xFF)
	if n < 0 {
		r.scan.take(p...)
		return nil
	}
	r.scan.take(p[:n]...)
	r.place = inDataFF
	return p[n+1:]
}
