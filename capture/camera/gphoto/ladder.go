package gphoto

import (
	"context"
	"fmt"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/subprocess"
)

// start gives the camera power, and climbs the ladder as far as it is due: reset, and
// then a power cycle. After either the camera is looked for anew. A run that a
// signal ended, and a shot's that had to be ended at all, makes a reset due at once: such
// a camera may be in the middle of something. One after which a shot was put off is not
// made again. What the time does not suffice for goes on with the next start: see
// camera.Ladder.Start.
func (c *Camera) start(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-leastTime))
		defer cancel()
	}
	if c.runner.LeftBehind() {
		c.keeper.Ladder.Demand(camera.Cycle)
	}
	fresh, err := c.keeper.Start(ctx)
	if fresh {
		c.at, c.wild = where{}, false
	}
	if err == nil && !fresh && (c.wild || c.keeper.Ladder.Due() >= camera.Reset) {
		if c.wild || c.put.IsZero() {
			c.reset(ctx)
		}
		fresh = true
	}
	c.anew = fresh
	return err
}

// aShot is need before a shot was good: gphoto2 needs two to four seconds beside the
// camera's own time.
const aShot = 3 * time.Second

// need is how long before the deadline a shot must begin, by the last good one: gphoto2
// is ended before the deadline. What it does after the last file is the margin.
func (c *Camera) need() time.Duration {
	if c.took == 0 {
		return aShot
	}
	return subprocess.Spec{}.Within(c.took)
}

// putOff tells whether a shot is left to the next slot: a recovery has left less time than
// it needs, and one that is ended in the middle would make the next recovery due. It is put
// off by one slot, and only where the camera stays as it is until then.
func (c *Camera) putOff(ctx context.Context) error {
	need := c.need()
	deadline, ok := ctx.Deadline()
	once := c.put.IsZero() || c.put.Equal(deadline)
	if !ok || !c.anew || !once || !c.o.Power.Stays() || time.Until(deadline) >= need {
		c.put = time.Time{}
		return nil
	}
	c.put = deadline
	return &camera.UnreadyError{Err: fmt.Errorf("a shot needs %v: %w", need.Round(time.Millisecond), context.DeadlineExceeded)}
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
	defer func() { c.wild = false }() // also where it was ended: the next failure is a rung higher
	if c.cfg.network() {
		c.keeper.Ladder.Climbed(camera.Reset, "camera asked again: one on the network cannot be reset")
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
	c.keeper.Ladder.Climbed(camera.Reset, "camera reset")
}
