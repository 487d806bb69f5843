package gphotosim

import (
	"fmt"
	"sync"
	"time"
)

// Faults is what is wrong. The zero is nothing.
type Faults struct {
	// Silent: every run hangs before it has done anything.
	Silent bool
	// HangAt is after how many bytes of a shot's file a run hangs; 0 for never. The
	// camera is wedged then.
	HangAt int
	// CutAt is how many bytes of a file are left, though all seems well; 0 for all.
	CutAt int
	// Nothing: a shot ends well and leaves nothing.
	Nothing bool
	// Busy is how many shots the camera is busy for.
	Busy int
	// Claimed: another program holds the device.
	Claimed bool
	// RefuseSet: settings are not taken, and end the run before the shot.
	RefuseSet bool
	// ResetHelps: a wedged camera comes back by a reset.
	ResetHelps bool
	// KeepRAW: RAW files stay on the camera, with an error, where a shot brings them.
	KeepRAW bool
	// EndTime is how long a run that is interrupted needs to close the camera, which is
	// wedged where it has less.
	EndTime time.Duration
	// DetectTime is how long it takes to be found, and AskTime to tell of itself where its
	// serial number is asked for; both besides what a run takes.
	DetectTime, AskTime time.Duration
	// NoList: the card cannot be listed.
	NoList bool
	// ClockStays: its clock is not set, though all seems well.
	ClockStays bool
}

// Options are what a Body is like. The zero is a camera that makes JPEGs.
type Options struct {
	// RAW makes a RAW file beside each JPEG.
	RAW bool
	// FileTime is how long it takes to tell of one file of a listing. 0: 20 ms.
	FileTime time.Duration
	// Exposure is how long a shot takes before its files come. 0: 700 ms.
	Exposure time.Duration
	// FolderShots is how many shots a folder of the card has. 0: 9999, as DCF has it.
	FolderShots int
	// Lacks is a setting that it has not, and cannot tell: "serialnumber".
	Lacks string
	// Step, where not nil, is told what has just happened to the picture that is being
	// taken: it was exposed, or a file of it has come. It is called without a lock.
	Step func(what string)
}

// Body is a camera on USB with gphoto2 before it. Its methods may be called from any
// goroutine.
type Body struct {
	mu      sync.Mutex // guards the following
	faults  Faults
	off     bool
	wedged  bool
	device  int // its number on the bus
	taken   int // pictures
	resets  int
	detects int
	asked   int    // runs that asked for its clock, battery and serial number
	set     int    // runs that set its clock
	files   []File // on its card, in the order of exposure
	// ahead is by how much its clock is ahead of package time.
	ahead time.Duration
	size  int // of each JPEG, in bytes; 0 before the first

	o Options
}

// The camera as gphoto2 tells of it.
const (
	Model = "Canon EOS 2000D"
	dcim  = "/store_00020001/DCIM"
)

// NewBody makes one that is switched on.
func NewBody(o Options) *Body {
	b := &Body{device: 4}
	b.Make(o)
	return b
}

// Make makes it another camera, with the same card.
func (b *Body) Make(o Options) {
	if o.FileTime == 0 {
		o.FileTime = 20 * time.Millisecond
	}
	if o.Exposure == 0 {
		o.Exposure = 700 * time.Millisecond
	}
	if o.FolderShots == 0 {
		o.FolderShots = lastNumber
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.o = o
}

// SetFaults changes what is wrong, from now on.
func (b *Body) SetFaults(f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// Power switches it; each time it has power it is another device of its bus.
func (b *Body) Power(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if on && b.off {
		b.renumber()
	}
	b.off, b.wedged = !on, b.wedged && on
}

// Resets is how often its port was reset, Detects how often it was looked for.
func (b *Body) Resets() (resets, detects int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.resets, b.detects
}

// renumber makes it another device of its bus, which has 127. b.mu is locked.
func (b *Body) renumber() { b.device = b.device%127 + 1 }

// port is where it is now. b.mu is locked.
func (b *Body) port() string { return fmt.Sprintf("usb:001,%03d", b.device) }
