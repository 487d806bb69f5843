package emulated

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// The GPIO controller is an ARM PL061 with eight pins. Nothing but the guest
// drives an output; where it drives none the pin is pulled low.
const (
	PinCount = 8
	// PowerPin is the machine's power button, which the kernel may hold.
	PowerPin = 3
)

// Pins are the machine's GPIO pins, over QEMU's protocol for tests of devices
// (docs/devel/qtest.rst), which works beside a running guest. Its methods may be
// called from any goroutine.
type Pins struct {
	conn   net.Conn
	edge   func(Edge)
	path   string // of the GPIO controller; set before the guest runs
	reader sync.WaitGroup
	gone   chan struct{} // closed when the emulator has ended
	turn   chan struct{} // holds a token: one command at a time
	// replies are the emulator's, marks the times at which it read a markCommand.
	replies chan string
	marks   chan time.Duration

	mu       sync.Mutex // guards recorded
	recorded Waveform
}

// markCommand changes nothing: that the emulator has read it shows in its record,
// behind all edges before it.
const markCommand = "endianness"

func newPins(conn net.Conn, edge func(Edge)) *Pins {
	p := &Pins{conn: conn, edge: edge, gone: make(chan struct{}), turn: make(chan struct{}, 1), replies: make(chan string), marks: make(chan time.Duration, 1)}
	p.turn <- struct{}{}
	p.reader.Go(func() {
		defer close(p.replies)
		s := bufio.NewScanner(conn)
		for s.Scan() {
			// Edges come here too, without a time.
			if line := s.Text(); strings.HasPrefix(line, "OK") || strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "ERR") {
				select {
				case p.replies <- line:
				case <-p.gone:
				}
			}
		}
	})
	return p
}

// close ends it, after the emulator.
func (p *Pins) close() {
	close(p.gone)
	_ = p.conn.Close() // the emulator's end is closed already
	p.reader.Wait()
}

// hear takes a line of the emulator's record; false: it is none.
func (p *Pins) hear(line string) bool {
	r, ok := parseRecord(line)
	if !ok {
		return false
	}
	switch {
	case r.edge:
		e := Edge{Pin: r.pin, High: r.high, At: r.at}
		p.mu.Lock()
		p.recorded = append(p.recorded, e)
		p.mu.Unlock()
		if p.edge != nil {
			p.edge(e)
		}
	case r.text == markCommand:
		select {
		case p.marks <- r.at: // there is one asker at a time
		default:
		}
	}
	return true
}

// do runs one command and waits for its reply.
func (p *Pins) do(ctx context.Context, command string) error {
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-p.gone:
		return errGone
	case <-ctx.Done():
		return ctx.Err()
	}
	return p.exchange(ctx, command)
}

// exchange is do for who has the turn.
func (p *Pins) exchange(ctx context.Context, command string) error {
	if _, err := fmt.Fprintln(p.conn, command); err != nil {
		return fmt.Errorf("pins: %w", err)
	}
	select {
	case reply, ok := <-p.replies:
		if !ok {
			return fmt.Errorf("pins: %w", errGone)
		}
		if !strings.HasPrefix(reply, "OK") {
			return fmt.Errorf("pins: %s: %s", command, reply)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("pins: %s: %w", command, ctx.Err())
	}
}

// intercept has the outputs of the controller at path recorded.
func (p *Pins) intercept(ctx context.Context, path string) error {
	p.path = path
	return p.do(ctx, "irq_intercept_out "+path)
}

// Drive sets the level of a pin that the guest has as an input.
func (p *Pins) Drive(ctx context.Context, pin int, high bool) error {
	if pin < 0 || pin >= PinCount {
		return fmt.Errorf("pins: no pin %d", pin)
	}
	level := 0
	if high {
		level = 1
	}
	return p.do(ctx, fmt.Sprintf("set_irq_in %s unnamed-gpio-in %d %d", p.path, pin, level))
}

// Now is the time on the emulator's clock, after which all edges until then are
// recorded.
func (p *Pins) Now(ctx context.Context) (time.Duration, error) {
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-p.gone:
		return 0, errGone
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	select {
	case <-p.marks: // of one whose ctx ended
	default:
	}
	if err := p.exchange(ctx, markCommand); err != nil {
		return 0, err
	}
	select {
	case at := <-p.marks:
		return at, nil
	case <-p.gone:
		return 0, errors.New("pins: the emulator has ended")
	case <-ctx.Done():
		return 0, fmt.Errorf("pins: %w", ctx.Err())
	}
}

// Waveform is all that the outputs did so far.
func (p *Pins) Waveform() Waveform {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.recorded)
}
