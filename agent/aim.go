package agent

import (
	"context"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture"
)

var _ capture.Aimer = (*boardCamera)(nil)

// aimShare is the part of the time left for a photo that the aiming may take: a photo
// that looks elsewhere is better than none.
const aimShare = 2

// Aim says which session the next Shoot is for.
func (c *boardCamera) Aim(session string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = session
}

// aim points the camera to where the session looks, once it has power; the driver goes
// on whatever comes of it. For files of earlier photos nothing is moved.
func (c *boardCamera) aim(ctx context.Context, fresh bool) {
	c.mu.Lock()
	session, still := c.session, c.still
	fresh = fresh || c.fresh
	c.fresh = still && fresh // to be told by the next photo
	c.mu.Unlock()
	if still {
		return
	}
	bound := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		bound, cancel = context.WithTimeout(ctx, time.Until(deadline)/aimShare)
		defer cancel()
	}
	if err := c.control.Aim(bound, session, fresh); ctx.Err() == nil {
		c.s.aimed(err)
	}
}

// stand has the camera be aimed no more until it is called with false.
func (c *boardCamera) stand(still bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.still = still
}

// cameraAimed reports whether the camera looks where it should.
func (a *Agent) cameraAimed(err error) {
	if err != nil {
		a.health.Raise(health.AimFault, health.AimFault.Severity(), err.Error())
		return
	}
	a.health.Clear(health.AimFault)
}
