package mqtttest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeBuffer is how much each direction holds before a write waits, in bytes:
// about what a TCP connection does. net.Pipe holds nothing, and TLS over it stops
// for ever when both sides speak at once.
const pipeBuffer = 64 << 10

// Conn is one end of a Pipe.
type Conn struct {
	in, out *half
}

// Pipe makes a connection in memory, with buffers and deadlines like TCP's. It
// can be used in a synctest bubble.
func Pipe() (a, b *Conn) {
	x, y := newHalf(), newHalf()
	return &Conn{in: x, out: y}, &Conn{in: y, out: x}
}

// Read, Write and the rest are net.Conn's.
func (c *Conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *Conn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close ends both directions: the other side reads what has been written, then
// io.EOF.
func (c *Conn) Close() error {
	c.in.close(true)
	c.out.close(false)
	return nil
}

// Vanish is a radio that has gone: what either side writes from now on is lost,
// and neither is told.
func (c *Conn) Vanish() {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		h.gone, h.buf = true, nil
		h.mu.Unlock()
	}
}

// SetDeadline bounds reads and writes, also those under way.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	c.out.writeBy.set(c.out, t)
	return nil
}

// SetReadDeadline bounds reads.
func (c *Conn) SetReadDeadline(t time.Time) error { c.in.readBy.set(c.in, t); return nil }

// SetWriteDeadline bounds writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { c.out.writeBy.set(c.out, t); return nil }

// LocalAddr and RemoteAddr name no place.
func (c *Conn) LocalAddr() net.Addr  { return addr{} }
func (c *Conn) RemoteAddr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "pipe" }

// half is one direction.
type half struct {
	mu       sync.Mutex // guards all below
	changed  sync.Cond
	buf      []byte
	noReader bool // the reading side has closed
	noWriter bool // the writing side has closed
	gone     bool // writes vanish
	readBy   deadline
	writeBy  deadline
}

func newHalf() *half {
	h := &half{}
	h.changed.L = &h.mu
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.noReader:
			return 0, net.ErrClosed
		case h.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case len(h.buf) > 0:
			n := copy(p, h.buf)
			h.buf = h.buf[n:]
			h.changed.Broadcast()
			return n, nil
		case h.noWriter && !h.gone:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.noWriter:
			return n, net.ErrClosed
		case h.writeBy.passed():
			return n, os.ErrDeadlineExceeded
		case h.gone:
			return n + len(p), nil
		case h.noReader:
			return n, io.ErrClosedPipe
		}
		take := min(len(p), pipeBuffer-len(h.buf))
		h.buf = append(h.buf, p[:take]...)
		n, p = n+take, p[take:]
		h.changed.Broadcast()
		if len(p) == 0 {
			return n, nil
		}
		h.changed.Wait()
	}
}

func (h *half) close(reader bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if reader {
		h.noReader, h.buf = true, nil
		h.readBy.stop()
	} else {
		h.noWriter = true
		h.writeBy.stop()
	}
	h.changed.Broadcast()
}

// deadline wakes a half's waiters once it has passed. The half's mu guards it.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) set(h *half, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.stop()
	d.at = t
	if !t.IsZero() {
		d.timer = time.AfterFunc(time.Until(t), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.changed.Broadcast()
		})
	}
	h.changed.Broadcast()
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
