package ucam

import (
	"context"
	"errors"
	"fmt"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/serial"
)

// rates are those at which the camera may be: first, then what it finds by itself,
// then the one that it may have been told before. On the ladder's last rung all that
// there are: another program, or another configuration, may have left it anywhere.
func (c *Camera) rates(first int) []int {
	all := append(append([]int{first}, AutoBauds()...), c.cfg.Baud)
	if c.keeper.Ladder.Due() >= camera.Cycle {
		all = append(all, Bauds()...)
	}
	return unique(all...)
}

// ready finds the camera, recovers it as far as the ladder says, and sets it up.
func (c *Camera) ready(ctx context.Context, conn *conn, fresh bool, first int) error {
	var f found
	fresh, err := c.keeper.Reach(ctx, fresh, func(booted bool) (err error) {
		if booted {
			first = c.firstBaud()
		}
		f, err = conn.find(ctx, c.rates(first))
		return err
	}, func() (err error) {
		c.lastBaud = c.firstBaud()
		f, err = conn.reset(ctx, c.rates(c.lastBaud))
		return err
	})
	if err != nil {
		return err
	}
	c.at(f)
	if f, err = c.setBaud(ctx, conn, f); err != nil {
		return err
	}
	if err := c.configure(ctx, conn); err != nil {
		return err
	}
	if !fresh && !f.slept {
		return nil // it has been looking all the time
	}
	if err := serial.Pause(ctx, c.cfg.Settle); err != nil {
		return &camera.UnreadyError{Err: err}
	}
	return nil
}

// at remembers where the camera is.
func (c *Camera) at(f found) {
	c.lastBaud = f.baud
	if !c.seen {
		c.seen = true
		c.o.Log.Info().Str("camera", c.cfg.Model.name()).Int("baud", f.baud).Msg("camera found")
	}
}

// setBaud brings the camera to the configured rate. One that does not take it is
// used as it is: a slow picture is better than none.
func (c *Camera) setBaud(ctx context.Context, conn *conn, f found) (found, error) {
	if f.baud != c.cfg.Baud {
		var err error
		if f, err = conn.switchBaud(ctx, f, c.cfg.Baud); err != nil {
			return f, fmt.Errorf("set rate %d: %w", c.cfg.Baud, err)
		}
		c.at(f)
	}
	if slow := f.baud != c.cfg.Baud; slow != c.slow {
		c.slow = slow
		if slow {
			c.o.Log.Warn().Int("baud", f.baud).Int("want", c.cfg.Baud).Msg("camera does not take the rate")
		}
	}
	return f, nil
}

// configure sets what the camera forgets when it starts.
func (c *Camera) configure(ctx context.Context, conn *conn) error {
	if err := conn.command(ctx, CmdInitial, 0, FormatJPEG, RawUnused, Resolutions()[c.cfg.Resolution]); err != nil {
		return err
	}
	if err := conn.command(ctx, CmdPackage, PackageMark, byte(c.cfg.Package), byte(c.cfg.Package>>8)); err != nil {
		return err
	}
	type order struct {
		cmd Command
		p   []byte
	}
	var extras []order
	switch c.cfg.LightHz {
	case 50:
		extras = append(extras, order{CmdLight, []byte{Light50}})
	case 60:
		extras = append(extras, order{CmdLight, []byte{Light60}})
	}
	if c.cfg.Model == ModelUCAM3 {
		extras = append(extras,
			order{CmdImage, []byte{byte(c.cfg.Contrast), byte(c.cfg.Brightness), byte(c.cfg.Exposure)}},
			order{CmdSleep, []byte{0}})
	}
	refused := false
	for _, o := range extras {
		err := conn.command(ctx, o.cmd, o.p...)
		var nak *NAKError
		if errors.As(err, &nak) {
			// A picture that flickers is better than none.
			refused = true
			if !c.plain {
				c.o.Log.Warn().Err(err).Msg("camera does not take a setting")
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	c.plain = refused
	return nil
}
