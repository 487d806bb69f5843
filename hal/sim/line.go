package sim

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Change is one moment in the life of a line.
type Change struct {
	At   time.Time
	High bool // the electrical level from then on
}

// Line is one GPIO line as a probe sees it: electrical levels, no polarity.
type Line struct {
	name string

	mu      sync.Mutex
	high    bool              // guarded by mu
	driven  bool              // from either side, at some time: the bias decides no more; guarded by mu
	changes []Change          // guarded by mu
	watch   []func(high bool) // guarded by mu
	owner   *output           // nil where nobody drives the line; guarded by mu
	input   *input            // nil where nobody listens to it; guarded by mu
}

func newLine(name string) *Line { return &Line{name: name} }

// High is the line's electrical level now.
func (l *Line) High() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.high
}

// History lists every level that was driven, oldest first: one Change where the
// line became an output, one for each change after it.
func (l *Line) History() []Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.changes)
}

// Watch has f called with each level that is driven from now on, in the
// goroutine that drives it, while the line is locked: f must neither wait nor
// use the Line.
func (l *Line) Watch(f func(high bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = append(l.watch, f)
}

func (l *Line) take(o *output, high bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != nil || l.input != nil {
		return errHeld
	}
	l.owner = o
	l.changes = append(l.changes, Change{time.Now(), high})
	l.drive(high)
	return nil
}

// drive sets the level and tells the watchers. The caller holds mu and has
// recorded the change.
func (l *Line) drive(high bool) {
	l.high, l.driven = high, true
	for _, f := range l.watch {
		f(high)
	}
}

// output is a Line in the hands of its user.
type output struct {
	line      *Line
	activeLow bool
}

// Set implements hal.Output.
func (o *output) Set(on bool) error {
	l := o.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != o {
		return fmt.Errorf("set output %q: %w", l.name, os.ErrClosed)
	}
	if high := on != o.activeLow; high != l.high {
		l.changes = append(l.changes, Change{time.Now(), high})
		l.drive(high)
	}
	return nil
}

// Close implements hal.Output. The line stays at its level.
func (o *output) Close() error {
	l := o.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner == o {
		l.owner = nil
	}
	return nil
}
