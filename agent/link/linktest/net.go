// Package linktest is a network in memory, for tests of whatever talks to the
// cloud. It works inside a testing/synctest bubble: every wait is on a channel
// of the bubble, and a stopped line lets simulated time run on.
//
// Bytes are buffered like in a socket, so that both ends may write at once
// (crypto/tls and net/http deadlock over net.Pipe otherwise). It can be cut in
// the two ways that a mobile link fails, and slowed to a rate.
package linktest

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Cut is how a network fails.
type Cut int

// The ways to fail.
const (
	// Whole: the network works.
	Whole Cut = iota
	// Severed: open connections are reset, new ones are refused.
	Severed
	// BlackHoled: bytes get nowhere and nobody is told; connecting waits. After
	// Restore what was written arrives, as TCP would send it again.
	BlackHoled
)

// connectTimeout is how long connecting into a black hole takes to fail where
// the caller's context allows more, as Linux does with tcp_syn_retries of 6.
const connectTimeout = 127 * time.Second

// Net is one network; New makes it. Its methods may be called from any
// goroutine, of one synctest bubble where one is used.
type Net struct {
	mu        sync.Mutex // guards all below
	cut       Cut
	changed   chan struct{} // closed at each change of cut or of rate, then replaced
	rate      int           // bytes per second in each direction of each connection; 0 is unlimited
	listeners map[string]*listener
	conns     map[*Conn]struct{} // both ends of each open connection
	dials     int
	nextPort  int
}

// New is a network that works, without listeners.
func New() *Net {
	return &Net{changed: make(chan struct{}), listeners: make(map[string]*listener), conns: make(map[*Conn]struct{}), nextPort: 40000}
}

// Listen waits for connections to addr, any text that dialers use as well.
func (n *Net) Listen(addr string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[addr] != nil {
		return nil, opError("listen", addr, syscall.EADDRINUSE)
	}
	l := &listener{net: n, addr: Addr(addr), accept: make(chan *Conn), closed: make(chan struct{})}
	n.listeners[addr] = l
	return l, nil
}

// Dial connects to addr; it has the form of net.Dialer.DialContext.
func (n *Net) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	n.dials++
	n.mu.Unlock()
	timeout := time.NewTimer(connectTimeout)
	defer timeout.Stop()
	for {
		n.mu.Lock()
		cut, changed, l := n.cut, n.changed, n.listeners[addr]
		n.mu.Unlock()
		var near, far *Conn
		var accept chan<- *Conn
		var closed <-chan struct{}
		switch {
		case cut == Severed:
			return nil, opError("dial", addr, syscall.ENETUNREACH)
		case cut == BlackHoled:
		case l == nil:
			return nil, opError("dial", addr, syscall.ECONNREFUSED)
		default:
			if near, far = n.pair(l.addr); near == nil {
				continue // cut since the look
			}
			accept, closed = l.accept, l.closed
		}
		var err error
		select {
		case accept <- far:
			return near, nil
		case <-closed:
		case <-changed:
		case <-ctx.Done():
			err = opError("dial", addr, ctx.Err())
		case <-timeout.C:
			err = opError("dial", addr, syscall.ETIMEDOUT)
		}
		if near != nil {
			n.forget(near)
			n.forget(far)
		}
		if err != nil {
			return nil, err
		}
	}
}

// pair makes the two ends of a connection to addr. They are known before the
// listener has one, so that no cut misses them; nil while the network is cut.
func (n *Net) pair(addr Addr) (near, far *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut != Whole {
		return nil, nil
	}
	n.nextPort++
	from := Addr(fmt.Sprintf("dialer:%d", n.nextPort))
	up, down := newStream(), newStream()
	near = newConn(n, from, addr, down, up)
	far = newConn(n, addr, from, up, down)
	n.conns[near], n.conns[far] = struct{}{}, struct{}{}
	return near, far
}

// Cut makes the network fail in that way.
func (n *Net) Cut(how Cut) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if how == Severed {
		n.reset() // before anybody sees the change: what waited in a black hole is lost
	}
	n.cut = how
	n.announce()
}

// Restore ends a Cut.
func (n *Net) Restore() { n.Cut(Whole) }

// Reset resets all connections, those that are being made too, and leaves the
// network Whole. It is one step: unlike a Cut that is restored at once, it has no
// moment in which another goroutine finds the network unreachable.
func (n *Net) Reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reset()
	n.cut = Whole
	n.announce()
}

// reset resets all connections; n.mu is held.
func (n *Net) reset() {
	for c := range n.conns {
		c.reset()
	}
	clear(n.conns)
}

// Limit slows each direction of each connection to so many bytes per second; 0
// is unlimited.
func (n *Net) Limit(bytesPerSecond int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rate = bytesPerSecond
	n.announce()
}

// Dials counts the calls of Dial.
func (n *Net) Dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// announce wakes all that wait for a change; n.mu is held.
func (n *Net) announce() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// state is what a connection needs to know before it moves bytes.
func (n *Net) state() (cut Cut, rate int, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut, n.rate, n.changed
}

// forget drops a closed connection.
func (n *Net) forget(c *Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}

// listener is one listening address.
type listener struct {
	net    *Net
	addr   Addr
	accept chan *Conn
	once   sync.Once
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, opError("accept", string(l.addr), net.ErrClosed)
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, string(l.addr))
		l.net.mu.Unlock()
		close(l.closed)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

// Addr is an address on a Net.
type Addr string

// Network is always "tcp", so that nobody needs to know.
func (Addr) Network() string { return "tcp" }

func (a Addr) String() string { return string(a) }

// opError has the form that package net gives its errors.
func opError(op, addr string, err error) error {
	if e, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, e)
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: Addr(addr), Err: err}
}
