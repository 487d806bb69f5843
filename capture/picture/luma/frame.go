package luma

const (
	// maxParts is how many components a frame may have here; T.81 allows 255, and
	// cameras write 1 or 3.
	maxParts = 4
	// maxSampling is that of a component (T.81, table B.2).
	maxSampling = 4
	blockSide   = 8 // pixels
)

// part is one component of the frame.
type part struct {
	id   byte
	h, v int // sampling
	q    int // its quantization table
}

// frame is the picture's header.
type frame struct {
	width, height int
	progressive   bool
	parts         []part
	hMax, vMax    int
	unseen        Unseen
	// dc is the first number of each quantization table: DC's (T.81, B.2.4.1).
	dc [4]int
}

// read reads a frame header (T.81, B.2.2): precision, height, width, components.
func (f *frame) read(marker byte, b []byte, maxPixels int) bool {
	const fixed, each = 6, 3
	if len(b) < fixed {
		return false
	}
	precision, count := b[0], int(b[5])
	f.height, f.width = int(b[1])<<8|int(b[2]), int(b[3])<<8|int(b[4])
	if f.width == 0 || count == 0 || len(b) != fixed+each*count {
		return false
	}
	supported := marker <= markProgress && precision == 8 && count <= maxParts
	for b = b[fixed:]; len(b) > 0; b = b[each:] {
		p := part{id: b[0], h: int(b[1] >> 4), v: int(b[1] & 15), q: int(b[2])}
		if p.h < 1 || p.h > maxSampling || p.v < 1 || p.v > maxSampling {
			return false
		}
		supported = supported && p.q < len(f.dc)
		f.hMax, f.vMax = max(f.hMax, p.h), max(f.vMax, p.v)
		f.parts = append(f.parts, p)
	}
	f.progressive = marker == markProgress
	switch {
	case maxPixels == 0:
		f.unseen = Unwanted
	case !supported || f.height == 0: // a height of 0 comes behind the picture (B.2.5)
		f.unseen = Unsupported
	case int64(f.width)*int64(f.height) > int64(maxPixels):
		f.unseen = TooLarge
	}
	return true
}

// quanta reads quantization tables (T.81, B.2.4.1).
func (f *frame) quanta(b []byte) bool {
	const numbers = 64
	for len(b) > 0 {
		wide, id := int(b[0]>>4), int(b[0]&15)
		if wide > 1 || id >= len(f.dc) || len(b) < 1+numbers<<wide {
			return false
		}
		f.dc[id] = int(b[1])
		if wide == 1 {
			f.dc[id] = int(b[1])<<8 | int(b[2])
		}
		b = b[1+numbers<<wide:]
	}
	return true
}

// blocks is how many blocks the first component has across and down.
func (f *frame) blocks() (across, down int) {
	if len(f.parts) == 0 {
		return 0, 0
	}
	return f.blocksOf(f.parts[0])
}

// blocksOf is that of any component (T.81, A.1.1).
func (f *frame) blocksOf(p part) (across, down int) {
	return up(up(f.width*p.h, f.hMax), blockSide), up(up(f.height*p.v, f.vMax), blockSide)
}

// up divides, and rounds up.
func up(n, by int) int { return (n + by - 1) / by }
