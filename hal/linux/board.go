package linux

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"fieldcam/hal"
)

// Board is the controller that this program runs on. It implements hal.Board.
type Board struct {
	dev    string                          // where device nodes are: /dev
	open   func(path string) (chip, error) // openChip
	keeper Keeper                          // of held lines; nil: nothing is held

	mu      sync.Mutex          // guards all below
	taken   map[string]bool     // attribute files that are outputs now
	rest    map[string]*os.File // held lines that are closed, by keptName
	chips   []chip              // those found so far; each stays open
	findErr error               // why there may be none
}

var _ hal.Board = (*Board)(nil)

// New finds the GPIO chips. It fails never: a machine without any still has
// attribute files and ports, and OpenOutput says what is missing.
//
// Call it once, at the start of the program and before other goroutines open
// files: periph v3.8.5 closes a descriptor twice, and descriptor 0, where two
// device nodes show the same chip, as on a Raspberry Pi 5. Chips that appear
// later (an expander whose module is loaded late, a device node that gets its
// permission late) are found by OpenOutput, when it knows no such line.
//
// No line outlives this process: see NewHolding.
func New() *Board { return NewHolding(nil) }

// NewHolding is New with a k that keeps lines with Hold beyond this process. nil:
// nothing does.
func NewHolding(k Keeper) *Board {
	chips, err := findChips()
	return &Board{dev: "/dev", open: openChip, chips: chips, findErr: err, keeper: k, taken: make(map[string]bool), rest: make(map[string]*os.File)}
}

// OpenOutput implements hal.Board.
func (b *Board) OpenOutput(line hal.Line, on bool) (o hal.Output, err error) {
	if isAttribute(line) {
		o, err = b.openAttribute(line, on)
		err = missing(err)
	} else {
		o, err = b.openLine(line, on)
	}
	if err != nil {
		return nil, fmt.Errorf("open output %q: %w", line.Name, err)
	}
	return o, nil
}

// ResumeOutput implements hal.Board.
func (b *Board) ResumeOutput(line hal.Line) (o hal.Output, on bool, err error) {
	if isAttribute(line) {
		o, on, err = b.resumeAttribute(line)
		err = missing(err)
	} else {
		o, on, err = b.resumeLine(line)
	}
	if err != nil {
		return nil, false, fmt.Errorf("resume output %q: %w", line.Name, err)
	}
	return o, on, nil
}

// isAttribute tells a line that is an attribute file.
func isAttribute(line hal.Line) bool { return strings.HasPrefix(line.Name, "/") }

// OpenInput implements hal.Board.
func (b *Board) OpenInput(line hal.Line, c hal.InputConfig) (hal.Input, error) {
	i, err := b.openInput(line, c)
	if err != nil {
		return nil, fmt.Errorf("open input %q: %w", line.Name, err)
	}
	return i, nil
}

// OpenBus implements hal.Board.
func (b *Board) OpenBus(name string) (hal.Bus, error) {
	bus, err := openBus(name)
	if err != nil {
		return nil, fmt.Errorf("open I2C bus %s: %w", name, err)
	}
	return bus, nil
}

// OpenPort implements hal.Board.
func (b *Board) OpenPort(name string, baud int) (hal.Port, error) {
	p, err := openPort(name, baud)
	if err != nil {
		return nil, fmt.Errorf("open serial port %s: %w", name, err)
	}
	return p, nil
}
