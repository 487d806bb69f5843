// Package serial is a conversation over a serial port: every wait in it has a
// bound, and ends at once with the context that watches over it.
//
// Out of scope: what is said. Each camera's driver knows that.
package serial

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
	// ShownBytes is how much of an unexpected answer an error quotes.
	ShownBytes = 16
	// quietLimit bounds Quiet's wait: the largest time-out for a reply, and a part of a
	// picture at 9600 baud.
	quietLimit = 40 * time.Second
)

// fifoBytes is what a UART may hold back until it wakes its reader: at 9600 baud it
// is silent for 67 ms in the middle of a picture.
const fifoBytes = 64

// New talks over port, which is at baud and stays the caller's to close.
func New(port hal.Port, baud int) *Conn { return &Conn{port: port, baud: baud} }

// Conn is one open port in use. It is for one goroutine at a time, but for the end
// of Watch's context.
type Conn struct {
	port hal.Port
	baud int
	// silence is how long reads have waited since something came last.
	silence time.Duration

	buf  [512]byte // what was read and not used: buf[r:w]
	r, w int
	seen []byte // the last bytes that Next gave, at most ShownBytes

	mu      sync.Mutex
	stopped bool // every wait must end; guarded by mu
}

// Watch ends every wait of c as soon as ctx ends. The caller calls release when
// it is done with c; Watch's goroutine has ended then.
func (c *Conn) Watch(ctx context.Context) (release func()) {
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
func (c *Conn) arm(until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		until = time.Unix(1, 0)
	}
	return c.port.SetDeadline(until)
}

// fill reads what arrives until then, at least one byte, into the empty buffer.
func (c *Conn) fill(ctx context.Context, until time.Time) error {
	if err := c.arm(until); err != nil {
		return err
	}
	start := time.Now()
	n, err := c.port.Read(c.buf[:])
	c.r, c.w = 0, n
	if n > 0 {
		c.silence = 0
		return nil
	}
	c.silence += time.Since(start)
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	return err
}

// Begun waits until a byte has come that was not used, until then.
func (c *Conn) Begun(ctx context.Context, until time.Time) error {
	if c.r < c.w {
		return nil
	}
	return c.fill(ctx, until)
}

// Next waits for the next byte, until then.
func (c *Conn) Next(ctx context.Context, until time.Time) (byte, error) {
	if c.r == c.w {
		if err := c.fill(ctx, until); err != nil {
			return 0, err
		}
	}
	b := c.buf[c.r]
	c.r++
	if len(c.seen) == ShownBytes {
		c.seen = append(c.seen[:0], c.seen[1:]...)
	}
	c.seen = append(c.seen, b)
	return b, nil
}

// ReadFull fills p. Each wait for more ends after gap, all of it at the time
// until. n is how many bytes came.
func (c *Conn) ReadFull(ctx context.Context, p []byte, gap time.Duration, until time.Time) (n int, err error) {
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

// Discard forgets what has arrived.
func (c *Conn) Discard() error {
	c.r, c.w = 0, 0
	c.seen = c.seen[:0]
	return c.port.Discard()
}

// Quiet waits until nothing has come for gap and what a UART may hold back, and
// forgets what came. A line that does not fall silent within quietLimit is an error.
func (c *Conn) Quiet(ctx context.Context, gap time.Duration) error {
	gap += fifoBytes * 10 * time.Second / time.Duration(c.baud)
	end := time.Now().Add(quietLimit)
	for time.Now().Before(end) {
		err := c.fill(ctx, time.Now().Add(gap))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return c.Discard()
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("the camera does not stop sending: want a quiet line, got bytes for %v", quietLimit)
}

// Write hands p over, within timeout.
func (c *Conn) Write(ctx context.Context, p []byte, timeout time.Duration) error {
	if err := c.arm(time.Now().Add(timeout)); err != nil {
		return err
	}
	if _, err := c.port.Write(p); err != nil {
		if cerr := ctx.Err(); cerr != nil {
			return cerr
		}
		return err
	}
	return nil
}

// Silence is for how long, in all, reads have waited since something came last.
func (c *Conn) Silence() time.Duration { return c.silence }

// SetBaud changes the port's rate once all that was written has left.
func (c *Conn) SetBaud(baud int) error {
	c.baud = baud
	return c.port.SetBaud(baud)
}

// Seen are the last bytes that Next gave since Discard, at most ShownBytes, for
// an error to quote.
func (c *Conn) Seen() []byte { return bytes.Clone(c.seen) }

// Pause waits for d or the end of ctx.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
