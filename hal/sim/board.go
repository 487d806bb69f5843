package sim

import (
	"errors"
	"fmt"
	"sync"

	"fieldcam/hal"
)

// Board is a simulated controller. It has the lines, ports and buses that were
// added to it and no others. Its methods may be called from any goroutine.
type Board struct {
	mu    sync.Mutex
	lines map[string]*Line // guarded by mu
	ports map[string]*End  // guarded by mu
	buses map[string]*Bus  // guarded by mu
	holds bool             // guarded by mu
}

var _ hal.Board = (*Board)(nil)

// New gives a Board without lines, ports or buses.
func New() *Board {
	return &Board{lines: make(map[string]*Line), ports: make(map[string]*End), buses: make(map[string]*Bus)}
}

// AddLine gives the board a line, electrically low and held by nobody. A line
// that it has already is returned as it is.
func (b *Board) AddLine(name string) *Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines[name] == nil {
		b.lines[name] = newLine(name)
	}
	return b.lines[name]
}

// AddPort gives the board a serial port and returns its far end. A port that it
// had under this name is unplugged and replaced.
func (b *Board) AddPort(name string) *End {
	e := &End{link: newLink(name)}
	b.mu.Lock()
	old := b.ports[name]
	b.ports[name] = e
	b.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return e
}

// AddBus gives the board an I2C bus with nothing on it. A bus that it has already
// is returned as it is.
func (b *Board) AddBus(name string) *Bus {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buses[name] == nil {
		b.buses[name] = newBus(name)
	}
	return b.buses[name]
}

// OpenOutput implements hal.Board.
func (b *Board) OpenOutput(line hal.Line, on bool) (hal.Output, error) {
	l, o, err := b.output(line)
	if err == nil {
		err = l.take(o, on != line.ActiveLow)
	}
	if err != nil {
		return nil, fmt.Errorf("open output %q: %w", line.Name, err)
	}
	return o, nil
}

// ResumeOutput implements hal.Board.
func (b *Board) ResumeOutput(line hal.Line) (_ hal.Output, on bool, err error) {
	l, o, err := b.output(line)
	if err == nil {
		on, err = l.resume(o)
	}
	if err != nil {
		return nil, false, fmt.Errorf("resume output %q: %w", line.Name, err)
	}
	return o, on, nil
}

// output is a line of the board, and a user for it that has not taken it yet.
func (b *Board) output(line hal.Line) (*Line, *output, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[line.Name]
	if l == nil {
		return nil, nil, hal.ErrNoLine
	}
	return l, &output{line: l, activeLow: line.ActiveLow, hold: line.Hold && b.holds}, nil
}

// CanHold implements hal.Board.
func (b *Board) CanHold() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holds
}

// SetHolding decides whether lines with Hold, opened from now on, outlive their
// user, as under systemd. A new Board holds nothing.
func (b *Board) SetHolding(holds bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.holds = holds
}

// Kill ends the process that uses the board, as kill -9 does: its lines and ports
// are let go, at whatever level and rate they are, and what it still has open is of
// no use to it any more.
func (b *Board) Kill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		l.abandon()
	}
	for _, e := range b.ports {
		e.link.abandon()
	}
}

// OpenInput implements hal.Board.
func (b *Board) OpenInput(line hal.Line, c hal.InputConfig) (hal.Input, error) {
	b.mu.Lock()
	l := b.lines[line.Name]
	b.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("open input %q: %w", line.Name, hal.ErrNoLine)
	}
	i, err := l.listen(line.ActiveLow, c)
	if err != nil {
		return nil, fmt.Errorf("open input %q: %w", line.Name, err)
	}
	return i, nil
}

// OpenBus implements hal.Board.
func (b *Board) OpenBus(name string) (hal.Bus, error) {
	b.mu.Lock()
	bus := b.buses[name]
	b.mu.Unlock()
	if bus == nil {
		return nil, fmt.Errorf("open I2C bus %s: no such bus on the simulated board", name)
	}
	return &master{bus: bus}, nil
}

// OpenPort implements hal.Board. The rates are those of a UART, 1200 to 921600.
func (b *Board) OpenPort(name string, baud int) (hal.Port, error) {
	b.mu.Lock()
	e := b.ports[name]
	b.mu.Unlock()
	if e == nil {
		return nil, fmt.Errorf("open serial port %s: no such port on the simulated board", name)
	}
	p, err := e.link.open(baud)
	if err != nil {
		return nil, fmt.Errorf("open serial port %s: %w", name, err)
	}
	return p, nil
}

// errHeld is why a line or a port cannot be opened twice.
var errHeld = errors.New("held by another")
