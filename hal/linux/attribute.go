package linux

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"fieldcam/hal"
)

// attribute is an output that is a file taking "1" and "0": a LED's brightness,
// a userspace regulator's state. The file is opened for each write, because a
// sysfs attribute vanishes and returns with its device.
type attribute struct {
	board *Board
	line  hal.Line

	mu     sync.Mutex
	closed bool // guarded by mu
}

// openAttribute takes the file for this Board. The kernel lets any process
// write it; only a second use within this one is refused.
func (b *Board) openAttribute(line hal.Line, on bool) (hal.Output, error) {
	line.Name = filepath.Clean(line.Name)
	if chipNumber.MatchString(line.Name) {
		return nil, fmt.Errorf("open output %q: a chip is no attribute file: give the line's name, or the chip's label and an offset", line.Name)
	}
	b.mu.Lock()
	held := b.held[line.Name]
	b.held[line.Name] = true
	b.mu.Unlock()
	if held {
		return nil, fmt.Errorf("open output %q: already in use by this program", line.Name)
	}
	a := &attribute{board: b, line: line}
	if err := a.Set(on); err != nil {
		a.Close()
		return nil, fmt.Errorf("open output %q: %w", line.Name, err)
	}
	return a, nil
}

// Set implements hal.Output.
func (a *attribute) Set(on bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return fmt.Errorf("set output %q: %w", a.line.Name, os.ErrClosed)
	}
	value := "0"
	if on != a.line.ActiveLow {
		value = "1"
	}
	// Neither created nor cut: a mistyped path must be an error, and sysfs knows
	// neither.
	f, err := os.OpenFile(a.line.Name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("set output: %w", err)
	}
	_, err = f.WriteString(value)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("set output: %w", err)
	}
	return nil
}

// Close implements hal.Output.
func (a *attribute) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil
	}
	a.closed = true
	a.board.mu.Lock()
	defer a.board.mu.Unlock()
	delete(a.board.held, a.line.Name)
	return nil
}
