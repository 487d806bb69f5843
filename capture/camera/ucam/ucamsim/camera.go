package ucamsim

import (
	"context"
	"errors"
	"math/rand/v2"
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
	// defaultSlice is Options.Slice.
	defaultSlice = 5 * time.Millisecond
)

// Camera is a simulated camera. Its exported methods may be called from any
// goroutine, at any time.
type Camera struct {
	opts Options

	mu       sync.Mutex
	wake     chan struct{} // closed and replaced when power needs attention; guarded by mu
	powered  bool          // guarded by mu
	starts   int           // how often power came or went; guarded by mu
	faults   Faults        // guarded by mu
	last     []byte        // the last picture; guarded by mu
	shots    int           // guarded by mu
	settings Settings      // guarded by mu
	early    int           // of the shots, those before the exposure had settled; guarded by mu

	serving chan struct{} // holds one token: whoever has it may use s
	s       state
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
	if o.Slice == 0 {
		o.Slice = defaultSlice
	}
	if o.Began.IsZero() {
		o.Began = o.Now().Add(-began)
	}
	c := &Camera{opts: o, wake: make(chan struct{}), powered: !o.Unpowered, faults: o.Faults, serving: make(chan struct{}, 1)}
	c.s.rand = rand.New(rand.NewPCG(o.Seed, 0x7563616D)) // "ucam": a stream of its own
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
		close(c.wake)
		c.wake = make(chan struct{})
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

// Picture is the last picture taken, a whole JPEG, and how many were taken
// before it; nil where there was none.
func (c *Camera) Picture() (jpeg []byte, shots int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.shots
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
