package modem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/hal"
)

const (
	// offTime is how long a modem is left without power, so that its capacitors empty.
	offTime = 5 * time.Second
	// statusEvery is how often STATUS is read while it is waited for.
	statusEvery = 100 * time.Millisecond
)

// lines are those that switch a modem and tell whether it is on. A nil line is not
// there.
type lines struct {
	module Module
	key    hal.Output // off: not pressed
	status hal.Input
	power  hal.Output
}

// openLines takes the lines: the key released, the power on.
func openLines(c Config, board hal.Board) (_ *lines, err error) {
	l := &lines{module: c.module()}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if c.KeyLine != "" {
		if l.key, err = board.OpenOutput(hal.Line{Name: c.KeyLine, ActiveLow: c.KeyActiveLow}, false); err != nil {
			return nil, fmt.Errorf("take the modem's key line: %w", err)
		}
	}
	if c.StatusLine != "" {
		if l.status, err = board.OpenInput(hal.Line{Name: c.StatusLine, ActiveLow: c.StatusActiveLow}, hal.InputConfig{}); err != nil {
			return nil, fmt.Errorf("take the modem's status line: %w", err)
		}
	}
	if c.PowerLine != "" {
		if l.power, err = board.OpenOutput(hal.Line{Name: c.PowerLine, ActiveLow: c.PowerActiveLow, Hold: true}, true); err != nil {
			return nil, fmt.Errorf("take the modem's power line: %w", err)
		}
	}
	return l, nil
}

// close lets the lines go: the key released, the power as it is.
func (l *lines) close() error {
	var errs []error
	if l.key != nil {
		errs = append(errs, l.release(), l.key.Close())
	}
	if l.status != nil {
		errs = append(errs, l.status.Close())
	}
	if l.power != nil {
		errs = append(errs, l.power.Close())
	}
	return errors.Join(errs...)
}

// press presses the key for d, or until ctx ends.
func (l *lines) press(ctx context.Context, d time.Duration) (err error) {
	if err := l.key.Set(true); err != nil {
		return errors.Join(err, l.release()) // it may be on all the same
	}
	sleep(ctx, d)
	return errors.Join(l.release(), ctx.Err())
}

// release lets the key go: a key that is held switches the modem off. It is tried twice.
func (l *lines) release() error {
	err := l.key.Set(false)
	if err != nil {
		err = l.key.Set(false)
	}
	return err
}

// await waits for STATUS to be on or off; false where it was not within bound.
func (l *lines) await(ctx context.Context, on bool, bound time.Duration) (bool, error) {
	for end := time.Now().Add(bound); ; {
		is, err := l.status.On()
		if err != nil || is == on {
			return err == nil, err
		}
		if !time.Now().Before(end) {
			return false, nil
		}
		if !sleep(ctx, statusEvery) {
			return false, ctx.Err()
		}
	}
}

// switchOn presses the key and waits for STATUS, where there is one.
func (l *lines) switchOn(ctx context.Context) error {
	if err := l.press(ctx, l.module.OnPulse); err != nil {
		return fmt.Errorf("press the modem's key: %w", err)
	}
	if l.status == nil {
		return nil
	}
	on, err := l.await(ctx, true, l.module.OnWait)
	if err == nil && !on {
		err = errNotOn
	}
	return wrap("switch modem on", err)
}

// switchOff presses the key and waits for STATUS, where there is one.
func (l *lines) switchOff(ctx context.Context) error {
	if err := l.press(ctx, l.module.OffPulse); err != nil {
		return fmt.Errorf("press the modem's key: %w", err)
	}
	if l.status == nil {
		sleep(ctx, l.module.OffWait)
		return ctx.Err()
	}
	off, err := l.await(ctx, false, l.module.OffWait)
	if err == nil && !off {
		err = errNotOff
	}
	return wrap("switch modem off", err)
}

// cycle takes the power away and gives it back. Once it has begun, it is ended
// whatever ctx says: a modem without power is none.
func (l *lines) cycle(ctx context.Context) error {
	err := l.power.Set(false)
	if err == nil {
		sleep(ctx, offTime)
	}
	return wrap("cycle the modem's power", errors.Join(err, l.power.Set(true)))
}

// isOn tells what STATUS says; known is false where there is none.
func (l *lines) isOn() (on, known bool, err error) {
	if l.status == nil {
		return false, false, nil
	}
	on, err = l.status.On()
	return on, err == nil, wrap("read the modem's status line", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// sleep waits for d; false where ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
