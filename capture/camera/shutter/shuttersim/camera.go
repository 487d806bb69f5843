// Package shuttersim is a camera with a remote shutter socket and a card: two lines
// of a simulated board fire it, and it writes JPEGs with EXIF into a directory, as
// a DSLR does: first into its buffer, then one by one to the card.
//
// It can be wrong as they are: its clock is off, a full buffer swallows presses, a
// full card takes nothing, it sleeps and has to be woken, its numbers begin anew
// after 9999, and a power cut leaves a half-written file. It runs by package time,
// so inside testing/synctest too.
//
// Out of scope: pictures of anything. Each is a small one of its own.
package shuttersim

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"fieldcam/hal/sim"
)

// Options are what a Camera is like. Dir is required; the zero of all others is a
// camera without faults.
type Options struct {
	// Dir is the root of its card, which exists.
	Dir string
	// Now is its clock; nil for package time.
	Now func() time.Time
	// Zone is where its clock was set; nil is UTC. WithOffset: EXIF says so.
	Zone       *time.Location
	WithOffset bool
	// Buffer is how many shots it holds before one must be on the card; 0 for any.
	Buffer int
	// WriteTime is how long one takes to the card.
	WriteTime time.Duration
	// CardBytes is the card's room; 0 for any.
	CardBytes int64
	// RAW writes a RAW file beside each JPEG.
	RAW bool
	// NeedsHalf: a full press alone does nothing.
	NeedsHalf bool
	// SleepAfter is how long after its last use it sleeps, 0 for never. A half-press
	// wakes it, which takes WakeTime.
	SleepAfter, WakeTime time.Duration
	// First is the number of its first file, 1 to 9999; 0 is 1.
	First int
	// ActiveLow: its lines press when they are low.
	ActiveLow bool
	// Contact is the line that its hot shoe pulls low while it exposes; nil for none.
	Contact *sim.Line
	// Exposure is how long it exposes. 0: 10 ms. With Bulb it is for as long as the full
	// press is held; with BulbEndPress until the half-press after that.
	Exposure           time.Duration
	Bulb, BulbEndPress bool
	// Late is how long after the full press the exposure begins, as with a focus that
	// hunts; where the press is over by then there is none.
	Late time.Duration
}

// Count is what became of the presses.
type Count struct {
	Pressed int // full presses
	Exposed int // that took a picture
	Lost    int // pictures that a power cut took from the buffer
	Written int // pictures that are whole on the card
}

// Camera is one camera. Its methods may be called from any goroutine.
type Camera struct {
	o    Options
	wake chan struct{} // takes one: there is something to write

	mu         sync.Mutex // guards the following
	full, half bool       // pressed
	off        bool
	used       time.Time // by package time
	awake      time.Time // from when it can be fired
	buffer     []frame
	folder     int
	number     int
	count      Count
	serial     int
	open       bool      // it exposes
	opened     time.Time // since when, by package time
	lasted     []time.Duration
	presses    int // numbers the full presses
}

// frame is one picture in the buffer.
type frame struct {
	path   string // without extension
	at     time.Time
	serial int
}

// The first folder's number, and a file's last one (DCF, JEITA CP-3461).
const (
	firstFolder = 100
	lastNumber  = 9999
	// defaultExposure is Options.Exposure's.
	defaultExposure = 10 * time.Millisecond
)

// New makes a camera that is switched on, with an empty card or one that it had
// before.
func New(o Options) *Camera {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Contact != nil {
		o.Contact.Drive(true)
	}
	return &Camera{o: o, wake: make(chan struct{}, 1), folder: firstFolder, number: max(1, o.First) - 1, used: time.Now()}
}

// Count is what became of the presses so far.
func (c *Camera) Count() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// Power switches it. Off takes what is in the buffer, and leaves the file that is
// being written as it is.
func (c *Camera) Power(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !on {
		c.count.Lost += len(c.buffer)
		c.buffer = nil
	}
	c.off = !on
}

// Run writes the buffer to the card until ctx ends. Its error is one of the
// directory.
func (c *Camera) Run(ctx context.Context) error {
	for {
		f, ok := c.next()
		if !ok {
			select {
			case <-c.wake:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		if err := c.write(ctx, f); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// next is the oldest picture in the buffer, which stays there until it is written.
func (c *Camera) next() (frame, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.buffer) == 0 {
		return frame{}, false
	}
	return c.buffer[0], true
}

// write writes one picture, half of it at half of the time.
func (c *Camera) write(ctx context.Context, f frame) error {
	files := map[string][]byte{f.path + ".JPG": JPEG(f.serial, f.at, c.o.Zone, c.o.WithOffset)}
	if c.o.RAW {
		files[f.path+".CR2"] = RAW(f.serial, f.at, c.o.Zone)
	}
	var size int64
	for _, b := range files {
		size += int64(len(b))
	}
	if used, err := c.cardBytes(); err != nil || c.o.CardBytes > 0 && used+size > c.o.CardBytes {
		c.done(f, false) // it shows "card full" and drops the picture
		return err
	}
	if err := os.MkdirAll(filepath.Join(c.o.Dir, filepath.Dir(f.path)), 0o755); err != nil {
		return err
	}
	for half := range 2 {
		for path, b := range files {
			if !c.holds(f) {
				return nil // the power went
			}
			name := filepath.Join(c.o.Dir, path)
			if err := os.WriteFile(name, b[:len(b)*(half+1)/2], 0o644); err != nil {
				return err
			}
			if err := os.Chtimes(name, f.at, f.at); err != nil {
				return err
			}
		}
		if half == 1 {
			break
		}
		timer := time.NewTimer(c.o.WriteTime)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
	c.done(f, true)
	return nil
}

// cardBytes is how much is on the card; 0 where that does not matter.
func (c *Camera) cardBytes() (n int64, err error) {
	if c.o.CardBytes == 0 {
		return 0, nil
	}
	err = filepath.WalkDir(c.o.Dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// holds tells whether the picture is still in the buffer.
func (c *Camera) holds(f frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.buffer, f)
}

// done takes the picture out of the buffer.
func (c *Camera) done(f frame, written bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := slices.Index(c.buffer, f)
	if n < 0 {
		return
	}
	c.buffer = slices.Delete(c.buffer, n, n+1)
	if written {
		c.count.Written++
	} else {
		c.count.Lost++
	}
}
