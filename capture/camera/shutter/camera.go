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

const (
	// sickShots is after how many shots without a picture the camera is taken to hang,
	// and sickAfter how long it has to bring one: a full buffer is 20 shots at 1 s to
	// 2 s each, which a power cycle would lose.
	sickShots = 3
	sickAfter = time.Minute
)

// Options are what a Camera works with. Board, Dir and Zone are required.
type Options struct {
	Board hal.Board
	// Power switches the camera; nil where it has power always. It is on from the
	// first shot until Close.
	Power *camera.Power
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

	switching chan struct{} // holds one while the camera gets power

	mu         sync.Mutex // guards the following
	full, half hal.Output // nil before they are taken; half also where there is none
	closed     bool
	used       time.Time // when a line was released last, by package time
	ready      bool      // the camera has been used since it got power
	shots      int       // since a picture was last seen
	enough     time.Time // when those were sickShots, by package time
	sick       bool      // the next shot begins with a power cycle

	card card // belongs to List and Fetch
}

var _ capture.Deferred = (*Camera)(nil)

// New makes a camera. Its lines are taken by Prepare or the first Fire. The Config
// must be valid.
func New(cfg Config, o Options) *Camera {
	return &Camera{cfg: cfg, timing: cfg.timing(), o: o, switching: make(chan struct{}, 1), card: newCard(cfg, o)}
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
	if c.full == nil {
		if c.full, err = c.take(c.cfg.Line); err != nil {
			return err
		}
	}
	if c.half == nil && c.cfg.HalfLine != "" {
		if c.half, err = c.take(c.cfg.HalfLine); err != nil {
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

// Fire implements capture.Deferred.
func (c *Camera) Fire(ctx context.Context) (err error) {
	c.mu.Lock()
	err = c.open()
	full, half := c.full, c.half
	used, ready, sick := c.used, c.ready, c.sick
	c.mu.Unlock()
	if err != nil {
		return err
	}
	fresh, err := c.power(ctx, sick)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, release(full, half))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.used = time.Now()
		if err == nil {
			c.ready, c.sick = true, false
			if c.shots++; c.shots == sickShots {
				c.enough = c.used
			}
		}
	}()
	if err := wait(ctx, c.timing.Gap-time.Since(used)); err != nil {
		return fmt.Errorf("wait for the camera: %w", err)
	}
	if half != nil {
		if fresh || !ready || time.Since(used) > c.timing.WakeAfter {
			if err := c.wake(ctx, half); err != nil {
				return err
			}
		}
		if err := half.Set(true); err != nil {
			return fmt.Errorf("half-press: %w", err)
		}
		if err := wait(ctx, c.timing.Half); err != nil {
			return fmt.Errorf("half-press: %w", err)
		}
	}
	if err := full.Set(true); err != nil {
		return fmt.Errorf("full press: %w", err)
	}
	// The shutter goes. A stop only cuts the press short: the picture is there.
	if err := wait(ctx, c.timing.Press); err != nil {
		c.o.Log.Debug().Err(err).Msg("full press cut short")
	}
	return nil
}

// power gives the camera power, anew where it is sick.
func (c *Camera) power(ctx context.Context, sick bool) (fresh bool, err error) {
	if c.o.Power == nil {
		return false, nil
	}
	select {
	case c.switching <- struct{}{}:
	case <-ctx.Done():
		return false, fmt.Errorf("wait for the camera's power: %w", ctx.Err())
	}
	defer func() { <-c.switching }()
	if sick && c.o.Power.Switched() {
		if err := c.o.Power.Cycle(ctx); err != nil {
			return false, fmt.Errorf("power cycle of a camera that takes no pictures: %w", err)
		}
		return true, nil
	}
	return c.o.Power.On(ctx)
}

// wake presses halfway and waits for the camera to be ready.
func (c *Camera) wake(ctx context.Context, half hal.Output) error {
	if c.timing.Wake <= 0 {
		return nil
	}
	if err := half.Set(true); err != nil {
		return fmt.Errorf("wake: %w", err)
	}
	if err := wait(ctx, c.timing.Wake); err != nil {
		return fmt.Errorf("wake: %w", err)
	}
	if err := half.Set(false); err != nil {
		return fmt.Errorf("wake: %w", err)
	}
	if err := wait(ctx, c.timing.WakePause); err != nil {
		return fmt.Errorf("wake: %w", err)
	}
	return nil
}

// release takes both lines off, whatever happened before: each is tried twice.
func release(full, half hal.Output) (err error) {
	for _, line := range []hal.Output{full, half} {
		if line == nil {
			continue
		}
		if e := line.Set(false); e != nil {
			e = line.Set(false)
			if e != nil {
				err = errors.Join(err, fmt.Errorf("release shutter line: %w", e))
			}
		}
	}
	return err
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// seen takes note of how many new pictures the card has.
func (c *Camera) seen(pictures int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case pictures > 0:
		c.shots, c.sick = 0, false
	case c.shots >= sickShots && time.Since(c.enough) >= sickAfter && !c.sick:
		c.sick = true
		c.o.Log.Warn().Int("shots", c.shots).Msg("the camera has taken no picture since, the next shot begins with a power cycle")
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
	for _, line := range []hal.Output{c.full, c.half} {
		if line != nil {
			err = errors.Join(err, line.Set(false), line.Close())
		}
	}
	if c.o.Power != nil {
		err = errors.Join(err, c.o.Power.Close())
	}
	return err
}
