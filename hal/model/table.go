package model

import (
	"slices"

	"fieldcam/hal"
)

// Table is the lines of one controller, by their use: its model's, as the
// configuration has changed them. It is not changed once it is made, and may be used
// from any goroutine.
type Table struct{ lines []Line }

// New gives the lines of the model of that name, none where there is no such model,
// with c's in their place. c must be valid.
func New(name string, c Config) Table {
	m, _ := Find(name)
	t := Table{lines: m.Lines}
	all := lines()
	for _, over := range c.Lines {
		kernel := hal.Line{Name: over.Line, ActiveLow: over.ActiveLow}
		i := slices.IndexFunc(t.lines, func(l Line) bool { return l.Use == over.Use })
		if i < 0 {
			i = len(t.lines)
			t.lines = append(t.lines, all[slices.IndexFunc(all, func(l Line) bool { return l.Use == over.Use })])
		}
		t.lines[i].Kernel = kernel
	}
	return t
}

// Lines lists them.
func (t Table) Lines() []Line { return slices.Clone(t.lines) }

// Resolve gives the kernel's line for one that may be named by its use. Its polarity
// is the table's then, turned round where line is active low itself; what is no use is
// as it was.
func (t Table) Resolve(line hal.Line) hal.Line {
	i := slices.IndexFunc(t.lines, func(l Line) bool { return l.Use == line.Name })
	if i < 0 {
		return line
	}
	kernel := t.lines[i].Kernel
	kernel.ActiveLow = kernel.ActiveLow != line.ActiveLow
	kernel.Hold = line.Hold
	return kernel
}

// Board is b, whose lines can be named by their use too.
func (t Table) Board(b hal.Board) hal.Board { return board{b, t} }

// board resolves names on their way to a Board.
type board struct {
	hal.Board
	table Table
}

// OpenOutput implements hal.Board.
func (b board) OpenOutput(line hal.Line, on bool) (hal.Output, error) {
	return b.Board.OpenOutput(b.table.Resolve(line), on)
}

// ResumeOutput implements hal.Board.
func (b board) ResumeOutput(line hal.Line) (hal.Output, bool, error) {
	return b.Board.ResumeOutput(b.table.Resolve(line))
}

// OpenInput implements hal.Board.
func (b board) OpenInput(line hal.Line, c hal.InputConfig) (hal.Input, error) {
	return b.Board.OpenInput(b.table.Resolve(line), c)
}
