package visca

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/capture/camera/serial"
	"fieldcam/hal"
)

const (
	// wakePause is the time between two questions whether the camera is on by now.
	wakePause = 500 * time.Millisecond
	// tries is how often a view is tried, each time from the line's address on.
	tries = 2
)

// Control is the control line of one camera. It is for one goroutine at a time.
type Control struct {
	cfg      Config
	board    hal.Board
	attached bool // the camera has its address since it was last seen to fail
}

// New makes a Control, which opens nothing before Aim. The Config must be valid and
// have a Port.
func New(cfg Config, board hal.Board) *Control { return &Control{cfg: cfg, board: board} }

// Aim points the camera to where the session called name looks, and returns when it is
// there and has settled; the empty name is a photo by hand. fresh says that the camera
// got its power just now. It is bounded by ctx and Config.Timeout.
func (c *Control) Aim(ctx context.Context, name string, fresh bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	if fresh {
		c.attached = false
	}
	var err error
	for range tries {
		if err = c.aim(ctx, c.cfg.view(name)); err == nil {
			return nil
		}
		c.attached = false
		if ctx.Err() != nil {
			break
		}
	}
	return fmt.Errorf("aim the camera at %s: %w", c.cfg.Port, err)
}

func (c *Control) aim(ctx context.Context, v View) (err error) {
	port, err := c.board.OpenPort(c.cfg.Port, c.cfg.Baud)
	if err != nil {
		return err
	}
	l := &line{Conn: serial.New(port, c.cfg.Baud), address: byte(c.cfg.Address)}
	release := l.Watch(ctx)
	defer func() {
		release()
		err = errors.Join(err, port.Close())
	}()
	if !c.attached {
		if err := l.attach(ctx); err != nil {
			return err
		}
	}
	if err := c.wake(ctx, l); err != nil {
		return err
	}
	c.attached = true
	if v == (View{}) {
		return nil
	}
	if err := c.move(ctx, l, v); err != nil {
		return err
	}
	return serial.Pause(ctx, c.cfg.Settle)
}

// wake sees to it that the camera is on, and so that it answers at all.
func (c *Control) wake(ctx context.Context, l *line) error {
	for told := false; ; {
		state, err := l.ask(ctx, "ask for its power", askPower(), 1)
		switch {
		case errors.Is(err, ErrSyntax), errors.Is(err, ErrNotExecutable):
			return nil // it has no standby
		case err != nil:
			return err
		case state[0] == powerIsOn, state[0] == powerIsOff && !c.cfg.PowerOn:
			return nil
		case state[0] == powerIsOff && !told:
			if err := l.command(ctx, "switch on", switchOn()); err != nil {
				return err
			}
			told = true
		}
		if err := serial.Pause(ctx, wakePause); err != nil {
			return fmt.Errorf("wait for it to switch on: %w", err)
		}
	}
}

// move does what v says, in the order in which one would undo the other: a preset sets
// zoom and focus too.
func (c *Control) move(ctx context.Context, l *line, v View) error {
	if v.Preset > 0 {
		if err := l.command(ctx, fmt.Sprintf("recall preset %d", v.Preset), recallPreset(v.Preset)); err != nil {
			return err
		}
	}
	if at, ok := position(v.Zoom); ok {
		if err := l.command(ctx, "zoom to "+v.Zoom, zoomTo(at)); err != nil {
			return err
		}
	}
	switch v.Focus {
	case "":
		return nil
	case FocusAuto:
		return l.command(ctx, "focus auto", focusAuto())
	}
	if err := l.command(ctx, "focus manual", focusManual()); err != nil {
		return err
	}
	if v.Focus == FocusOnce {
		return l.command(ctx, "focus once", focusOnce())
	}
	if at, ok := position(v.Focus); ok {
		return l.command(ctx, "focus to "+v.Focus, focusTo(at))
	}
	return nil
}
