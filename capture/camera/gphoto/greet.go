package gphoto

import (
	"context"
	"errors"
	"time"
)

// meetEvery is how often a camera that no Shoot asks is asked who it is, and for its battery
// and clock: also one that does not tell, or whose answer a shot did not wait for.
const meetEvery = time.Hour

// greet asks a camera who it is, and what its battery and clock are, where that has not been
// tried of late. What it refuses to tell, or has no setting for, is no error: its pictures
// come first.
func (c *Camera) greet(ctx context.Context, at where) error {
	if !c.met.IsZero() && time.Since(c.met) < meetEvery {
		return nil
	}
	begun := time.Now()
	c.met = begun
	err := c.meet(ctx, at)
	switch {
	case err != nil && outOfTime(ctx, err):
		return c.stall.ended("the question who the camera is", time.Since(begun), err)
	case errors.Is(err, errTooLong):
		return err
	}
	c.tell("greet", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("the camera does not tell of itself, or does not take its clock")
	})
	return nil
}
