// Package walk leads a technician through a controller's lines and ports, one by one.
//
// Promises: nothing is switched that the technician has not agreed to, by an answer or
// by naming it, and nothing that could cut the technician's own way to the board without
// the words for that; an output is changed for a moment only, and as it was again on
// every way out, a ctx that ends among them; every wait is bounded.
//
// Out of scope: who has the lines. What is held by another is told and left alone.
package walk

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	Absent  = "absent"  // the board has no such line or port, and nothing uses it
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
	// Stays: it is held over restarts of the daemon. It is taken at the level that it
	// has, and not off.
	Stays bool
	// Undriven: it is no output now, and stands where a resistor or its user holds it.
	Undriven bool
	// Cuts says what goes with the line, where a change of it may end the technician's
	// own connection; empty: nothing does.
	Cuts string
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
	// Confirm tells the technician a danger, and whether the words were typed with
	// which it is taken; an error ends the walk. nil: nobody can, and what is dangerous is
	// left alone.
	Confirm func(ctx context.Context, danger, words string) (typed bool, err error)
	// Say tells the technician something.
	Say func(text string)
}

// Output switches an output on for OnTime, and off; one that stays to the other level,
// and back to that at which it was found. An error is the walk's end: ctx has ended, or
// nobody answers. The line is as it was in any case.
func (w Walk) Output(ctx context.Context, l Line) (r Result, err error) {
	r = Result{Item: l.Name}
	l.Line.Hold = false // it is given back
	found := false
	if l.Stays {
		if found, err = w.found(l); err != nil {
			r.Outcome, r.Detail = Failed, err.Error()
			return r, nil
		}
	}
	question := fmt.Sprintf("%s (%s): on for %v? Then %s.", l.Name, l.Line.Name, OnTime, l.Text)
	if l.Stays {
		question = fmt.Sprintf("%s (%s) is %s. %s for %v, and %s again? On means: %s.",
			l.Name, l.Line.Name, level(found), capital(level(!found)), OnTime, level(found), l.Text)
	}
	yes, err := w.agreed(ctx, l, question)
	if err != nil {
		return r, err
	}
	if !yes {
		r.Outcome = Skipped
		return r, nil
	}
	if err := w.pulse(ctx, l, found); err != nil {
		r.Outcome, r.Detail = Failed, err.Error()
		return r, ctx.Err()
	}
	r.Outcome = Done
	if l.Stays {
		r.Detail = "is " + level(found) + ", as it was"
	}
	return w.seen(ctx, r, "Did it?")
}

// found is the level of a line that stays. No edge is made.
func (w Walk) found(l Line) (bool, error) {
	if l.Undriven {
		return w.Level(l)
	}
	o, on, err := w.Board.ResumeOutput(l.Line)
	if err != nil {
		return false, err
	}
	return on, o.Close()
}

// Level reads an input.
func (w Walk) Level(l Line) (on bool, err error) {
	i, err := w.Board.OpenInput(l.Line, hal.InputConfig{})
	if err != nil {
		return false, err
	}
	on, err = i.On()
	return on, errors.Join(err, i.Close())
}

// agreed asks for leave to change the line: the words, where it is dangerous; a yes where
// somebody is asked.
func (w Walk) agreed(ctx context.Context, l Line, question string) (bool, error) {
	switch {
	case l.Cuts != "" && w.Confirm == nil:
		return false, nil
	case l.Cuts != "":
		return w.Confirm(ctx, question+" "+l.Cuts, Words(l.Name))
	case w.Ask != nil:
		return w.Ask(ctx, question)
	}
	return true, nil
}

// Words are what a technician types to have a line changed that may cut the
// connection.
func Words(name string) string { return "cut " + name }

// pulse switches the line, which is at the level rest, to the other for OnTime.
func (w Walk) pulse(ctx context.Context, l Line, rest bool) (err error) {
	o, err := w.Board.OpenOutput(l.Line, rest)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore(o, rest), o.Close()) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.Set(!rest); err != nil {
		return err
	}
	return sleep(ctx, OnTime)
}

// restore sets a line back, and tries twice.
func restore(o hal.Output, rest bool) error {
	if o.Set(rest) == nil {
		return nil
	}
	return o.Set(rest)
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// level is a logical level, for people.
func level(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// capital is text as the beginning of a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

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
	is := "is " + level(on)
	if w.Ask == nil {
		r.Outcome, r.Detail = Done, is
		return r, nil
	}
	yes, err := w.Ask(ctx, fmt.Sprintf("%s (%s) %s. On means: %s. Can you change it?", l.Name, l.Line.Name, is, l.Text))
	if err != nil {
		return r, err
	}
	if !yes {
		r.Outcome, r.Detail = Skipped, is
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
