package shutter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/hal"
)

const (
	// endPause is the time between the end of a bulb exposure and the half-press that
	// some bodies want then, and endPress how long that is held
	// (timelapseplus/TimelapsePlus-Firmware, src/shutter.cpp; Camtraptions PIR v4
	// manual, half-press).
	endPause = 30 * time.Millisecond
	endPress = 100 * time.Millisecond
)

// Fire implements capture.Deferred.
func (c *Camera) Fire(ctx context.Context) (err error) {
	c.mu.Lock()
	err = c.open()
	lines := c.lines
	c.mu.Unlock()
	if err != nil {
		return err
	}
	give, err := c.gate.fire(ctx)
	if err != nil {
		return fmt.Errorf("wait for the transfer under way: %w", err)
	}
	defer c.keepEvidence() // once gate and power are given back: the card may be slow
	defer give()
	end, err := c.power(ctx)
	if err != nil {
		return err
	}
	defer end()
	c.mu.Lock()
	used, ready := c.used, c.ready // now: whoever gave it power, it has not been used since
	c.mu.Unlock()
	told := false
	defer func() {
		err = errors.Join(err, lines.release())
		c.mu.Lock()
		defer c.mu.Unlock()
		c.used = time.Now()
		switch {
		case err == nil:
			c.ready = true
			if told && c.verdict.Mute {
				c.o.Log.Info().Msg("the contact that confirms exposures works again")
			}
			c.verdict.fired(c.used, told)
		case errors.Is(err, errUnconfirmed):
			c.verdict.missed()
		}
	}()
	if err := wait(ctx, c.timing.Gap-time.Since(used)); err != nil {
		return fmt.Errorf("wait for the camera: %w", err)
	}
	if half := lines.half; half != nil {
		if !ready || time.Since(used) > c.timing.WakeAfter {
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
	told, err = c.press(ctx, lines)
	return err
}

// press exposes: full press, for as long as the exposure wants it, and what its end
// wants. The caller releases the lines. told: the contact told of the exposure.
func (c *Camera) press(ctx context.Context, lines lines) (told bool, err error) {
	confirm := c.beforePress(lines.contact)
	pressed := time.Now()
	if err := lines.full.Set(true); err != nil {
		return false, fmt.Errorf("full press: %w", err)
	}
	told, unconfirmed := confirm(ctx, pressed)
	if unconfirmed == nil || c.cfg.Bulb == 0 {
		// The shutter goes. A stop only cuts the press short: the picture is there.
		held := time.Since(pressed)
		if told && c.cfg.Bulb > 0 {
			held = 0 // the exposure begins now
		}
		if err := wait(ctx, max(c.timing.Press, c.cfg.Bulb)-held); err != nil {
			c.o.Log.Debug().Err(err).Msg("full press cut short")
		}
	}
	if c.cfg.Bulb > 0 && c.cfg.BulbEndPress && lines.half != nil {
		if err := endBulb(lines); err != nil {
			return told, err
		}
	}
	return told, unconfirmed
}

// endBulb ends a bulb exposure of a body that wants a half-press for that. It takes no
// context: it is short, and without it the shutter stays open.
func endBulb(lines lines) error {
	if err := lines.release(); err != nil {
		return err
	}
	time.Sleep(endPause)
	if err := lines.half.Set(true); err != nil {
		return fmt.Errorf("half-press after a bulb exposure: %w", err)
	}
	time.Sleep(endPress)
	return nil
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

// lines are those that were taken.
type lines struct {
	full, half hal.Output // half is nil where there is none
	contact    hal.Input  // nil where nothing confirms
}

// release takes both lines off, whatever happened before: each is tried twice.
func (l lines) release() (err error) {
	for _, line := range []hal.Output{l.full, l.half} {
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
