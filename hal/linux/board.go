package linux

import (
	"fmt"
	"strings"
	"sync"

	"fieldcam/hal"
)

// Board is the controller that this program runs on. It implements hal.Board.
type Board struct {
	dev  string                          // where device nodes are: /dev
	open func(path string) (chip, error) // openChip

	mu      sync.Mutex      // guards all below
	held    map[string]bool // attribute files that are outputs now
	chips   []chip          // those found so far; each stays open
	findErr error           // why there may be none
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
func New() *Board {
	chips, err := findChips()
	return &Board{dev: "/dev", open: openChip, chips: chips, findErr: err, held: make(map[string]bool)}
}

// OpenOutput implements hal.Board.
func (b *Board) OpenOutput(line hal.Line, on bool) (hal.Output, error) {
	if strings.HasPrefix(line.Name, "/") {
		return b.openAttribute(line, on)
	}
	return b.openLine(line, on)
}

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
