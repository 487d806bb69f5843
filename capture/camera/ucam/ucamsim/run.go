package ucamsim

import (
	"context"
	"slices"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/ucam"
)

// run is the camera until ctx ends or heard is closed. Its error is the line's.
func (c *Camera) run(ctx context.Context, line serialsim.Line, heard <-chan []byte) error {
	s := &c.s
	for {
		c.mu.Lock()
		wake, starts, powered, dead := c.wake, c.starts, c.powered, c.faults.Dead
		c.mu.Unlock()
		if starts != s.starts || !s.began {
			first := !s.began
			s.starts = starts
			s.restart(powered)
			switch {
			case powered && dead:
				s.phase = hung
			case powered && first: // as long as anyone knows
				s.phase = asleep
			}
		}
		timer, due := c.alarm()
		var err error
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case p, ok := <-heard:
			if !ok {
				timer.Stop()
				return nil
			}
			err = c.hear(ctx, line, p)
		case <-wake:
		case <-due:
			err = c.turn(ctx, line)
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// alarm is when the camera does something by itself; due is nil for never.
func (c *Camera) alarm() (timer *time.Timer, due <-chan time.Time) {
	at := c.s.sleepAt()
	if c.s.phase == booting {
		at = c.s.bootAt
	}
	timer = time.NewTimer(time.Until(at))
	if !at.IsZero() {
		due = timer.C
	}
	return timer, due
}

// turn is what the camera does by itself: it is up, or falls asleep.
func (c *Camera) turn(ctx context.Context, line serialsim.Line) error {
	s := &c.s
	wasBooting := s.phase == booting
	s.sleep()
	if wasBooting && c.Faults().BootGarbage {
		s.baud = ucam.AutoBauds()[0]
		err := c.send(ctx, line, noise(s.rand))
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
	if !c.until(ctx, time.Now().Add(replyTime)) {
		return nil
	}
	return c.execute(ctx, line, f)
}

// send sends p at the camera's rate, with the faults of the moment. It ends
// early where the power goes or ctx ends.
func (c *Camera) send(ctx context.Context, line serialsim.Line, p []byte) error {
	s := &c.s
	f := c.Faults()
	if f.Silent {
		return nil
	}
	p = f.bytesOnLine(s.rand, p)
	next := time.Now()
	for len(p) > 0 {
		n := min(len(p), max(1, int(c.opts.Slice/serialsim.WireTime(1, s.rate()))))
		if out := serialsim.Hear(p[:n], s.rate(), line.Baud()); len(out) > 0 {
			if _, err := line.Write(out); err != nil {
				return err
			}
		}
		p = p[n:]
		next = next.Add(serialsim.WireTime(n, s.rate()))
		if !c.until(ctx, next) {
			return nil
		}
	}
	return nil
}

// until waits for a time; it returns false at once where the power changes or
// ctx ends.
func (c *Camera) until(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	for {
		c.mu.Lock()
		wake, starts := c.wake, c.starts
		c.mu.Unlock()
		if starts != c.s.starts || ctx.Err() != nil {
			return false
		}
		select {
		case <-timer.C:
			return true
		case <-wake:
		case <-ctx.Done():
		}
	}
}
