package luma

import "bytes"

// Structure is how far a JPEG makes sense.
type Structure int

// The structures.
const (
	Whole     Structure = iota // from the start to the end
	Truncated                  // it ends before the picture does
	Broken                     // it is no JPEG, or its header makes no sense
)

// Unseen says why there is no luminance; empty where there is.
type Unseen string

// The reasons.
const (
	Unwanted    Unseen = "off"         // Options.MaxPixels is 0
	TooLarge    Unseen = "too-large"   // it has more than Options.MaxPixels
	Unsupported Unseen = "unsupported" // see the package comment
	Undecoded   Unseen = "undecoded"   // its data make no sense from the beginning
)

// Options are what a Reader works with.
type Options struct {
	// MaxPixels is how many pixels a picture may have to be decoded; 0: none is.
	MaxPixels int
	// Size is told how many blocks there will be across and down, before the first of
	// them. nil: nobody is.
	Size func(across, down int)
	// Luma is told of each block of 8 × 8 pixels in the order of the data: where it is,
	// counted in blocks, and the mean of its luminance. nil: nobody is.
	Luma func(x, y int, mean uint8)
}

// Result is what a Reader found.
type Result struct {
	Structure Structure
	// Width and Height are in pixels, Components how many planes there are; 0 where
	// no header was reached.
	Width, Height, Components int
	Progressive               bool
	// Unseen is why Luma was told of nothing.
	Unseen Unseen
	// Damaged: the data make no picture, or not all of one. Blocks is how many of the
	// luminance were told; a whole picture has Across × Down of them.
	Damaged              bool
	Blocks, Across, Down int
	// Quantum is the step of the luminance's DC, whose eighth is that of a block's mean;
	// 0 where there is none.
	Quantum int
	// APP1 is the body of the first APP1 segment that begins with "Exif"; nil where
	// there is none. It belongs to the Reader.
	APP1 []byte
}

// The markers (T.81, table B.1).
const (
	markStart    = 0xD8 // SOI
	markEnd      = 0xD9 // EOI
	markScan     = 0xDA // SOS
	markQuanta   = 0xDB // DQT
	markRestarts = 0xDD // DRI
	markRestart  = 0xD0 // RST0, to RST7
	markLastRST  = 0xD7
	markTables   = 0xC4 // DHT
	markLater    = 0xC8 // JPG: reserved
	markArith    = 0xCC // DAC
	markBaseline = 0xC0 // SOF0
	markExtended = 0xC1 // SOF1
	markProgress = 0xC2 // SOF2
	markLastSOF  = 0xCF // SOF15
	markTEM      = 0x01
	markExif     = 0xE1 // APP1
)

// place is where in the picture the next byte stands.
type place int

const (
	atStart1  place = iota // FF of the start
	atStart2               // D8 of the start
	atMarker               // FF of a marker, between segments
	inMarker               // its second byte, or a fill byte FF (B.1.1.2)
	atLength1              // a segment's length
	atLength2
	inSegment
	inData   // entropy-coded data
	inDataFF // an FF in it
	atEnd    // behind the end, or where it makes no sense any more
)

// Reader reads one JPEG. It is for one goroutine.
type Reader struct {
	o      Options
	place  place
	marker byte
	left   int    // bytes of this segment that are to come
	keep   bool   // they are kept in body
	body   []byte // of the segment, as far as it came
	broken bool
	scans  int // begun
	result Result
	frame  frame
	scan   scan
}

// New makes a Reader.
func New(o Options) *Reader { return &Reader{o: o} }

// Write takes the next bytes. It never fails.
func (r *Reader) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && r.place != atEnd {
		switch {
		case r.place == inSegment:
			p = r.segment(p)
		case r.place == inData:
			p = r.data(p)
		default:
			r.step(p[0])
			p = p[1:]
		}
	}
	return n, nil
}

