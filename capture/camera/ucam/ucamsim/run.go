package ucamsim

import (
	"context"
	"slices"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/ucam"
)

// restart is the engine's: the power came or went.
func (c *Camera) restart(powered, settled bool) {
	c.s.restart(powered)
	switch {
	case powered && c.Faults().Dead:
		c.s.phase = hung
	case powered && settled:
		c.s.phase = asleep
	}
}

// alarm is when the camera does something by itself; zero for never.
func (c *Camera) alarm() time.Time {
	if c.s.phase == booting {
		return c.s.bootAt
	}
	return c.s.sleepAt()
}

// turn is what the camera does by itself: it is up, or falls asleep.
func (c *Camera) turn(ctx context.Context, line serialsim.Line) error {
	s := &c.s
	wasBooting := s.phase == booting
	s.sleep()
	if wasBooting && c.Faults().BootGarbage {
		s.baud = ucam.AutoBauds()[0]
		err := c.engine.Send(ctx, line, serialsim.Noise(c.engine.Rand))
		s.baud = 0
		return err
	}
	return nil
}

// hear handles bytes that came over the line.
func (c *Camera) hear(ctx context.Context, line serialsim.Line, p []byte) error {
	s := &c.s
	if s.phase != ready && s.phase != asleep {
		return nil
	}
	now := time.Now()
	if at := s.sleepAt(); !at.IsZero() && now.After(at) {
		s.sleep()
	}
	if s.parser.pending() && now.Sub(s.heard) > commandTime {
		s.parser.reset()
	}
	s.heard = now
	for _, f := range s.parser.feed(c.opts.Address, c.sound(p, line.Baud())) {
		if err := c.command(ctx, line, f); err != nil {
			return err
		}
	}
	return nil
}

// sound is what the camera hears of p, sent at a rate.
func (c *Camera) sound(p []byte, baud int) []byte {
	s := &c.s
	if now := c.Faults().Drift; now != s.drifted {
		s.drift, s.drifted = now, now
	}
	if s.baud == 0 { // it measures
		if !slices.Contains(ucam.AutoBauds(), baud) {
			return nil
		}
		return p
	}
	return serialsim.Hear(p, baud, s.rate())
}

// command does one command, as far as the camera is awake.
func (c *Camera) command(ctx context.Context, line serialsim.Line, f ucam.Frame) error {
	s := &c.s
	if s.phase == hung || s.phase == booting {
		return nil
	}
	if s.phase == asleep {
		if f.Command() != ucam.CmdSync {
			return nil
		}
		if s.syncs++; s.syncs < c.opts.Syncs {
			return nil
		}
		if s.baud == 0 {
			s.baud = line.Baud()
		}
		s.phase, s.wokeAt = ready, time.Now()
	}
	s.spokenAt = time.Now()
	if !c.engine.Until(ctx, time.Now().Add(replyTime)) {
		return nil
	}
	return c.execute(ctx, line, f)
}

// chance tells whether something of this chance happens.
func (c *Camera) chance(p float64) bool { return serialsim.Chance(c.engine.Rand, p) }
