package ucamsim

import (
	"context"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/ucam"
)

// execute does one command and answers it.
func (c *Camera) execute(ctx context.Context, line serialsim.Line, f ucam.Frame) error {
	faults := c.Faults()
	cmd := f.Command()
	if c.chance(faults.Late) && !c.engine.Until(ctx, time.Now().Add(lateTime)) {
		return nil
	}
	if (faults.NAKOf == 0 || faults.NAKOf == cmd) && c.chance(faults.NAK) {
		return c.refuse(ctx, line, faults.Code)
	}
	switch cmd {
	case ucam.CmdSync:
		return c.reply(ctx, line, c.ack(cmd), ucam.NewFrame(c.opts.Address, ucam.CmdSync))
	case ucam.CmdAck:
		if f[2] != 0 {
			return nil // of its SYNC
		}
		return c.sendPackage(ctx, line, int(f[4])|int(f[5])<<8)
	case ucam.CmdReset:
		return c.reset(ctx, line, f)
	case ucam.CmdBaud:
		return c.changeBaud(ctx, line, f)
	case ucam.CmdGet:
		return c.get(ctx, line, f)
	}
	if code := c.change(f); code != 0 {
		return c.refuse(ctx, line, code)
	}
	c.publish()
	return c.reply(ctx, line, c.ack(cmd))
}

// change does a command that changes something and is over at once. It returns why
// not, or 0.
func (c *Camera) change(f ucam.Frame) ucam.Code {
	s := &c.s
	switch f.Command() {
	case ucam.CmdInitial:
		if f[3] != ucam.FormatJPEG {
			return ucam.CodeFormat
		}
		if sizeOf(f[5]) == "" {
			return ucam.CodeSize
		}
		s.initial, s.size = true, f[5]
	case ucam.CmdPackage:
		size := int(f[3]) | int(f[4])<<8
		if f[2] != ucam.PackageMark || size < ucam.MinPackage || size > ucam.MaxPackage {
			return ucam.CodePackageSize
		}
		s.pack = size
	case ucam.CmdSnapshot:
		if !s.initial {
			return ucam.CodeUnexpected
		}
		if f[2] != ucam.SnapshotJPEG {
			return ucam.CodeFormat
		}
		c.snapshot()
	case ucam.CmdLight:
		if f[2] > ucam.Light60 {
			return ucam.CodeParameter
		}
		s.light = f[2]
	case ucam.CmdImage:
		return c.changeImage(f)
	case ucam.CmdSleep:
		if c.opts.Model != ucam.ModelUCAM3 {
			return ucam.CodeUnknown
		}
		s.sleepTime = time.Duration(f[2]) * time.Second
	default:
		return ucam.CodeUnknown
	}
	return 0
}

func (c *Camera) changeImage(f ucam.Frame) ucam.Code {
	const most = 4
	if c.opts.Model != ucam.ModelUCAM3 {
		return ucam.CodeUnknown
	}
	if f[2] > most || f[3] > most || f[4] > most {
		return ucam.CodeParameter
	}
	c.s.image = [3]byte{f[2], f[3], f[4]}
	return 0
}

// reset restarts all, or the state machines alone.
func (c *Camera) reset(ctx context.Context, line serialsim.Line, f ucam.Frame) error {
	if f[2] > ucam.ResetState {
		return c.refuse(ctx, line, ucam.CodeParameter)
	}
	if err := c.reply(ctx, line, c.ack(ucam.CmdReset)); err != nil {
		return err
	}
	if f[2] == ucam.ResetState {
		c.s.restartState()
		return nil
	}
	c.s.restart(true)
	return nil
}

// changeBaud answers at the old rate and then changes.
func (c *Camera) changeBaud(ctx context.Context, line serialsim.Line, f ucam.Frame) error {
	d := [2]byte{f[2], f[3]}
	baud := baudOf(d)
	if only := c.opts.Dividers; baud == 0 || baud == 115200 && only != [2]byte{} && only != d {
		return c.refuse(ctx, line, ucam.CodeParameter)
	}
	if err := c.reply(ctx, line, c.ack(ucam.CmdBaud)); err != nil {
		return err
	}
	c.s.baud = baud
	return nil
}

// baudOf is the rate of a pair of dividers, or 0.
func baudOf(d [2]byte) int {
	for _, baud := range ucam.Bauds() {
		for _, pair := range ucam.Dividers(baud) {
			if pair == d {
				return baud
			}
		}
	}
	return 0
}

// ack and nak make answers; each has a number of its own.
func (c *Camera) ack(cmd ucam.Command) ucam.Frame {
	c.s.counter++
	return ucam.NewFrame(c.opts.Address, ucam.CmdAck, byte(cmd), c.s.counter)
}

func (c *Camera) refuse(ctx context.Context, line serialsim.Line, code ucam.Code) error {
	c.s.counter++
	return c.reply(ctx, line, ucam.NewFrame(c.opts.Address, ucam.CmdNAK, 0, c.s.counter, byte(code)))
}

// reply sends frames.
func (c *Camera) reply(ctx context.Context, line serialsim.Line, frames ...ucam.Frame) error {
	var p []byte
	if c.chance(c.Faults().Noise) {
		p = append(p, serialsim.Noise(c.engine.Rand)...)
	}
	for _, f := range frames {
		p = append(p, f[:]...)
	}
	return c.engine.Send(ctx, line, p)
}
