package gphoto

import (
	"context"
	"errors"

	"fieldcam/capture/camera"
)

// start gives the camera power, and climbs the ladder as far as it is due: reset, and
// then a power cycle. After either the camera is looked for anew. A run that did not
// end by itself makes a reset due at once: such a camera may be in the middle of a
// capture.
func (c *Camera) start(ctx context.Context) error {
	due := c.ladder.Due()
	if c.wild {
		due = max(due, camera.Reset)
	}
	if c.runner.LeftBehind() {
		due = camera.Cycle
	}
	if due >= camera.Cycle {
		err := c.o.Power.Cycle(ctx)
		if err == nil {
			c.ladder.Climbed(camera.Cycle, "camera power cycled")
			c.at, c.wild = where{}, false
			return nil
		}
		if !errors.Is(err, camera.ErrNoPowerLine) {
			return err
		}
	}
	fresh, err := c.switchOn(ctx)
	if err == nil && !fresh && due >= camera.Reset {
		c.reset(ctx)
	}
	return err
}

// switchOn gives the camera power. One that had none is another device of its bus.
func (c *Camera) switchOn(ctx context.Context) (fresh bool, err error) {
	fresh, err = c.o.Power.On(ctx)
	if fresh {
		c.at, c.wild = where{}, false
	}
	return fresh, err
}

// reset resets the camera's USB port, as the kernel's USBDEVFS_RESET does: gphoto2
// asks for it, so that a device that does not let go of that holds up a process of its
// own. A camera on the network, or one that is not found, is only asked again.
func (c *Camera) reset(ctx context.Context) {
	c.wild = false
	if c.cfg.network() {
		c.ladder.Climbed(camera.Reset, "camera asked again: one on the network cannot be reset")
		return
	}
	c.at = where{}
	w, err := c.locate(ctx)
	if err == nil {
		err = c.ask(ctx, resetTime, newSaid(), append(w.options(false), "--reset")...)
	}
	c.at = where{}
	if err != nil {
		c.o.Log.Debug().Err(err).Msg("camera not reset")
		return
	}
	c.ladder.Climbed(camera.Reset, "camera reset")
}
