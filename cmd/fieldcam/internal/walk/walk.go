// Package walk leads a technician through a controller's lines and ports, one by one.
//
// Promises: nothing is switched that the technician has not agreed to, by an answer or
// by naming it; an output is on for a moment only, and off again on every way out, a
// ctx that ends among them; every wait is bounded.
//
// Out of scope: who has the lines. What is held by another is told and left alone.
package walk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/hal"
)

// The outcomes.
const (
	Good    = "good"    // seen by the technician, or by the input itself
	Bad     = "bad"     // the technician saw nothing, or no edge came
	Done    = "done"    // switched, and nobody was asked what came of it
	Skipped = "skipped" // the technician did not want it
	Failed  = "failed"  // the board could not do it
)

// Result is what came of one item.
type Result struct {
	Item    string `json:"item"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail,omitempty"`
}

// Line is one line to test.
type Line struct {
	Name string // what people call it
	Line hal.Line
	Text string // what it means that it is on
}

const (
	// OnTime is how long an output is on: long enough to be seen, and short enough for
	// a shutter, a modem's key and a cold heater.
	OnTime = time.Second
	// InputTime is how long an input's edge is waited for.
	InputTime = 20 * time.Second
	// debounce swallows a button's bounces.
	debounce = 20 * time.Millisecond
)

// Walk is one way through a board.
type Walk struct {
	Board hal.Board
	// Ask puts a question to the technician, who answers yes or no; an error ends the
	// walk. nil: nobody is asked, and what is called is done.
	Ask func(ctx context.Context, question string) (yes bool, err error)
	// Say tells the technician something.
	Say func(text string)
}

// Output switches an output on for OnTime, and off. An error is the walk's end: ctx
// has ended, or nobody answers. The line is off in any case.
func (w Walk) Output(ctx context.Context, l Line) (r Result, err error) {
	r = Result{Item: l.Name}
	if w.Ask != nil {
		yes, err := w.Ask(ctx, fmt.Sprintf("%s (%s): on for %v? Then %s.", l.Name, l.Line.Name, OnTime, l.Text))
		if err != nil {
			return r, err
		}
		if !yes {
			r.Outcome = Skipped
			return r, nil
		}
	}
	if err := w.pulse(ctx, l.Line); err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
		return r, ctx.Err()
	}
	r.Outcome = Done
	return w.seen(ctx, r, "Did it?")
}

// pulse switches the line on for OnTime.
func (w Walk) pulse(ctx context.Context, line hal.Line) (err error) {
	line.Hold = false // it is given back
	o, err := w.Board.OpenOutput(line, false)
	if err != nil {
		return err
	}
	defer func() {
		off := o.Set(false)
		if off != nil {
			off = o.Set(false)
		}
		err = errors.Join(err, off, o.Close())
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.Set(true); err != nil {
		return err
	}
	t := time.NewTimer(OnTime)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Input tells an input's level and waits for it to change, for InputTime at most.
// Where nobody is asked the level is all.
func (w Walk) Input(ctx context.Context, l Line) (Result, error) {
	r := Result{Item: l.Name}
	i, err := w.Board.OpenInput(l.Line, hal.InputConfig{Debounce: debounce})
	if err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
		return r, nil
	}
	defer i.Close()
	on, err := i.On()
	if err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
		return r, nil
	}
	level := "is off"
	if on {
		level = "is on"
	}
	if w.Ask == nil {
		r.Outcome, r.Detail = Done, level
		return r, nil
	}
	yes, err := w.Ask(ctx, fmt.Sprintf("%s (%s) %s. On means: %s. Can you change it?", l.Name, l.Line.Name, level, l.Text))
	if err != nil {
		return r, err
	}
	if !yes {
		r.Outcome, r.Detail = Skipped, level
		return r, nil
	}
	w.Say(fmt.Sprintf("Do it now, within %v.", InputTime))
	bound, cancel := context.WithTimeout(ctx, InputTime)
	defer cancel()
	switch e, err := i.Wait(bound); {
	case err == nil && e.On, errors.Is(err, hal.ErrEdgesLost):
		r.Outcome, r.Detail = Good, "went on"
	case err == nil:
		r.Outcome, r.Detail = Good, "went off"
	case ctx.Err() != nil:
		return r, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		r.Outcome, r.Detail = Bad, fmt.Sprintf("did not change in %v", InputTime)
	default:
		r.Outcome, r.Detail = Failed, err.Error()
	}
	return r, nil
}

// Port opens a serial port and closes it: that it is there, and held by nobody. No
// byte is sent, since it is not known what would hear it.
func (w Walk) Port(name string) Result {
	const baud = 9600
	r := Result{Item: name, Outcome: Done, Detail: "opens"}
	p, err := w.Board.OpenPort(name, baud)
	if err == nil {
		err = p.Close()
	}
	if err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
	}
	return r
}

// Bus opens an I2C bus and closes it.
func (w Walk) Bus(name string) Result {
	r := Result{Item: name, Outcome: Done, Detail: "opens"}
	b, err := w.Board.OpenBus(name)
	if err == nil {
		err = b.Close()
	}
	if err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
	}
	return r
}

// seen asks whether the technician saw what was done.
func (w Walk) seen(ctx context.Context, r Result, question string) (Result, error) {
	if w.Ask == nil {
		return r, nil
	}
	yes, err := w.Ask(ctx, question)
	if err != nil {
		return r, err
	}
	r.Outcome = Bad
	if yes {
		r.Outcome = Good
	}
	return r, nil
}
