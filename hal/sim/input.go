package sim

import (
	"context"
	"fmt"
	"os"
	"time"

	"fieldcam/hal"
)

// Drive sets the line's level from outside the board, as a contact, a camera's
// hot shoe or a modem's STATUS pin does. While the board drives the line itself
// it changes nothing.
func (l *Line) Drive(high bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.driving {
		return
	}
	l.driven = true
	if high == l.high {
		return
	}
	now := time.Now()
	if l.input != nil {
		l.input.settle(now) // what lasted long enough until now
	}
	l.high = high
	if l.input != nil {
		l.input.changed = now
		l.input.settle(now)
		l.input.wakeUp()
	}
}

// input is a Line that somebody listens to. All fields are guarded by line.mu.
type input struct {
	line      *Line
	activeLow bool
	debounce  time.Duration
	wake      chan struct{} // closed and replaced at each change that may end a wait

	stable  bool      // the electrical level that lasted long enough
	changed time.Time // when the line's level changed last
	edges   []hal.Edge
	lost    bool // edges were dropped since the last Wait
}

// listen makes the line an input. Until somebody has driven the line its bias
// decides the level.
func (l *Line) listen(activeLow bool, c hal.InputConfig) (*input, error) {
	if c.Debounce < 0 || c.Debounce > hal.MaxDebounce {
		return nil, fmt.Errorf("debounce %v: want 0s to %v", c.Debounce, hal.MaxDebounce)
	}
	if c.Bias < hal.BiasAsIs || c.Bias > hal.BiasDown {
		return nil, fmt.Errorf("no such bias: %d", c.Bias)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != nil || l.input != nil || l.held {
		return nil, errHeld
	}
	l.driving = false
	if !l.driven {
		switch c.Bias {
		case hal.BiasUp:
			l.high = true
		case hal.BiasDown:
			l.high = false
		}
	}
	l.input = &input{line: l, activeLow: activeLow, debounce: c.Debounce, wake: make(chan struct{}), stable: l.high, changed: time.Now()}
	return l.input, nil
}

// settle notes the edge that has lasted long enough by now. The caller holds the
// line.
func (i *input) settle(now time.Time) {
	at := i.changed.Add(i.debounce)
	if i.line.high == i.stable || at.After(now) {
		return
	}
	i.stable = i.line.high
	i.edges = append(i.edges, hal.Edge{On: i.stable != i.activeLow, At: at})
	if len(i.edges) > hal.EdgeBuffer {
		i.edges = i.edges[1:]
		i.lost = true
	}
}

// wakeUp has who waits look again. The caller holds the line.
func (i *input) wakeUp() {
	close(i.wake)
	i.wake = make(chan struct{})
}

// errClosed says which line was closed.
func (i *input) errClosed() error { return fmt.Errorf("input %q: %w", i.line.name, os.ErrClosed) }

// On implements hal.Input.
func (i *input) On() (bool, error) {
	i.line.mu.Lock()
	defer i.line.mu.Unlock()
	if i.line.input != i {
		return false, i.errClosed()
	}
	i.settle(time.Now())
	return i.stable != i.activeLow, nil
}

// Wait implements hal.Input.
func (i *input) Wait(ctx context.Context) (hal.Edge, error) {
	for {
		if err := ctx.Err(); err != nil {
			return hal.Edge{}, err
		}
		e, ok, wake, left, err := i.take()
		if ok || err != nil {
			return e, err
		}
		if err := pause(ctx, wake, left); err != nil {
			return hal.Edge{}, err
		}
	}
}

// take gives the oldest edge, if there is one; else what to wait for, and the time
// left until the line's level will have lasted long enough, 0 where it has.
func (i *input) take() (e hal.Edge, ok bool, wake <-chan struct{}, left time.Duration, err error) {
	l := i.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.input != i {
		return e, false, nil, 0, i.errClosed()
	}
	now := time.Now()
	i.settle(now)
	switch {
	case i.lost:
		i.lost = false
		return e, false, nil, 0, fmt.Errorf("input %q: %w", l.name, hal.ErrEdgesLost)
	case len(i.edges) > 0:
		e, i.edges = i.edges[0], i.edges[1:]
		return e, true, nil, 0, nil
	case l.high != i.stable:
		left = i.changed.Add(i.debounce).Sub(now)
	}
	return e, false, i.wake, left, nil
}

// pause waits for wake, for d where that is more than zero, or for ctx's end, which
// alone is an error.
func pause(ctx context.Context, wake <-chan struct{}, d time.Duration) error {
	var over <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-wake:
	case <-over:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Close implements hal.Input.
func (i *input) Close() error {
	i.line.mu.Lock()
	defer i.line.mu.Unlock()
	if i.line.input == i {
		i.line.input = nil
		i.wakeUp()
	}
	return nil
}
