package sim

import (
	"fmt"
	"os"
	"time"
)

// port is the board's end of a link.
type port struct {
	link     *link
	deadline time.Time // guarded by link.mu
}

// check says why the port cannot be used. The caller holds the link.
func (p *port) check() error {
	switch {
	case p.link.owner != p:
		return p.link.errClosed()
	case p.link.gone:
		return p.link.errGone()
	}
	return nil
}

// late says whether the deadline has passed. The caller holds the link.
func (p *port) late() bool { return !p.deadline.IsZero() && !time.Now().Before(p.deadline) }

// Read implements hal.Port.
func (p *port) Read(b []byte) (int, error) {
	l := p.link
	l.lock()
	defer l.mu.Unlock()
	for {
		if err := p.check(); err != nil {
			return 0, err
		}
		if len(b) == 0 {
			return 0, nil
		}
		if p.late() {
			// Also where bytes wait, as for a file of the kernel's poller.
			return 0, os.ErrDeadlineExceeded
		}
		ok, at := l.toPort.ready(len(b))
		if ok {
			return l.toPort.read(b), nil
		}
		// A kernel's reader gets what is there rather than nothing.
		if len(l.toPort.arrived) > 0 && !p.deadline.IsZero() && p.deadline.Before(at) {
			return l.toPort.read(b), nil
		}
		l.wait(at, p.deadline)
	}
}

// Write implements hal.Port.
func (p *port) Write(b []byte) (int, error) {
	l := p.link
	l.lock()
	defer l.mu.Unlock()
	for done := 0; ; {
		if err := p.check(); err != nil {
			return done, err
		}
		if done == len(b) {
			return done, nil
		}
		if p.late() {
			return done, os.ErrDeadlineExceeded
		}
		if room := bufferBytes - l.toFar.onWay(); room > 0 {
			n := min(room, len(b)-done)
			l.toFar.send(time.Now(), l.baud, b[done:done+n])
			done += n
			l.changed()
			continue
		}
		l.wait(l.toFar.roomAt(), p.deadline)
	}
}

// SetDeadline implements hal.Port.
func (p *port) SetDeadline(t time.Time) error {
	l := p.link
	l.lock()
	defer l.mu.Unlock()
	if err := p.check(); err != nil {
		return err
	}
	p.deadline = t
	l.changed()
	return nil
}

// SetBaud implements hal.Port.
func (p *port) SetBaud(baud int) error {
	if err := checkRate(baud); err != nil {
		return fmt.Errorf("set rate of %s: %w", p.link.name, err)
	}
	l := p.link
	l.lock()
	defer l.mu.Unlock()
	for {
		if err := p.check(); err != nil {
			return err
		}
		if !time.Now().Before(l.toFar.free) {
			break
		}
		l.wait(l.toFar.free)
	}
	l.baud = baud
	l.changed()
	return nil
}

// Discard implements hal.Port.
func (p *port) Discard() error {
	l := p.link
	l.lock()
	defer l.mu.Unlock()
	if err := p.check(); err != nil {
		return err
	}
	l.toPort.discard(time.Now())
	return nil
}

// Close implements hal.Port.
func (p *port) Close() error {
	l := p.link
	l.lock()
	defer l.mu.Unlock()
	if l.owner != p {
		return nil
	}
	l.owner = nil
	l.toPort = wire{fifo: l.toPort.fifo}
	l.changed()
	return nil
}
