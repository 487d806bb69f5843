package gphotosim

import (
	"fmt"
	"sync"

	"fieldcam/capture/camera/ptpsim"
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
}

// The camera as gphoto2 tells of it.
const (
	Model  = "Canon EOS 2000D"
	folder = "/store_00020001/DCIM/100CANON/"
)

// NewBody makes one that is switched on.
func NewBody() *Body { return &Body{device: 4} }

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

// Picture is the newest picture's JPEG.
func (b *Body) Picture() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return picture(b.taken)
}

// Resets is how often its port was reset, Detects how often it was looked for.
func (b *Body) Resets() (resets, detects int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.resets, b.detects
}

// pictureBytes is the least size of a picture.
const pictureBytes = 300_000

func picture(n int) []byte { return ptpsim.JPEG(n, pictureBytes) }

// renumber makes it another device of its bus, which has 127. b.mu is locked.
func (b *Body) renumber() { b.device = b.device%127 + 1 }

// port is where it is now. b.mu is locked.
func (b *Body) port() string { return fmt.Sprintf("usb:001,%03d", b.device) }
