// Package vedirect listens to a solar charger or battery monitor that speaks
// Victron's VE.Direct text protocol on a serial port: one block of fields about
// each second, at 19200 baud.
//
// Promises:
//   - Nothing is believed but whole blocks whose checksum is right and whose numbers
//     are numbers; HEX frames between and inside blocks disturb nothing.
//   - What was not heard for Stale is not told any more: a cable that was pulled is
//     an error, not the last value for ever.
//   - Whatever the bytes, what is held is bounded. Nothing is ever written.
//   - A port that vanishes is opened again when it is back.
//
// Out of scope: HEX commands, and whether a value makes sense (agent/power).
package vedirect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/config/invalid"
	"fieldcam/hal"
)

const (
	// baud is the protocol's only rate; 8N1 is hal's.
	baud = 19200
	// Stale is how old what is told may be: a device sends each second, and some
	// spread their fields over two blocks.
	Stale = 10 * time.Second
	// reopenMin and reopenMax bound the wait before a port is opened again.
	reopenMin = time.Second
	reopenMax = time.Minute
	// rest is how long nothing is read once a block came: the kernel keeps what comes
	// (N_TTY_BUF_SIZE, 4096 bytes, 20 s of it), and each look wakes the board.
	rest = 4 * time.Second
	// received is the kernel's whole buffer.
	received = 4096
	// readTime bounds a read, so that the end of ctx is seen: a hal.Port's read is
	// not ended by a context.
	readTime = 2 * time.Second
)

// Config is where the charger is.
type Config struct {
	// Port is the serial port that the charger's TX is on. Required where it is used.
	Port string `toml:"port"`
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if len(c.Port) < 2 || c.Port[0] != '/' {
		l.Add("port", c.Port, `the path of a serial port, such as "/dev/ttyUSB0"`)
	}
	return l.Err()
}

// Board opens the port. A hal.Board is one.
type Board interface {
	OpenPort(name string, baud int) (hal.Port, error)
}

// ErrSilent is why there is no State: nothing whole was heard for Stale.
var ErrSilent = errors.New("the charger is silent")

// Charger is one device. Its methods may be called from any goroutine.
type Charger struct {
	c     Config
	board Board
	log   zerolog.Logger

	mu    sync.Mutex // guards what follows
	state State
	heard time.Time // the last whole block, by package time; zero: none yet
	fault error     // why the port can't be used; nil: it is open
}

var _ hal.PowerMeter = (*Charger)(nil)

// New makes a Charger, which hears nothing before Run; c must be valid.
func New(c Config, board Board, log zerolog.Logger) *Charger {
	return &Charger{c: c, board: board, log: log}
}

// State is what the charger said last; else an error, which is ErrSilent where the
// port is open.
func (c *Charger) State() (State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.heard.IsZero() && time.Since(c.heard) <= Stale:
		return c.state, nil
	case c.fault != nil:
		return State{}, c.fault
	}
	return State{}, fmt.Errorf("listen at %s: %w", c.c.Port, ErrSilent)
}

// Power implements hal.PowerMeter: the battery as the charger sees it.
func (c *Charger) Power(ctx context.Context) (hal.Power, error) {
	if err := ctx.Err(); err != nil {
		return hal.Power{}, err
	}
	s, err := c.State()
	switch {
	case err != nil:
		return hal.Power{}, err
	case s.BatteryMillivolts == nil:
		return hal.Power{}, fmt.Errorf("listen at %s: the charger tells no battery voltage", c.c.Port)
	}
	p := hal.Power{Millivolts: *s.BatteryMillivolts}
	if s.BatteryMilliamps != nil {
		p.Milliamps, p.HasCurrent = -*s.BatteryMilliamps, true
	}
	return p, nil
}

// Run listens until ctx ends, and returns nil. Call it once.
func (c *Charger) Run(ctx context.Context) error {
	for wait := reopenMin; ctx.Err() == nil; wait = min(2*wait, reopenMax) {
		heard, err := c.listen(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if heard {
			wait = reopenMin
		}
		c.failed(err)
		pause(ctx, wait)
	}
	return nil
}

// failed notes why the port can't be used, and logs it where that is new.
func (c *Charger) failed(err error) {
	c.mu.Lock()
	known := c.fault != nil
	c.fault = err
	c.mu.Unlock()
	if !known {
		c.log.Warn().Err(err).Msg("solar charger not heard")
	}
}

// listen opens the port and hears it until something fails; heard tells whether a
// whole block came.
func (c *Charger) listen(ctx context.Context) (heard bool, err error) {
	port, err := c.board.OpenPort(c.c.Port, baud)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	c.fault = nil
	c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { port.Close() }) //nolint:errcheck // nothing was written
	defer func() {
		stop()
		err = errors.Join(err, port.Close())
	}()
	var p Parser
	buf := make([]byte, received)
	for ctx.Err() == nil {
		n, err := c.read(port, buf)
		if err != nil {
			return heard, fmt.Errorf("listen at %s: %w", c.c.Port, err)
		}
		whole := false
		p.Write(buf[:n], func(fields []Field) { whole = c.take(fields) || whole })
		if whole {
			heard = true
			pause(ctx, rest)
		}
	}
	return heard, nil
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// read reads what has come within readTime; nothing is no error.
func (c *Charger) read(port hal.Port, buf []byte) (int, error) {
	if err := port.SetDeadline(time.Now().Add(readTime)); err != nil {
		return 0, err
	}
	n, err := port.Read(buf)
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		err = nil
	}
	return n, err
}

// take puts a block's fields into the state, unless they make no sense. What an
// earlier block said is forgotten where that is long ago.
func (c *Charger) take(fields []Field) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.heard) > Stale {
		c.state = State{}
	}
	if err := c.state.Apply(fields); err != nil {
		c.log.Debug().Err(err).Msg("block of the solar charger not believed")
		return false
	}
	c.heard = time.Now()
	return true
}
