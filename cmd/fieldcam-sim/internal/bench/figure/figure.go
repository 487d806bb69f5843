// Package figure is how a benchmark tells what it measured: a table for people,
// and a line per figure for scripts.
//
// Promise: a figure that falls short is a result, not an error. One that this
// machine cannot give is printed as short, without a value, and the table says
// why: nothing is left out in silence. Only a measurement that went wrong is an
// error.
package figure

import (
	"errors"
	"fmt"
	"strconv"
)

// UnavailableError says why this machine or user cannot give a figure.
type UnavailableError struct{ Why error }

func (e UnavailableError) Error() string { return "not available here: " + e.Why.Error() }

// Unwrap gives Why.
func (e UnavailableError) Unwrap() error { return e.Why }

// Bound is what a figure must reach.
type Bound struct {
	value float64
	least bool // the figure must be at least value; else at most
}

// AtMost is for figures of which less is better.
func AtMost(v float64) Bound { return Bound{value: v} }

// AtLeast is for figures of which more is better.
func AtLeast(v float64) Bound { return Bound{value: v, least: true} }

func (b Bound) reached(v float64) bool {
	if b.least {
		return v >= b.value
	}
	return v <= b.value
}

func (b Bound) String() string {
	sign := "≤ "
	if b.least {
		sign = "≥ "
	}
	return sign + Number(b.value)
}

// Figure is one promise in numbers.
type Figure struct {
	Name  string // for scripts: no spaces
	What  string // for people
	Unit  string // no spaces
	Reach Bound
}

// Outcome is what a measurement found.
type Outcome struct {
	Value float64
	// Beside is the floor or the peer, of the same run.
	Beside string
	// More are further rows of the table, below the figure's.
	More []Row
}

// Row is a line of the table that is not judged.
type Row struct {
	What     string `json:"what"`
	Measured string `json:"measured"`
	Beside   string `json:"beside,omitempty"`
}

// Result is a figure with its outcome.
type Result struct {
	Figure
	Outcome
	// Err is why there is no outcome. It wraps UnavailableError where the
	// machine is the reason.
	Err error
}

// text is the value for scripts.
func (r Result) text() string {
	if r.Err != nil {
		return "-"
	}
	return Number(r.Value)
}

func (r Result) verdict() string {
	if r.Err == nil && r.Reach.reached(r.Value) {
		return "ok"
	}
	return "SHORT"
}

// Line is what scripts read:
//
//	figure NAME VALUE UNIT reach BOUND ok
//
// VALUE is "-" where there is none, and the last word SHORT where the figure is
// not reached.
func (r Result) Line() string {
	return fmt.Sprintf("figure %s %s %s reach %s %s", r.Name, r.text(), r.Unit, Number(r.Reach.value), r.verdict())
}

// Number prints four significant digits: no measurement here is finer.
func Number(v float64) string {
	if v >= 1000 || v <= -1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Failures joins the errors of measurements that went wrong.
func Failures(results []Result) error {
	var errs []error
	for _, r := range results {
		var unavailable UnavailableError
		if r.Err != nil && !errors.As(r.Err, &unavailable) {
			errs = append(errs, fmt.Errorf("measure %s: %w", r.Name, r.Err))
		}
	}
	return errors.Join(errs...)
}
