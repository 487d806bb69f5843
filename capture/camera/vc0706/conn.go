package vc0706

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"fieldcam/hal"
)

const (
	// commandTries is how often a command is sent until a reply to it comes.
	// Every command that is sent so may be repeated without harm.
	commandTries = 3
	// quietGap is how long nothing must arrive before the line counts as quiet
	// behind a damaged answer.
	quietGap = 50 * time.Millisecond
	// quietLimit bounds the wait for that: the largest ReplyTimeout and a chunk at
	// 9600 baud.
	quietLimit = 40 * time.Second
	// shownBytes is how much of an unexpected answer an error quotes.
	shownBytes = 16
)

// conn talks to one camera over one open port. It belongs to one Shoot.
type conn struct {
	port    hal.Port
	number  byte          // the camera's device number
	timeout time.Duration // for each reply

	buf  [512]byte // what was read and not used: buf[r:w]
	r, w int
	seen []byte // the last bytes used, at most shownBytes, for errors

	mu      sync.Mutex
	stopped bool // every wait must end; guarded by mu
}

// watch ends every wait of c as soon as ctx ends. The caller calls release when
// it is done with c; watch's goroutine has ended then.
func (c *conn) watch(ctx context.Context) (release func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stopped = true
		_ = c.port.SetDeadline(time.Unix(1, 0)) // a closed port ends its waits itself
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// arm sets the deadline of the next read or write, unless c has been stopped.
func (c *conn) arm(until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		until = time.Unix(1, 0)
	}
	return c.port.SetDeadline(until)
}

// fill reads what arrives until then, at least one byte, into the empty buffer.
func (c *conn) fill(ctx context.Context, until time.Time) error {
	if err := c.arm(until); err != nil {
		return err
	}
	n, err := c.port.Read(c.buf[:])
	c.r, c.w = 0, n
	if n > 0 {
		return nil
	}
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	return err
}

func (c *conn) readByte(ctx context.Context, until time.Time) (byte, error) {
	if c.r == c.w {
		if err := c.fill(ctx, until); err != nil {
			return 0, err
		}
	}
	b := c.buf[c.r]
	c.r++
	if len(c.seen) == shownBytes {
		c.seen = append(c.seen[:0], c.seen[1:]...)
	}
	c.seen = append(c.seen, b)
	return b, nil
}

// readFull fills p. Each wait for more ends after gap, all of it at the time
// until. n is how many bytes came.
func (c *conn) readFull(ctx context.Context, p []byte, gap time.Duration, until time.Time) (n int, err error) {
	for n < len(p) {
		if c.r == c.w {
			next := time.Now().Add(gap)
			if next.After(until) {
				next = until
			}
			if err := c.fill(ctx, next); err != nil {
				return n, err
			}
		}
		k := copy(p[n:], c.buf[c.r:c.w])
		c.r += k
		n += k
	}
	return n, nil
}

// discard forgets what has arrived.
func (c *conn) discard() error {
	c.r, c.w = 0, 0
	c.seen = c.seen[:0]
	return c.port.Discard()
}

// quiet waits until nothing has come for gap, and forgets what came.
func (c *conn) quiet(ctx context.Context, gap time.Duration) error {
	end := time.Now().Add(quietLimit)
	for time.Now().Before(end) {
		err := c.fill(ctx, time.Now().Add(gap))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return c.discard()
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("the camera does not stop sending: want a quiet line, got bytes for %v", quietLimit)
}

// send writes one command, after forgetting what an earlier one left behind.
func (c *conn) send(ctx context.Context, cmd Command, data ...byte) error {
	if err := c.discard(); err != nil {
		return err
	}
	if err := c.arm(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	frame := append([]byte{CommandMark, c.number, byte(cmd), byte(len(data))}, data...)
	if _, err := c.port.Write(frame); err != nil {
		if cerr := ctx.Err(); cerr != nil {
			return cerr
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
		var silent *SilenceError
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
		b, err := c.readByte(ctx, until)
		if err != nil {
			return nil, c.silence(cmd, timeout, err)
		}
		last = [3]byte{last[1], last[2], b}
	}
	status, err := c.readByte(ctx, until)
	if err != nil {
		return nil, c.silence(cmd, timeout, err)
	}
	if Status(status) != StatusOK {
		// What follows, if anything, is of no use: one manual has a data byte
		// there, the others none.
		return nil, &StatusError{Command: cmd, Status: Status(status)}
	}
	count, err := c.readByte(ctx, until)
	if err != nil {
		return nil, c.silence(cmd, timeout, err)
	}
	if count > MaxData {
		return nil, &SilenceError{Command: cmd, Wait: timeout, Got: bytes.Clone(c.seen)}
	}
	data := make([]byte, count)
	for i := range data {
		if data[i], err = c.readByte(ctx, until); err != nil {
			return nil, c.silence(cmd, timeout, err)
		}
	}
	return data, nil
}

// silence makes a SilenceError of a read that ran into its deadline; other
// errors stay what they are.
func (c *conn) silence(cmd Command, timeout time.Duration, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &SilenceError{Command: cmd, Wait: timeout, Got: bytes.Clone(c.seen)}
	}
	return err
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
