package camera

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"fieldcam/hal"
)

// ErrNoPowerLine is what Cycle returns where no line is configured: the camera
// has power always, and another way up the recovery ladder must do.
var ErrNoPowerLine = errors.New("the camera has no power line")

// Power switches one camera's power. Off is its safe level: the line is off
// from OpenPower on, and off again at Close. Where no line is configured every
// method does nothing, but for Cycle, and what Then says.
//
// With KeepOn the camera's power does not depend on this process, where the board
// can hold lines: OpenPower takes the line as it is, and Close leaves it so. Where
// the board can't, Close switches off: what the line does when nobody has it is
// not known.
//
// On and Cycle are for one goroutine at a time; the others may be called from
// any, also meanwhile.
type Power struct {
	cfg  PowerConfig
	line hal.Output // nil where there is none
	held bool       // it outlives this process
	then func(ctx context.Context, fresh bool)

	mu     sync.Mutex
	on     bool      // guarded by mu
	closed bool      // guarded by mu
	since  time.Time // when the line last changed; zero: before this process; guarded by mu
}

// OpenPower takes the line of c, if it has one, and switches the camera off; with
// KeepOn it leaves it as it is.
func OpenPower(c PowerConfig, board hal.Board) (*Power, error) {
	p := &Power{cfg: c}
	if c.Line == "" {
		return p, nil
	}
	line := hal.Line{Name: c.Line, ActiveLow: c.ActiveLow, Hold: c.KeepOn}
	var err error
	if c.KeepOn {
		p.line, p.on, err = board.ResumeOutput(line)
		p.held = err == nil && board.CanHold()
	} else {
		p.line, err = board.OpenOutput(line, false)
	}
	if err != nil {
		return nil, fmt.Errorf("open camera power: %w", err)
	}
	if !p.on {
		p.since = time.Now()
	}
	return p, nil
}

// Then makes On, and so Cycle, call do each time before it returns without an error,
// also where there is no line: a camera is aimed when it is about to be used, and has
// power. do is bounded by its context; fresh is On's. Called before the first On.
func (p *Power) Then(do func(ctx context.Context, fresh bool)) { p.then = do }

// Stays tells whether the camera has power between photos: Rest leaves it on, or nothing
// can take it.
func (p *Power) Stays() bool { return p.cfg.KeepOn || p.line == nil }

// Switched tells whether there is a line, so that the camera can be off.
func (p *Power) Switched() bool { return p.line != nil }

// IsOn tells whether the camera has power by its line; false where there is none.
func (p *Power) IsOn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.on
}

// On gives the camera power; fresh says that it had none before. It waits until
// WarmUp has passed since the line went on, so not at all where that is long
// ago. Where ctx ends the wait, the camera is on nevertheless, and Off is still
// due.
func (p *Power) On(ctx context.Context) (fresh bool, err error) {
	if p.line == nil {
		err = ctx.Err()
	} else if fresh, err = p.set(true); err == nil {
		err = p.wait(ctx, p.cfg.WarmUp)
	}
	if err == nil && p.then != nil {
		p.then(ctx, fresh)
	}
	return fresh, err
}

// Off takes the camera's power, whatever the camera does. It never waits.
func (p *Power) Off() error {
	if p.line == nil {
		return nil
	}
	_, err := p.set(false)
	return err
}

// Rest leaves the camera as it should be between photos: off, or on where
// KeepOn says so. It never waits.
func (p *Power) Rest() error {
	if p.cfg.KeepOn {
		return nil
	}
	return p.Off()
}

// Cycle takes the power until OffTime has passed since it went off, gives it
// back, and waits for WarmUp. Where ctx ends the first wait the camera stays
// off. Without a line it returns ErrNoPowerLine at once.
func (p *Power) Cycle(ctx context.Context) error {
	if p.line == nil {
		return ErrNoPowerLine
	}
	if _, err := p.set(false); err != nil {
		return err
	}
	if err := p.wait(ctx, p.cfg.OffTime); err != nil {
		return fmt.Errorf("wait with the camera off: %w", err)
	}
	_, err := p.On(ctx)
	return err
}

// Close switches the camera off, unless its power outlives this process, and lets the
// line go. A second Close does nothing.
func (p *Power) Close() error {
	if p.line == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	if p.held {
		return p.line.Close()
	}
	p.on = false
	return errors.Join(p.line.Set(false), p.line.Close())
}

// set drives the line, and tells whether that changed anything. After an error
// the level is unknown, so that the next set drives it again.
func (p *Power) set(on bool) (changed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		if !on {
			return false, nil
		}
		return false, fmt.Errorf("switch camera power on: %w", os.ErrClosed)
	}
	if on && p.on {
		return false, nil
	}
	// Off is driven even where the line should be off already: the write costs
	// nothing, and an earlier one may have failed.
	if err := p.line.Set(on); err != nil {
		p.on = !on // so that the next call tries again
		return false, fmt.Errorf("switch camera power: %w", err)
	}
	changed = on != p.on
	p.on = on
	if changed {
		p.since = time.Now()
	}
	return changed, nil
}

// wait waits until d has passed since the line last changed.
func (p *Power) wait(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	left := d - time.Since(p.since)
	p.mu.Unlock()
	if err := ctx.Err(); err != nil || left <= 0 {
		return err
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
