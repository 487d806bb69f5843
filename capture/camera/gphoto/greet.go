package gphoto

import (
	"context"
	"errors"
	"time"
)

// meetEvery is how often a camera that no Shoot asks is asked who it is, and for its battery
// and clock.
const meetEvery = time.Hour

// greet asks a camera who it is, and what its battery and clock are, where that has not been
// done of late. What it refuses to tell, or has no setting for, is no error: its pictures
// come first.
func (c *Camera) greet(ctx context.Context, at where) error {
	if !c.met.IsZero() && time.Since(c.met) < meetEvery {
		return nil
	}
	err := c.meet(ctx, at)
	if err != nil && (outOfTime(ctx, err) || errors.Is(err, errTooLong)) {
		return err
	}
	c.met = time.Now()
	c.tell("greet", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("the camera does not tell of itself, or does not take its clock")
	})
	return nil
}
