package vc0706sim

import (
	"context"
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
)

// Camera is a simulated camera. Its exported methods may be called from any
// goroutine, at any time.
type Camera struct {
	*serialsim.Control[Faults]
	opts   Options
	engine *serialsim.Engine[Faults]

	mu    sync.Mutex
	moved bool // something moved before the camera; guarded by mu
	save  bool // it is to go into power save; guarded by mu

	s state // for what engine calls
}

// New makes a Camera. It does nothing until Serve.
func New(o Options) *Camera {
	if o.Now == nil {
		o.Now = time.Now
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
	c := &Camera{opts: o, s: state{stored: newStored(o.Baud)}}
	if o.Sensor != vc0706.Sensor2MP {
		c.s.stored.resolution = o.Sensor.Resolutions()[o.Resolution]
	}
	c.engine = serialsim.New(serialsim.Options[Faults]{
		Unpowered: o.Unpowered, Faults: o.Faults, OnLine: Faults.onLine, Slice: o.Slice,
		Seed: o.Seed, Stream: 0x766330373036, // "vc0706"
	}, serialsim.Protocol{Restart: c.restart, Look: c.look, Alarm: c.alarm, Ring: c.greet, Hear: c.hear, Rate: func() int { return c.s.baud }})
	c.Control = c.engine.Control
	return c
}

// Serve is the engine's.
func (c *Camera) Serve(ctx context.Context, line serialsim.Line) error {
	return c.engine.Serve(ctx, line)
}

// Move lets something move before the camera. It says so where motion detection
// and its reports are on.
func (c *Camera) Move() { c.set(&c.moved) }

// Save puts the camera into power save, as another program on the line may have
// left it.
func (c *Camera) Save() { c.set(&c.save) }

func (c *Camera) set(flag *bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*flag = true
	c.engine.Look()
}