// End says what the bytes were. Nothing may be written afterwards.
func (r *Reader) End() Result {
	if r.place == inData || r.place == inDataFF {
		r.scan.end()
	}
	res := &r.result
	switch {
	case r.broken, r.place == atStart1, r.place == atStart2:
		res.Structure = Broken
	case r.place != atEnd:
		res.Structure = Truncated
	}
	f := &r.frame
	res.Width, res.Height, res.Components, res.Progressive = f.width, f.height, len(f.parts), f.progressive
	res.Across, res.Down = f.blocks()
	res.Unseen, res.Damaged, res.Blocks = f.unseen, r.scan.damaged, r.scan.told
	res.Quantum = r.scan.quantum << r.scan.low
	if res.Unseen == "" && res.Blocks == 0 {
		res.Unseen = Undecoded
	}
	return *res
}

// stop says that the bytes make no sense from here on.
func (r *Reader) stop() { r.broken, r.place = true, atEnd }

// step takes a byte that is neither of a segment's body nor of the data.
func (r *Reader) step(b byte) {
	switch r.place {
	case atStart1, atStart2, atMarker:
		want, next := byte(0xFF), r.place+1
		if r.place == atStart2 {
			want, next = markStart, atMarker
		}
		if b != want {
			r.stop()
			return
		}
		r.place = next
	case inMarker:
		r.found(b)
	case atLength1:
		r.left = int(b) << 8
		r.place = atLength2
	case atLength2:
		r.left |= int(b)
		r.left -= 2 // the length counts itself
		if r.left < 0 {
			r.stop()
			return
		}
		r.begin()
	case inDataFF:
		switch {
		case b == 0xFF: // a fill byte
		case b == 0: // stuffed (B.1.1.5)
			r.scan.take(0xFF)
			r.place = inData
		case b >= markRestart && b <= markLastRST:
			r.scan.restart()
			r.place = inData
		default:
			r.scan.end()
			r.found(b)
		}
	}
}

// found takes a marker's second byte.
func (r *Reader) found(b byte) {
	r.marker = b
	switch {
	case b == 0xFF:
		r.place = inMarker
	case b == markEnd:
		r.broken = r.broken || r.scans == 0
		r.place = atEnd
	case b == markTEM, b >= markRestart && b <= markLastRST:
		r.place = atMarker
	case b == 0, b == markStart:
		r.stop()
	default:
		r.place = atLength1
	}
}

// begin begins a segment's body. Only those are kept that tell something.
func (r *Reader) begin() {
	switch {
	case r.marker == markExif:
		r.keep = r.result.APP1 == nil
	default:
		r.keep = isFrame(r.marker) || r.marker == markTables || r.marker == markQuanta || r.marker == markRestarts || r.marker == markScan
	}
	if r.keep && cap(r.body) < r.left {
		r.body = make([]byte, 0, max(r.left, 1<<10))
	}
	r.body = r.body[:0]
	r.place = inSegment
	if r.left == 0 {
		r.close()
	}
}

// segment takes the part of p that is of the segment, and gives the rest.
func (r *Reader) segment(p []byte) []byte {
	n := min(r.left, len(p))
	if r.keep {
		r.body = append(r.body, p[:n]...)
	}
	if r.left -= n; r.left == 0 {
		r.close()
	}
	return p[n:]
}

// close ends a segment.
func (r *Reader) close() {
	r.place = atMarker
	if !r.keep {
		return
	}
	ok := true
	switch r.marker {
	case markExif:
		if bytes.HasPrefix(r.body, []byte("Exif")) {
			r.result.APP1, r.body = r.body, nil
		}
	case markTables:
		ok = r.scan.tables.define(r.body)
	case markQuanta:
		ok = r.frame.quanta(r.body)
	case markRestarts:
		ok = len(r.body) == 2
		if ok {
			r.scan.interval = int(r.body[0])<<8 | int(r.body[1])
		}
	case markScan:
		ok = r.begun()
	default:
		ok = len(r.frame.parts) == 0 && r.frame.read(r.marker, r.body, r.o.MaxPixels)
	}
	if !ok {
		r.stop()
	}
}

// begun begins a scan.
func (r *Reader) begun() bool {
	r.scans++
	r.place = inData
	if len(r.frame.parts) == 0 || !r.scan.begin(&r.frame, r.body, r.o.Luma) {
		return false
	}
	if r.scan.active && r.o.Size != nil {
		r.o.Size(r.scan.across, r.scan.down)
	}
	return true
}

func isFrame(marker byte) bool {
	return marker >= markBaseline && marker <= markLastSOF && marker != markTables && marker != markLater && marker != markArith
}
