package gphoto

import (
	"context"
	"errors"
	"time"
)

// meetEvery is how often a camera that no Shoot asks is asked for its battery and clock.
const meetEvery = time.Hour

// greet asks a camera who it is, where it has not told its serial number yet, and what its
// battery and clock are. What it refuses to tell is no error: its pictures come first.
func (c *Camera) greet(ctx context.Context, at where) error {
	if c.State().Serial != "" && time.Since(c.met) < meetEvery {
		return nil
	}
	err := c.meet(ctx, at)
	if err != nil && (outOfTime(ctx, err) || errors.Is(err, errTooLong)) {
		return err
	}
	c.tell("greet", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("the camera does not tell of itself, or does not take its clock")
	})
	return nil
}
