package vc0706

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fieldcam/capture/camera/serial"
)

const (
	// commandTries is how often a command is sent until a reply to it comes.
	// Every command that is sent so may be repeated without harm.
	commandTries = 3
	// quietGap is how long nothing must arrive before the line counts as quiet
	// behind a damaged answer.
	quietGap = 50 * time.Millisecond
)

// conn talks to one camera over one open port. It belongs to one Shoot.
type conn struct {
	*serial.Conn
	number  byte          // the camera's device number
	timeout time.Duration // for each reply
	rates   []int         // at which the camera may be
	part    int           // bytes of a picture to ask for at once
	delay   time.Duration // that the camera waits before each part
}

// send writes one command, after forgetting what an earlier one left behind.
func (c *conn) send(ctx context.Context, cmd Command, data ...byte) error {
	if err := c.Discard(); err != nil {
		return err
	}
	frame := append([]byte{CommandMark, c.number, byte(cmd), byte(len(data))}, data...)
	if err := c.Write(ctx, frame, c.timeout); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("send command %02X: %w", byte(cmd), err)
	}
	return nil
}

// command sends a command and waits for its reply, again where none came or the
// camera did not understand. It returns the reply's data.
func (c *conn) command(ctx context.Context, cmd Command, data ...byte) (reply []byte, err error) {
	for range commandTries {
		reply, err = c.once(ctx, c.timeout, cmd, data...)
		var silent *serial.SilenceError
		var status *StatusError
		if !errors.As(err, &silent) && !errors.As(err, &status) {
			return reply, err
		}
	}
	return nil, err
}

// once is command without a second try, and with a bound of its own.
func (c *conn) once(ctx context.Context, timeout time.Duration, cmd Command, data ...byte) ([]byte, error) {
	if err := c.send(ctx, cmd, data...); err != nil {
		return nil, err
	}
	return c.reply(ctx, cmd, timeout)
}

// reply waits for the reply to cmd. Whatever stands before it is skipped: boot
// text, motion events, the tail of another reply, noise.
func (c *conn) reply(ctx context.Context, cmd Command, timeout time.Duration) ([]byte, error) {
	until := time.Now().Add(timeout)
	head := []byte{ReplyMark, c.number, byte(cmd)}
	var last [3]byte
	for n := 0; n < len(last) || !bytes.Equal(last[:], head); n++ {
		b, err := c.Next(ctx, until)
		if err != nil {
			return nil, c.silence(cmd, timeout, err)
		}
		last = [3]byte{last[1], last[2], b}
	}
	status, err := c.Next(ctx, until)
	if err != nil {
		return nil, c.silence(cmd, timeout, err)
	}
	if Status(status) != StatusOK {
		// What follows, if anything, is of no use: one manual has a data byte
		// there, the others none.
		return nil, &StatusError{Command: cmd, Status: Status(status)}
	}
	count, err := c.Next(ctx, until)
	if err != nil {
		return nil, c.silence(cmd, timeout, err)
	}
	if count > MaxData {
		return nil, c.nothing(cmd, timeout)
	}
	data := make([]byte, count)
	for i := range data {
		if data[i], err = c.Next(ctx, until); err != nil {
			return nil, c.silence(cmd, timeout, err)
		}
	}
	return data, nil
}

// silence makes a SilenceError of a read that ran into its deadline; other
// errors stay what they are.
func (c *conn) silence(cmd Command, timeout time.Duration, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return c.nothing(cmd, timeout)
	}
	return err
}

func (c *conn) nothing(cmd Command, timeout time.Duration) error {
	want := fmt.Sprintf("command %02X: want a reply %02X … %02X", byte(cmd), ReplyMark, byte(cmd))
	return &serial.SilenceError{Want: want, Wait: timeout, Got: c.Seen()}
}
