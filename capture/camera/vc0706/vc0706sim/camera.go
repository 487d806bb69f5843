package vc0706sim

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
)

// Options describe a Camera. The zero Options is one that has power.
type Options struct {
	// Name is written into the picture.
	Name string
	// Now is the time that the picture shows. nil: time.Now.
	Now func() time.Time
	// Began is when the building on the picture was begun. Zero: 60 days before
	// the Camera was made.
	Began time.Time
	// Unpowered: it has no power until SetPower gives it some.
	Unpowered bool
	// Baud is the stored rate. 0, or a rate without a divisor: 38400.
	Baud int
	// Version is what it calls itself, 11 characters. Empty: "VC0706 1.00".
	Version string
	// Sensor is its family. Empty: vc0706.SensorVGA.
	Sensor vc0706.Sensor
	// Resolution is the stored one: one of a stored sensor's. Any other:
	// "640x480".
	Resolution string
	// ShortReset: the reply to a reset has four bytes, as LinkSprite's has [P].
	ShortReset bool
	// Strict: it sends only parts of a multiple of 4 bytes [P][S].
	Strict bool
	// VimicroResume: it resumes at 02 and steps at 03, as Vimicro's own text says [V].
	VimicroResume bool
	// Number is the device number after a start.
	Number byte
	// Divisor57600 is the only divisor for 57600 baud that it takes. 0: both.
	Divisor57600 uint16
	// Mute57600: it answers a change to 57600 baud, and does not change.
	Mute57600 bool
	// Picture gives the picture that is taken at a time, after so many others: a
	// whole JPEG. Drawing one costs a millisecond, which long tests don't have. nil:
	// the scene of a building site.
	Picture func(now time.Time, shots int) []byte
	// Slice is how often it writes while it sends: a long one saves a long test
	// real time. 0: 5 ms.
	Slice time.Duration
	// Seed makes its faults repeatable.
	Seed uint64
	// Faults are its faults at first.
	Faults Faults
}

// The defaults, and times of the real thing.
const (
	defaultBaud = 38400
	began       = 60 * 24 * time.Hour
	// bootTime: usable about 2 s after power on [J].
	bootTime = 2 * time.Second
	// resetDelay: about 10 ms after the reset's reply the chip restarts [V].
	resetDelay = 10 * time.Millisecond
	// replyTime is the time from a command to its reply.
	replyTime = 2 * time.Millisecond
	// frameTime is the time after a resume until there is a new frame: 100 ms was
	// too little for one [M].
	frameTime = 120 * time.Millisecond
	// powerSaveTime: the reply to power save is about 800 ms late [S].
	powerSaveTime = 800 * time.Millisecond
	// commandTime is how long a command may take to arrive once it has begun; a
	// lost byte must not spoil the next command.
	commandTime = 300 * time.Millisecond
	// defaultSlice is Options.Slice.
	defaultSlice = 5 * time.Millisecond
)

// Camera is a simulated camera. Its exported methods may be called from any
// goroutine, at any time.
type Camera struct {
	opts Options

	mu      sync.Mutex
	wake    chan struct{} // closed and replaced when power or a motion needs attention; guarded by mu
	powered bool          // guarded by mu
	starts  int           // how often power came or went; guarded by mu
	moved   bool          // something moved before the camera; guarded by mu
	save    bool          // it is to go into power save; guarded by mu
	faults  Faults        // guarded by mu
	last    []byte        // the last picture; guarded by mu
	shots   int           // guarded by mu

	serving chan struct{} // holds one token: whoever has it may use s
	s       state
}

// New makes a Camera. It does nothing until Serve.
func New(o Options) *Camera {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Slice == 0 {
		o.Slice = defaultSlice
	}
	if o.Version == "" {
		o.Version = defaultVersion
	}
	if o.Sensor == "" {
		o.Sensor = vc0706.SensorVGA
	}
	if o.Began.IsZero() {
		o.Began = o.Now().Add(-began)
	}
	c := &Camera{opts: o, wake: make(chan struct{}), powered: !o.Unpowered, faults: o.Faults, serving: make(chan struct{}, 1)}
	c.s.rand = rand.New(rand.NewPCG(o.Seed, 0x766330373036)) // "vc0706": a stream of its own
	c.s.stored = newStored(o.Baud)
	if o.Sensor != vc0706.Sensor2MP {
		c.s.stored.resolution = o.Sensor.Resolutions()[o.Resolution]
	}
	c.serving <- struct{}{}
	return c
}

// SetPower gives the camera power or takes it. Both take effect at once, in the
// middle of a picture too.
func (c *Camera) SetPower(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on != c.powered {
		c.powered = on
		c.starts++
		c.changed()
	}
}

// SetFaults replaces the camera's faults.
func (c *Camera) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Faults are the camera's faults now.
func (c *Camera) Faults() Faults {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults
}

// Move lets something move before the camera. It says so where motion detection
// and its reports are on.
func (c *Camera) Move() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = true
	c.changed()
}

// Picture is the last picture taken, a whole JPEG, and how many were taken
// before it; nil where there was none.
func (c *Camera) Picture() (jpeg []byte, shots int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.shots
}

// changed wakes Serve. The caller holds mu.
func (c *Camera) changed() {
	close(c.wake)
	c.wake = make(chan struct{})
}

// Serve is the camera on a line, until ctx ends or the line breaks; it closes
// the line. The error is nil where ctx ended. The camera can be served again
// afterwards, as if plugged in anew; a second Serve at the same time waits.
func (c *Camera) Serve(ctx context.Context, line serialsim.Line) error {
	select {
	case <-c.serving:
	case <-ctx.Done():
		return line.Close()
	}
	defer func() { c.serving <- struct{}{} }()

	heard := make(chan []byte)
	ended := make(chan error, 1)
	stop := make(chan struct{})
	go func() { ended <- listen(line, heard, stop) }()
	err := c.run(ctx, line, heard)
	close(stop)
	cerr := line.Close()
	lerr := <-ended
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(err, lerr, cerr)
}

// listen passes on what arrives, until the line breaks, which closes heard, or
// stop is closed.
func listen(line serialsim.Line, heard chan<- []byte, stop <-chan struct{}) error {
	buf := make([]byte, 64)
	for {
		n, err := line.Read(buf)
		if err != nil {
			close(heard)
			return err
		}
		select {
		case heard <- append([]byte(nil), buf[:n]...):
		case <-stop:
			return nil
		}
	}
}

// Save puts the camera into power save, as another program on the line may have
// left it.
func (c *Camera) Save() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.save = true
	c.changed()
}
