// Package proxy stands for the network between a controller and its cloud: a TCP
// forwarder that can be cut, made a black hole, or slowed, while it runs.
//
// It works on bytes of a stream, not on packets: loss and delay show as a lower
// rate only. It listens on this machine's loopback addresses alone.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"fieldcam/cmd/fieldcam-sim/internal/loopback"
)

// Mode is the state of the network.
type Mode int32

// The modes.
const (
	Open Mode = iota
	// Cut: connections are reset, new ones refused, as without a route.
	Cut
	// Hole: connections stay and carry nothing, as when the modem lost its cell.
	Hole
)

// acceptPause is the pause after a connection that could not be accepted, for
// want of file descriptors.
const acceptPause = 50 * time.Millisecond

// Proxy forwards connections to its own port to one target address. Its methods
// may be called from any goroutine.
type Proxy struct {
	addr  string
	bytes atomic.Int64
	limit *rate.Limiter // of both directions together

	mu       sync.Mutex // guards all below
	target   string
	mode     Mode
	changed  chan struct{} // closed at each change of mode
	listener net.Listener
	lines    map[*line]struct{}
	wait     sync.WaitGroup // Add is called with mu held and not closed
	closed   bool
}

// Listen starts a Proxy on a free loopback port, open and unlimited.
func Listen(target string) (*Proxy, error) {
	p := &Proxy{target: target, changed: make(chan struct{}), limit: rate.NewLimiter(rate.Inf, chunk), lines: map[*line]struct{}{}}
	l, err := loopback.Listen()
	if err != nil {
		return nil, fmt.Errorf("open proxy: %w", err)
	}
	p.addr = l.Addr().String()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listen(l)
	return p, nil
}

// Addr is the address to connect to; it stays the same.
func (p *Proxy) Addr() string { return p.addr }

// Bytes counts those forwarded, both ways.
func (p *Proxy) Bytes() int64 { return p.bytes.Load() }

// SetRate limits both directions together to bytes a second; 0 is no limit.
func (p *Proxy) SetRate(bytesPerSecond int) {
	limit := rate.Inf
	if bytesPerSecond > 0 {
		limit = rate.Limit(bytesPerSecond)
	}
	p.limit.SetLimit(limit)
}

// SetTarget leads new connections to another address, as a captive portal does.
func (p *Proxy) SetTarget(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// SetMode changes the state of the network. An error means that the port, closed
// by Cut, could not be opened again; the network stays cut then.
func (p *Proxy) SetMode(m Mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.mode == m {
		return nil
	}
	switch {
	case m == Cut:
		p.listener.Close()
		p.reset()
	case p.mode == Cut:
		l, err := net.Listen("tcp", p.addr)
		if err != nil {
			return fmt.Errorf("reopen proxy: %w", err)
		}
		p.listen(l)
	}
	p.mode = m
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

// Reset breaks the connections of now; new ones are welcome.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset()
}

// reset needs mu.
func (p *Proxy) reset() {
	for l := range p.lines {
		l.reset()
	}
}

// Close ends everything and waits for it. A second Close does nothing.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.listener.Close()
	p.reset()
	p.mu.Unlock()
	p.wait.Wait()
}

// listen accepts on l until it is closed; it needs mu.
func (p *Proxy) listen(l net.Listener) {
	p.listener = l
	p.wait.Go(func() {
		for {
			c, err := l.Accept()
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err != nil:
				time.Sleep(acceptPause)
			default:
				p.admit(c)
			}
		}
	})
}

// admit starts to forward near, unless it is too late for it.
func (p *Proxy) admit(near net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.mode == Cut {
		near.Close()
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &line{p: p, near: near, target: p.target, broken: ctx, cancel: cancel}
	p.lines[l] = struct{}{}
	p.wait.Go(func() {
		l.forward()
		p.mu.Lock()
		delete(p.lines, l)
		p.mu.Unlock()
	})
}

// pass waits while the network is a hole, until broken ends.
func (p *Proxy) pass(broken context.Context) error {
	for {
		p.mu.Lock()
		mode, changed := p.mode, p.changed
		p.mu.Unlock()
		if err := broken.Err(); err != nil || mode == Open {
			return err
		}
		select {
		case <-changed:
		case <-broken.Done():
		}
	}
}
