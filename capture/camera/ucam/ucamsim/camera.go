package ucamsim

import (
	"context"
	"sync"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/ucam"
)

// Options describe a Camera. The zero Options is a uCAM-III that has power.
type Options struct {
	// Name is written into the picture.
	Name string
	// Model is what it knows. Empty: ucam.ModelUCAM3.
	Model ucam.Model
	// Address is an OV528 board's, 0 to 7.
	Address byte
	// Now is the time that the picture shows. nil: time.Now.
	Now func() time.Time
	// Began is when the building on the picture was begun. Zero: 60 days before
	// the Camera was made.
	Began time.Time
	// Unpowered: it has no power until SetPower gives it some.
	Unpowered bool
	// Syncs is how many SYNCs it needs to wake. 0: 25 [H].
	Syncs int
	// FirstPackage is the number in the first package: 0 as in the data sheets, or 1.
	FirstPackage int
	// Dividers is the only pair that it takes for 115200 baud. Zero: all.
	Dividers [2]byte
	// Picture gives the picture that is taken at a time, after so many others: a
	// whole JPEG. nil: the scene of a building site.
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
	defaultSyncs = 25
	began        = 60 * 24 * time.Hour
	// bootTime is the time from power on, or a reset, until it hears something.
	bootTime = 800 * time.Millisecond
	// replyTime is the time from a command to its reply.
	replyTime = 2 * time.Millisecond
	// exposeTime is how long its exposure takes to settle once it is awake: 1 to 2 s [D][H].
	exposeTime = time.Second
	// jpegTime is the time from a snapshot until its picture is ready [H].
	jpegTime = 150 * time.Millisecond
	// sleepTime is the silence after which it sleeps, unless told otherwise [D].
	sleepTime = 15 * time.Second
	// commandTime is how long a command may take to arrive once it has begun; a
	// lost byte must not spoil the next command.
	commandTime = 100 * time.Millisecond
)

// Camera is a simulated camera. Its exported methods may be called from any
// goroutine, at any time.
type Camera struct {
	*serialsim.Control[Faults]
	opts   Options
	engine *serialsim.Engine[Faults]

	mu       sync.Mutex
	settings Settings // guarded by mu
	early    int      // of the shots, those before the exposure had settled; guarded by mu

	s state // for what engine calls
}

// New makes a Camera. It does nothing until Serve.
func New(o Options) *Camera {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Model == "" {
		o.Model = ucam.ModelUCAM3
	}
	if o.Syncs == 0 {
		o.Syncs = defaultSyncs
	}
	if o.Began.IsZero() {
		o.Began = o.Now().Add(-began)
	}
	c := &Camera{opts: o}
	c.engine = serialsim.New(serialsim.Options[Faults]{
		Unpowered: o.Unpowered, Faults: o.Faults, OnLine: Faults.onLine, Slice: o.Slice,
		Seed: o.Seed, Stream: 0x7563616D, // "ucam"
	}, serialsim.Protocol{Restart: c.restart, Alarm: c.alarm, Ring: c.turn, Hear: c.hear, Rate: c.s.rate})
	c.Control = c.engine.Control
	return c
}

// Serve is the engine's.
func (c *Camera) Serve(ctx context.Context, line serialsim.Line) error {
	return c.engine.Serve(ctx, line)
}

// Early is how many pictures were taken before the exposure had settled.
func (c *Camera) Early() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.early
}

// Settings are what a camera was told since it started.
type Settings struct {
	Size                           byte // the JPEG size
	Package                        int
	Light                          byte
	Contrast, Brightness, Exposure byte
	SleepAfter                     time.Duration // 0: never
}

// Settings are the camera's now.
func (c *Camera) Settings() Settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settings
}

// publish makes the settings known that Serve's side has.
func (c *Camera) publish() {
	s := &c.s
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings = Settings{Size: s.size, Package: s.pack, Light: s.light,
		Contrast: s.image[0], Brightness: s.image[1], Exposure: s.image[2], SleepAfter: s.sleepTime}
}
