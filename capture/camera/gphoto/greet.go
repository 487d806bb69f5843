package gphoto

import (
	"context"
	"time"
)

// meetEvery is how often a camera that no Shoot asks is asked who it is, and for its battery
// and clock: also one that does not tell, or whose answer a shot did not wait for.
const meetEvery = time.Hour

// greet asks a camera who it is, and what its battery and clock are, where that has not been
// tried of late. What it refuses to tell, has no setting for, or takes too long for is no
// error: its pictures come first. That gphoto2 had to be killed is one.
func (c *Camera) greet(ctx context.Context, at where) error {
	if !c.met.IsZero() && time.Since(c.met) < meetEvery {
		return nil
	}
	begun := time.Now()
	c.met = begun
	err := c.meet(ctx, at)
	if err != nil && c.clock.unsure && outOfTime(ctx, err) { // what its pictures' times are hangs on it
		c.met = time.Time{}
		return c.stall.ended("the question what time the camera has", time.Since(begun), err)
	}
	if err != nil && (outOfTime(ctx, err) || c.wild) {
		return err
	}
	c.tell("greet", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("the camera does not tell of itself")
	})
	return nil
}
