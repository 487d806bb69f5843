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
	owner   *output           // nil where nobody has it as an output; guarded by mu
	driving bool              // the board drives it, for an owner or after one; guarded by mu
	held    bool              // it stays as it is while it has no owner; guarded by mu
	rest    *bool             // where it goes while nobody drives it; nil: it keeps its level; guarded by mu
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
// line became an output, one for each change after it, and one where it fell to its
// resting level.
func (l *Line) History() []Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.changes)
}

// Levels lists the levels that the line went through since it was added, when it was
// low: its edges, as a probe sees them.
func (l *Line) Levels() []bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var levels []bool
	last := false
	for _, c := range l.changes {
		if c.High != last {
			levels = append(levels, c.High)
			last = c.High
		}
	}
	return levels
}

// Watch has f called with each level that is driven from now on, in the
// goroutine that drives it, while the line is locked: f must neither wait nor
// use the Line.
func (l *Line) Watch(f func(high bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = append(l.watch, f)
}

// SetRest gives the line a pull resistor: to that level it goes when its user lets go
// of it, and is until its first. Without one the chip keeps the last level, as some do.
func (l *Line) SetRest(high bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = &high
	if !l.driving && !l.driven {
		l.high = high
	}
}

// take makes the line an output of o's. A line that is held is taken over as it is.
func (l *Line) take(o *output, high bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != nil || l.input != nil {
		return errHeld
	}
	resumed := l.held
	l.owner, l.held, l.driving = o, false, true
	if !resumed || high != l.high {
		l.changes = append(l.changes, Change{time.Now(), high})
		l.drive(high)
	}
	return nil
}

// resume makes the line an output of o's at the level that it has, and tells which:
// off where nobody drives it.
func (l *Line) resume(o *output) (on bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != nil || l.input != nil {
		return false, errHeld
	}
	if l.driving {
		l.owner, l.held = o, false
		return l.high != o.activeLow, nil
	}
	l.owner, l.driving = o, true
	l.changes = append(l.changes, Change{time.Now(), o.activeLow})
	l.drive(o.activeLow)
	return false, nil
}

// letGo is what happens to the line when its user closes it or dies. The caller holds
// mu.
func (l *Line) letGo(held bool) {
	l.owner, l.held = nil, held
	if held || l.rest == nil {
		return
	}
	l.driving = false
	if *l.rest != l.high {
		l.changes = append(l.changes, Change{time.Now(), *l.rest})
		l.drive(*l.rest)
	}
}

// abandon takes the line from its user, who has died.
func (l *Line) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != nil {
		l.letGo(l.owner.hold)
	}
	if l.input != nil {
		i := l.input
		l.input = nil
		i.wakeUp()
	}
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
	hold      bool
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

// Close implements hal.Output.
func (o *output) Close() error {
	l := o.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner == o {
		l.letGo(o.hold)
	}
	return nil
}
