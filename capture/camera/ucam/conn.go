package ucam

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fieldcam/capture/camera/serial"
)

const (
	// commandTries is how often a command is sent until it is acknowledged. Every
	// command that is sent so may be repeated without harm.
	commandTries = 3
	// quietGap is how long nothing must arrive before the line counts as quiet
	// behind a damaged answer.
	quietGap = 30 * time.Millisecond
)

// conn talks to one camera over one open port. It belongs to one Shoot.
type conn struct {
	*serial.Conn
	address byte
	timeout time.Duration // for each reply
	size    int           // of a package
}

// send writes one command.
func (c *conn) send(ctx context.Context, cmd Command, p ...byte) error {
	f := NewFrame(c.address, cmd, p...)
	if err := c.Write(ctx, f[:], c.timeout); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("send %v: %w", cmd, err)
	}
	return nil
}

// command sends a command until it is acknowledged. A refusal that another try
// does not change is an error after commandTries too.
func (c *conn) command(ctx context.Context, cmd Command, p ...byte) (err error) {
	for range commandTries {
		if err = c.Discard(); err != nil {
			return err
		}
		if err = c.send(ctx, cmd, p...); err != nil {
			return err
		}
		if err = c.acknowledged(ctx, cmd, time.Now().Add(c.timeout)); err == nil || !again(err) {
			return err
		}
	}
	return err
}

// again tells whether err is worth a second try.
func again(err error) bool {
	var nak *NAKError
	var silent *serial.SilenceError
	var damaged *packageError
	return errors.As(err, &nak) || errors.As(err, &silent) || errors.As(err, &damaged)
}

// acknowledged waits for the ACK of cmd. Whatever stands before it is skipped: the
// answers to earlier commands, noise.
func (c *conn) acknowledged(ctx context.Context, cmd Command, until time.Time) error {
	start := time.Now()
	_, err := c.await(ctx, until, func(f Frame) bool {
		return f.Command() == CmdAck && f[2] == byte(cmd) && f[4] == 0 && f[5] == 0
	})
	return c.explain(cmd, time.Since(start), err)
}

// explain makes errors of reading those of a command.
func (c *conn) explain(cmd Command, waited time.Duration, err error) error {
	var nak *NAKError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return silence(cmd, waited, c.Seen())
	case errors.As(err, &nak):
		nak.Command = cmd
	}
	return err
}

func silence(cmd Command, waited time.Duration, got []byte) error {
	return &serial.SilenceError{Want: fmt.Sprintf("%v: want a reply", cmd), Wait: waited, Got: got}
}

// await reads until a frame comes that is wanted. A NAK is a NAKError.
func (c *conn) await(ctx context.Context, until time.Time, wanted func(Frame) bool) (Frame, error) {
	var f Frame
	for n := 1; ; n++ {
		b, err := c.Next(ctx, until)
		if err != nil {
			return f, err
		}
		copy(f[:], f[1:])
		f[FrameBytes-1] = b
		if n < FrameBytes || f[0] != Mark || f.Address() != c.address {
			continue
		}
		if f.Command() == CmdNAK && f[2] == 0 && f[5] == 0 {
			return f, &NAKError{Code: Code(f[4])}
		}
		if wanted(f) {
			return f, nil
		}
	}
}
