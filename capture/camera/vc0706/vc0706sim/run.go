package vc0706sim

import (
	"context"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
)

// bootText is what a camera says at its stored rate when it starts (625: PAL).
const bootText = "VC0706 1.00\r\nCtrl infr exist\r\nUser-defined sensor\r\n625\r\nInit end\r\n"

// run is the camera until ctx ends or heard is closed. Its error is the line's.
func (c *Camera) run(ctx context.Context, line serialsim.Line, heard <-chan []byte) error {
	s := &c.s
	for {
		c.mu.Lock()
		wake, starts, powered, moved := c.wake, c.starts, c.powered, c.moved
		c.moved = false
		save := c.save
		c.save = false
		dead := c.faults.Dead
		c.mu.Unlock()
		switch {
		case starts != s.starts:
			s.starts = starts
			s.restart(powered, c.opts.Number)
			if powered && dead {
				s.phase = hung
			}
		case s.baud == 0: // the first time ever, and powered as long as anyone knows
			s.restart(powered, c.opts.Number)
			if powered {
				s.phase = ready
			}
		}
		if moved && s.phase == ready && s.motion && s.report {
			if err := c.send(ctx, line, c.Faults().motionEvent(s.number)); err != nil {
				return err
			}
		}
		s.saving = s.saving || save && s.phase == ready
		var boot <-chan time.Time
		timer := time.NewTimer(time.Until(s.bootAt))
		if s.phase == booting {
			boot = timer.C
		}
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
		case <-boot:
			s.phase = ready
			err = c.greet(ctx, line)
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// greet sends what a camera says when it starts.
func (c *Camera) greet(ctx context.Context, line serialsim.Line) error {
	text := []byte(bootText)
	if c.Faults().BootGarbage {
		text = append(noise(c.s.rand), text...)
	}
	return c.send(ctx, line, text)
}

// hear handles bytes that came over the line.
func (c *Camera) hear(ctx context.Context, line serialsim.Line, p []byte) error {
	s := &c.s
	if s.phase != ready {
		return nil
	}
	now := time.Now()
	if s.parser.pending() && now.Sub(s.heard) > commandTime {
		s.parser.reset()
	}
	s.heard = now
	for _, f := range s.parser.feed(serialsim.Hear(p, line.Baud(), s.baud)) {
		if f.number != s.number || s.phase != ready {
			continue
		}
		if !c.until(ctx, time.Now().Add(replyTime)) {
			return nil
		}
		if err := c.execute(ctx, line, f); err != nil {
			return err
		}
	}
	return nil
}

// send sends p at the camera's rate, with the faults of the moment. It ends
// early where the power goes or ctx ends.
func (c *Camera) send(ctx context.Context, line serialsim.Line, p []byte) error {
	s := &c.s
	f := c.Faults()
	if f.Silent {
		return nil
	}
	p = append(s.held, p...)
	s.held = nil
	if chance(s.rand, f.ShortReply) {
		s.held = p[len(p)-1:]
		p = p[:len(p)-1]
	}
	p = f.bytesOnLine(s.rand, p)
	next := time.Now()
	for len(p) > 0 {
		n := min(len(p), max(1, int(c.opts.Slice/serialsim.WireTime(1, s.baud))))
		if out := serialsim.Hear(p[:n], s.baud, line.Baud()); len(out) > 0 {
			if _, err := line.Write(out); err != nil {
				return err
			}
		}
		p = p[n:]
		next = next.Add(serialsim.WireTime(n, s.baud))
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

// reply sends the reply to a command.
func (c *Camera) reply(ctx context.Context, line serialsim.Line, cmd vc0706.Command, status vc0706.Status, data ...byte) error {
	s := &c.s
	f := c.Faults()
	if chance(s.rand, f.Late) && !c.until(ctx, time.Now().Add(lateTime)) {
		return nil
	}
	var p []byte
	if chance(s.rand, f.Noise) {
		p = append(p, noise(s.rand)...)
	}
	if chance(s.rand, f.MotionBeforeReply) {
		p = append(p, f.motionEvent(s.number)...)
	}
	if status != vc0706.StatusOK && f.LongErrors {
		data = []byte{0}
	}
	return c.send(ctx, line, append(p, replyFrame(s.number, cmd, status, data...)...))
}

// replyFrame is one reply as it goes over the line.
func replyFrame(number byte, cmd vc0706.Command, status vc0706.Status, data ...byte) []byte {
	return append([]byte{vc0706.ReplyMark, number, byte(cmd), byte(status), byte(len(data))}, data...)
}
