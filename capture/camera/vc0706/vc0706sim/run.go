package vc0706sim

import (
	"context"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
)

// bootText is what a camera says at its stored rate when it starts (625: PAL).
const bootText = "VC0706 1.00\r\nCtrl infr exist\r\nUser-defined sensor\r\n625\r\nInit end\r\n"

// restart is the engine's: the power came or went.
func (c *Camera) restart(powered, settled bool) {
	c.s.restart(powered, c.opts.Number)
	switch {
	case settled && powered:
		c.s.phase = ready
	case powered && c.Faults().Dead:
		c.s.phase = hung
	}
}

// look sees to what Move and Save want.
func (c *Camera) look(ctx context.Context, line serialsim.Line) error {
	c.mu.Lock()
	moved, save := c.moved, c.save
	c.moved, c.save = false, false
	c.mu.Unlock()
	s := &c.s
	s.saving = s.saving || save && s.phase == ready
	if moved && s.phase == ready && s.motion && s.report {
		return c.send(ctx, line, c.Faults().motionEvent(s.number))
	}
	return nil
}

// alarm is the end of the start.
func (c *Camera) alarm() time.Time {
	if c.s.phase != booting {
		return time.Time{}
	}
	return c.s.bootAt
}

// greet ends the start, with what a camera says then.
func (c *Camera) greet(ctx context.Context, line serialsim.Line) error {
	c.s.phase = ready
	text := []byte(bootText)
	if c.Faults().BootGarbage {
		text = append(serialsim.Noise(c.engine.Rand), text...)
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
		if !c.engine.Until(ctx, time.Now().Add(replyTime)) {
			return nil
		}
		if err := c.execute(ctx, line, f); err != nil {
			return err
		}
	}
	return nil
}

// send sends p, with the faults of the moment.
func (c *Camera) send(ctx context.Context, line serialsim.Line, p []byte) error {
	s := &c.s
	f := c.Faults()
	if f.Silent {
		return nil
	}
	p = append(s.held, p...)
	s.held = nil
	if c.chance(f.ShortReply) {
		s.held = p[len(p)-1:]
		p = p[:len(p)-1]
	}
	return c.engine.Send(ctx, line, p)
}

// chance tells whether something of this chance happens.
func (c *Camera) chance(p float64) bool { return serialsim.Chance(c.engine.Rand, p) }

// reply sends the reply to a command.
func (c *Camera) reply(ctx context.Context, line serialsim.Line, cmd vc0706.Command, status vc0706.Status, data ...byte) error {
	s := &c.s
	f := c.Faults()
	if c.chance(f.Late) && !c.engine.Until(ctx, time.Now().Add(lateTime)) {
		return nil
	}
	var p []byte
	if c.chance(f.Noise) {
		p = append(p, serialsim.Noise(c.engine.Rand)...)
	}
	if c.chance(f.MotionBeforeReply) {
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
