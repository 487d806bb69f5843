package picture

const (
	// cellSide is how many cells a picture has across, and down.
	cellSide = 8
	cells    = cellSide * cellSide
	// A picture is unchanged where frozenPercent of its lively cells are: a row of text
	// over it changes eight of 64. fewLively is how many there must be.
	frozenPercent = 80
	fewLively     = 16
	// liveliness is by how much the blocks of a lively cell differ. Where all is black,
	// or clipped to white, two pictures may well have the same by chance.
	liveliness = 4
	// steps is how many steps of the blocks' means a cell must have for noise to show in
	// it, and allSteps a whole picture. Noise moves the mean of a block by about a third
	// of a level: where a step is of several levels, most blocks stay.
	steps    = 8
	allSteps = 64
	// dim is the mean luminance below which a picture is small by nature.
	dim = 60
)

// light is what the blocks of a picture's luminance tell, without the blocks.
type light struct {
	across, down        int // blocks
	quantum             int // eight times the step of their means
	blackBelow, whiteOn uint8
	blocks, sum         int
	black, white        int
	cells               [cells]cell
}

// cell is a part of a picture: a hash of its blocks, the darkest and the brightest one.
type cell struct {
	hash      uint32
	low, high uint8
}

func (c cell) lively() bool { return c.high >= c.low && c.high-c.low >= liveliness }

// FNV-1a, of 32 bits.
const (
	hashStart = 2166136261
	hashPrime = 16777619
)

// size says how many blocks there will be.
func (l *light) size(across, down int) {
	l.across, l.down = max(across, 1), max(down, 1)
	for i := range l.cells {
		l.cells[i] = cell{hash: hashStart, low: 255}
	}
}

// add takes one block.
func (l *light) add(x, y int, mean uint8) {
	l.blocks++
	l.sum += int(mean)
	if mean < l.blackBelow {
		l.black++
	} else if mean > l.whiteOn {
		l.white++
	}
	i := min(y*cellSide/l.down, cellSide-1)*cellSide + min(x*cellSide/l.across, cellSide-1)
	c := &l.cells[i]
	c.hash = (c.hash ^ uint32(mean)) * hashPrime
	c.low, c.high = min(c.low, mean), max(c.high, mean)
}

// mean is that of the luminance; 0 where nothing was seen.
func (l *light) mean() int {
	if l.blocks == 0 {
		return 0
	}
	return min(max((l.sum+l.blocks/2)/l.blocks, 1), 255)
}

// share tells whether so many percent of the blocks are some of n.
func (l *light) share(n, percent int) bool { return l.blocks > 0 && n*100 >= l.blocks*percent }

// frozen tells whether it is what was before, to the last bit. was is nil where nothing
// was.
func (l *light) frozen(was *light) bool {
	if was == nil || l.across != was.across || l.down != was.down || l.quantum != was.quantum || l.blocks*8 < allSteps*l.quantum {
		return false
	}
	lively, same := 0, 0
	for i, c := range l.cells {
		if !c.lively() {
			continue
		}
		lively++
		if c == was.cells[i] {
			same++
		}
	}
	percent := frozenPercent
	if l.blocks*8 < steps*cells*l.quantum {
		percent = 100 // noise leaves a cell alone, but not all of them
	}
	return lively >= fewLively && same*100 >= lively*percent
}
