package linux

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// missing marks the error of a file that is not there as that of an unknown line.
func missing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %w", hal.ErrNoLine, err)
	}
	return err
}

// openAttribute takes the file for this Board and sets it.
func (b *Board) openAttribute(line hal.Line, on bool) (hal.Output, error) {
	a, err := b.takeAttribute(line)
	if err != nil {
		return nil, err
	}
	if err := a.Set(on); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// resumeAttribute takes the file for this Board as it is. An attribute stays as it
// was written, whoever ends, so that it needs nobody to hold it.
func (b *Board) resumeAttribute(line hal.Line) (hal.Output, bool, error) {
	a, err := b.takeAttribute(line)
	if err != nil {
		return nil, false, err
	}
	text, err := os.ReadFile(a.line.Name)
	if err != nil {
		return nil, false, errors.Join(err, a.Close())
	}
	// A LED's full brightness may be 255: whatever is not 0 is on.
	return a, (strings.TrimSpace(string(text)) != "0") != line.ActiveLow, nil
}

// takeAttribute takes the file for this Board. The kernel lets any process write it;
// only a second use within this one is refused.
func (b *Board) takeAttribute(line hal.Line) (*attribute, error) {
	line.Name = filepath.Clean(line.Name)
	if chipNumber.MatchString(line.Name) {
		return nil, errors.New("a chip is no attribute file: give the line's name, or the chip's label and an offset")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken[line.Name] {
		return nil, errors.New("already in use by this program")
	}
	b.taken[line.Name] = true
	return &attribute{board: b, line: line}, nil
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
	delete(a.board.taken, a.line.Name)
	return nil
}
