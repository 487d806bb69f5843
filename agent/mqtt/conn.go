package mqtt

import (
	"errors"
	"net"
	"sync"
	"time"
)

// writeTimeout bounds one write: longer than usual radio outages, and than the
// 8 s that a modem's buffer full of an upload can take.
const writeTimeout = 30 * time.Second

// errDropped is what a Read returns once this side has closed the connection, in
// place of net.ErrClosed: at that one paho ends its reader and tells nobody, so
// that the client would seem connected until its next ping failed.
var errDropped = errors.New("connection dropped by this side")

// conn is a connection as paho gets it: what comes in is checked, each write is
// bounded (paho bounds only its PUBLISH), a failed write ends it, and so does
// expire.
type conn struct {
	net.Conn          // the raw connection, or TLS over it
	raw      net.Conn // Close ends this one: a TLS close alert could wait 5 s
	in       guard
	every    time.Duration // the keep-alive that a CONNECT promises
	done     chan struct{} // closed by Close

	mu          sync.Mutex // guards the deadlines and all below
	until       time.Time  // no deadline goes beyond it; zero: no bound
	closed      bool
	sent, heard time.Time // the last packets
}

// newConn makes a conn that may subscribe to that many topics, in one packet, and
// promises the broker that keep-alive.
func newConn(over, raw net.Conn, topics int, every time.Duration) *conn {
	now := time.Now()
	return &conn{
		Conn: over, raw: raw, in: guard{r: over, topics: topics}, every: every,
		done: make(chan struct{}), sent: now, heard: now,
	}
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = time.Now()
	if err != nil && (c.closed || errors.Is(err, net.ErrClosed)) {
		err = errDropped
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	now := time.Now()
	c.sent = now
	err := c.Conn.SetWriteDeadline(c.bound(now.Add(writeTimeout)))
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	c.in.sent(p)
	n, err := c.Conn.Write(promising(p, c.every))
	if err != nil {
		c.Close() // half a packet may have left: nothing can follow it
	}
	return n, err
}

// SetDeadline bounds reads; each write has its own bound.
func (c *conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.SetReadDeadline(c.bound(t))
}

// SetReadDeadline is SetDeadline.
func (c *conn) SetReadDeadline(t time.Time) error { return c.SetDeadline(t) }

// SetWriteDeadline does nothing: each write has its own bound.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// expire ends every read and write, those under way and those to come, after d.
func (c *conn) expire(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Now().Add(d)
	_ = c.Conn.SetDeadline(c.until) // fails only where the connection has ended already
}

// bound is t, or until where that comes first. mu is held.
func (c *conn) bound(t time.Time) time.Time {
	if !c.until.IsZero() && (t.IsZero() || c.until.Before(t)) {
		return c.until
	}
	return t
}

// Close ends the connection at once, without a word to the other side. A second
// Close does nothing.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	close(c.done)
	return c.raw.Close()
}
