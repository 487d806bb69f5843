package sim

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// link is one serial line: the board's port at one end, an End at the other.
type link struct {
	name string

	mu     sync.Mutex
	wake   chan struct{} // closed and replaced at each change that may end a wait; guarded by mu
	baud   int           // the port's rate; guarded by mu
	owner  *port         // the port in use, nil where it is closed; guarded by mu
	gone   bool          // the far end is closed; guarded by mu
	toFar  wire          // guarded by mu
	toPort wire          // guarded by mu
}

// firstBaud is a terminal's rate before anybody has set one (Linux tty_std_termios).
const firstBaud = 38400

func newLink(name string) *link {
	return &link{name: name, wake: make(chan struct{}), baud: firstBaud, toFar: wire{fifo: fifoBytes}, toPort: wire{fifo: fifoBytes}}
}

// lock takes the lock and brings both wires up to now.
func (l *link) lock() {
	l.mu.Lock()
	now := time.Now()
	l.toFar.settle(now)
	l.toPort.settle(now)
}

// changed wakes everybody who waits. The caller holds mu.
func (l *link) changed() {
	close(l.wake)
	l.wake = make(chan struct{})
}

// wait gives the lock back until something changes or one of the times has
// come; a zero time never comes.
func (l *link) wait(times ...time.Time) {
	wake := l.wake
	l.mu.Unlock()
	defer l.lock()
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		<-wake
		return
	}
	timer := time.NewTimer(time.Until(first))
	defer timer.Stop()
	select {
	case <-wake:
	case <-timer.C:
	}
}

func (l *link) open(baud int) (*port, error) {
	if err := checkRate(baud); err != nil {
		return nil, err
	}
	l.lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil, io.ErrClosedPipe
	}
	if l.owner != nil {
		return nil, errHeld
	}
	l.baud = baud
	l.toPort = wire{fifo: l.toPort.fifo}
	l.owner = &port{link: l}
	return l.owner, nil
}

// checkRate allows the rates that hal/linux allows.
func checkRate(baud int) error {
	switch baud {
	case 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600:
		return nil
	}
	return fmt.Errorf("rate %d baud: not a standard rate", baud)
}

// End is the far end of a port: what the device on the line reads and writes.
// One goroutine may read while another writes; Close ends both.
type End struct{ link *link }

// Read waits for what the port's user sends. It fails with io.EOF after Close.
func (e *End) Read(p []byte) (int, error) {
	l := e.link
	l.lock()
	defer l.mu.Unlock()
	for {
		if l.gone {
			return 0, io.EOF
		}
		if len(p) == 0 {
			return 0, nil
		}
		ok, at := l.toFar.ready(len(p))
		if ok {
			return l.toFar.read(p), nil
		}
		l.wait(at)
	}
}

// Write sends p to the port, at the port's rate; it waits only where more than
// a terminal's buffer is on the way. What comes while the port is closed is
// lost, as on a real line.
func (e *End) Write(p []byte) (int, error) {
	l := e.link
	l.lock()
	defer l.mu.Unlock()
	for done := 0; ; {
		if l.gone {
			return done, io.ErrClosedPipe
		}
		if l.owner == nil || done == len(p) {
			return len(p), nil
		}
		if room := bufferBytes - l.toPort.onWay(); room > 0 {
			n := min(room, len(p)-done)
			l.toPort.send(time.Now(), l.baud, p[done:done+n])
			done += n
			l.changed()
			continue
		}
		l.wait(l.toPort.roomAt())
	}
}

// SetFIFO sets how many bytes arrive, on either side, before a waiting reader is
// woken, when more are on the way: 64, as in a UART, unless set. More save a long test
// real time, as USB adapters' packets save wake-ups.
func (e *End) SetFIFO(bytes int) {
	e.link.lock()
	defer e.link.mu.Unlock()
	bytes = max(1, bytes)
	e.link.toFar.fifo, e.link.toPort.fifo = bytes, bytes
}

// Baud is the rate that the port's user has set, now or last.
func (e *End) Baud() int {
	e.link.mu.Lock()
	defer e.link.mu.Unlock()
	return e.link.baud
}

// Close unplugs the line: the port's user gets errors from then on. A second
// Close does nothing.
func (e *End) Close() error {
	l := e.link
	l.lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.gone = true
		l.changed()
	}
	return nil
}

// abandon takes the port from its user, who has died.
func (l *link) abandon() {
	l.lock()
	p := l.owner
	l.mu.Unlock()
	if p != nil {
		p.Close()
	}
}

// errClosed says which port was closed.
func (l *link) errClosed() error { return fmt.Errorf("serial port %s: %w", l.name, os.ErrClosed) }

// errGone says which port has lost its line.
func (l *link) errGone() error {
	return fmt.Errorf("serial port %s: unplugged: %w", l.name, io.ErrUnexpectedEOF)
}
