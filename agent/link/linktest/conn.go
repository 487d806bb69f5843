package linktest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// socketBuffer is how many bytes one direction holds that its reader has not
// taken: small against a photo, as a socket's buffer is.
const socketBuffer = 64 << 10

// slowPiece is how many bytes at a time a limited line moves.
const slowPiece = 1460

// stream is one direction of a connection.
type stream struct {
	mu      sync.Mutex // guards all below
	changed chan struct{}
	buf     []byte
	ended   bool  // the writer closed: EOF after buf
	gone    bool  // the reader closed: writes fail
	err     error // reset
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

// update changes the stream under its lock and wakes all that wait for it.
func (s *stream) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Conn is one end of a connection.
type Conn struct {
	net           *Net
	in, out       *stream
	local, remote Addr
	read, write   *deadline
	once          sync.Once
	closed        chan struct{}
}

func newConn(n *Net, local, remote Addr, in, out *stream) *Conn {
	return &Conn{net: n, in: in, out: out, local: local, remote: remote,
		read: newDeadline(), write: newDeadline(), closed: make(chan struct{})}
}

// over tells whether this end was closed.
func (c *Conn) over() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

func (c *Conn) Read(p []byte) (int, error) {
	for {
		late, moved := c.read.passed()
		switch {
		case c.over():
			return 0, c.opError("read", net.ErrClosed)
		case late:
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		}
		cut, _, netChanged := c.net.state()
		s := c.in
		s.mu.Lock()
		changed, err := s.changed, s.err
		if err == nil && cut != BlackHoled && len(s.buf) > 0 {
			n := copy(p, s.buf)
			s.buf = s.buf[n:]
			close(s.changed)
			s.changed = make(chan struct{})
			s.mu.Unlock()
			return n, nil
		}
		ended := s.ended && cut != BlackHoled
		s.mu.Unlock()
		switch {
		case err != nil:
			return 0, c.opError("read", err)
		case ended:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		select {
		case <-changed:
		case <-netChanged:
		case <-moved:
		case <-c.closed:
		}
	}
}

func (c *Conn) Write(p []byte) (int, error) {
	total := 0
	for {
		late, moved := c.write.passed()
		switch {
		case c.over():
			return total, c.opError("write", net.ErrClosed)
		case late:
			return total, c.opError("write", os.ErrDeadlineExceeded)
		}
		cut, rate, netChanged := c.net.state()
		s := c.out
		s.mu.Lock()
		changed, err := s.changed, s.err
		if err == nil && s.gone && cut != BlackHoled {
			err = syscall.EPIPE
		}
		n := min(socketBuffer-len(s.buf), len(p))
		if rate > 0 {
			n = min(n, slowPiece)
		}
		if err == nil && n > 0 {
			s.buf = append(s.buf, p[:n]...)
			close(s.changed)
			s.changed = make(chan struct{})
			p, total = p[n:], total+n
		}
		s.mu.Unlock()
		switch {
		case err != nil:
			return total, c.opError("write", err)
		case n > 0 && rate > 0:
			// The sender's interface is what is slow: it is busy for so long.
			c.pause(time.Duration(n) * time.Second / time.Duration(rate))
		}
		if len(p) == 0 {
			return total, nil
		}
		if n > 0 {
			continue
		}
		select {
		case <-changed:
		case <-netChanged:
		case <-moved:
		case <-c.closed:
		}
	}
}

// pause waits for d, or less where the connection ends or its deadline passes.
func (c *Conn) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		late, moved := c.write.passed()
		c.out.mu.Lock()
		changed, err := c.out.changed, c.out.err
		c.out.mu.Unlock()
		if late || err != nil {
			return
		}
		select {
		case <-t.C:
			return
		case <-c.closed:
			return
		case <-moved:
		case <-changed:
		}
	}
}

// Close ends both directions: the peer reads what was written, then EOF; its
// writes fail.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.net.forget(c)
		// In this order: a peer that has read EOF can no longer write.
		c.in.update(func() { c.in.gone, c.in.buf = true, nil })
		c.out.update(func() { c.out.ended = true })
		c.read.set(time.Time{}) // stops its timer
		c.write.set(time.Time{})
	})
	return nil
}

// reset ends both directions at once, losing what is under way.
func (c *Conn) reset() {
	for _, s := range []*stream{c.in, c.out} {
		s.update(func() { s.err, s.buf = syscall.ECONNRESET, nil })
	}
}

// LocalAddr is this end's address.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline bounds reads and writes, also those under way.
func (c *Conn) SetDeadline(t time.Time) error {
	c.read.set(t)
	c.write.set(t)
	return nil
}

// SetReadDeadline bounds reads.
func (c *Conn) SetReadDeadline(t time.Time) error { c.read.set(t); return nil }

// SetWriteDeadline bounds writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { c.write.set(t); return nil }

func (c *Conn) opError(op string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, errno)
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// deadline is a point in time that can be moved while somebody waits for it.
type deadline struct {
	mu    sync.Mutex // guards all below
	at    time.Time
	timer *time.Timer
	ch    chan struct{} // closed when at has passed or was moved
}

func newDeadline() *deadline { return &deadline{ch: make(chan struct{})} }

// set moves the deadline and wakes all waiters, which look again.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	close(d.ch)
	d.ch = make(chan struct{})
	d.at = t
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		ch := d.ch
		d.timer = time.AfterFunc(wait, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.ch == ch {
				close(d.ch)
				d.ch = make(chan struct{})
			}
		})
	}
}

// passed tells whether the deadline lies in the past, and gives a channel that is
// closed when that may have changed.
func (d *deadline) passed() (bool, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.at.IsZero() && !time.Now().Before(d.at), d.ch
}
