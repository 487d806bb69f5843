package shutter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/hal"
)

// Options are what a Camera works with. Board, Dir and Zone are required.
type Options struct {
	Board hal.Board
	// Power switches the camera; nil where it has power always. It is on from the
	// first shot until Close.
	Power *camera.Power
	// Fetcher brings the pictures, where the configuration says that something else
	// than the mounted card does; nil for the card. The Camera takes it over: Close
	// closes it.
	Fetcher Fetcher
	// Dir is the directory for the list of fetched files; it must exist.
	Dir string
	// Zone is the site's, in which the camera's clock is set.
	Zone *time.Location
	Log  zerolog.Logger
}

// Camera is one camera in Low Power Mode. Fire is for one goroutine at a time, List
// and Fetch for another; Close is called when neither is under way.
type Camera struct {
	cfg    Config
	timing Timing
	o      Options

	switching chan struct{}  // holds one during a shot, and while the camera gets power, by ladder
	ladder    *camera.Ladder // for the power alone: what is due is the verdict's matter

	mu       sync.Mutex // guards the following
	lines    lines      // nil before they are taken
	closed   bool
	used     time.Time // when a line was released last, by package time
	ready    bool      // the camera has been used since it got power
	verdict  verdict
	recalled bool // what an earlier process knew of the contact is in the verdict

	contact *contactFile

	deaf bool  // the contact is of no use; belongs to Fire
	gate *gate // between Fire and the Fetcher's transfers; nil where the card is its own device

	card card // belongs to List and Fetch
}

var _ capture.Deferred = (*Camera)(nil)

// New makes a camera. Its lines are taken by Prepare or the first Fire. The Config
// must be valid.
func New(cfg Config, o Options) *Camera {
	c := &Camera{cfg: cfg, timing: cfg.timing(), o: o, switching: make(chan struct{}, 1), ladder: camera.NewLadder(o.Log), contact: newContactFile(cfg, o), card: newCard(cfg, o)}
	if o.Fetcher != nil {
		c.gate = newGate(cfg.exposes())
	}
	return c
}

// Prepare takes the lines, which so are at their safe level: nothing is pressed. A
// line that is missing or held by another is an error; Fire tries again.
func (c *Camera) Prepare() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open()
}

// open takes the lines that are not taken yet. c.mu is locked.
func (c *Camera) open() (err error) {
	if c.closed {
		return fmt.Errorf("take shutter lines: %w", os.ErrClosed)
	}
	c.recall()
	if c.lines.full == nil {
		if c.lines.full, err = c.take(c.cfg.Line); err != nil {
			return err
		}
	}
	if c.lines.half == nil && c.cfg.HalfLine != "" {
		if c.lines.half, err = c.take(c.cfg.HalfLine); err != nil {
			return err
		}
	}
	if c.lines.contact == nil && c.cfg.Confirm.Line != "" {
		if c.lines.contact, err = c.cfg.Confirm.open(c.o.Board); err != nil {
			return err
		}
	}
	return nil
}

func (c *Camera) take(name string) (hal.Output, error) {
	line, err := c.o.Board.OpenOutput(hal.Line{Name: name, ActiveLow: c.cfg.ActiveLow}, false)
	if err != nil {
		return nil, fmt.Errorf("take shutter line: %w", err)
	}
	return line, nil
}

// power gives the camera power, anew where it is taken to hang, and not in the middle of a
// shot. Nobody else switches it before give, to be called once, unless there is an error.
// What ctx leaves no time for goes on with the next call, whoever makes it.
func (c *Camera) power(ctx context.Context) (give func(), err error) {
	if c.o.Power == nil {
		return func() {}, nil
	}
	select {
	case c.switching <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the camera's power: %w", ctx.Err())
	}
	give = func() { <-c.switching }
	if err := c.switchOn(ctx); err != nil {
		give()
		return nil, err
	}
	return give, nil
}

// switchOn is power, of who switches.
func (c *Camera) switchOn(ctx context.Context) error {
	c.mu.Lock()
	sick := c.verdict.hangs() && c.switched()
	c.mu.Unlock()
	if sick {
		c.ladder.Demand(camera.Cycle)
	}
	fresh, err := c.ladder.Start(ctx, c.o.Power)
	if fresh {
		c.mu.Lock()
		c.ready = false
		c.mu.Unlock()
	}
	if err != nil {
		return fmt.Errorf("give the camera power: %w", err)
	}
	c.ladder.Good() // it needs nothing but its warm-up
	if sick {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.verdict.cycled()
	}
	return nil
}

// switched tells whether the camera's power can be taken.
func (c *Camera) switched() bool { return c.o.Power != nil && c.o.Power.Switched() }

// inUse tells whether the camera has power, has been used since it got that, and is not
// taken to hang.
func (c *Camera) inUse() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready && !c.verdict.hangs()
}

// seen takes note of a look at the card that was begun at a time.
func (c *Camera) seen(begun time.Time, l capture.Listing) {
	defer c.keepEvidence()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recall()
	hangs, mute := c.verdict.looked(begun, l)
	if hangs {
		c.o.Log.Warn().Int("shots", c.verdict.shots).Bool("power_cycle", c.switched()).Msg("the camera has taken no picture since")
	}
	if mute {
		c.o.Log.Warn().Str("line", c.cfg.Confirm.Line).Msg("the contact that confirms exposures is of no use: the card has pictures of which it did not tell")
	}
}

// Close releases the lines and takes the camera's power. A second Close does
// nothing.
func (c *Camera) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	var err error
	for _, line := range []hal.Output{c.lines.full, c.lines.half} {
		if line != nil {
			err = errors.Join(err, line.Set(false), line.Close())
		}
	}
	if c.lines.contact != nil {
		err = errors.Join(err, c.lines.contact.Close())
	}
	if c.o.Fetcher != nil {
		err = errors.Join(err, c.o.Fetcher.Close())
	}
	if c.o.Power != nil {
		err = errors.Join(err, c.o.Power.Close())
	}
	return err
}
