package modem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/hal"
)

// offTime is how long a modem is left without power, so that its capacitors empty.
const offTime = 5 * time.Second

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
		errs = append(errs, release(l.key), l.key.Close())
	}
	if l.status != nil {
		errs = append(errs, l.status.Close())
	}
	if l.power != nil {
		errs = append(errs, l.power.Close())
	}
	return errors.Join(errs...)
}

// switchOn presses the key and waits for STATUS, where there is one.
func (l *lines) switchOn(ctx context.Context) error {
	if err := Press(ctx, l.key, l.module.OnPulse); err != nil {
		return fmt.Errorf("press the modem's key: %w", err)
	}
	if l.status == nil {
		return nil
	}
	on, err := Await(ctx, l.status, true, l.module.OnWait)
	if err == nil && !on {
		err = errNotOn
	}
	return wrap("switch modem on", err)
}

// switchOff presses the key and waits for STATUS, where there is one.
func (l *lines) switchOff(ctx context.Context) error {
	if err := Press(ctx, l.key, l.module.OffPulse); err != nil {
		return fmt.Errorf("press the modem's key: %w", err)
	}
	if l.status == nil {
		sleep(ctx, l.module.OffWait)
		return ctx.Err()
	}
	off, err := Await(ctx, l.status, false, l.module.OffWait)
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
