package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// unavailableError says why this machine or user cannot give a figure.
type unavailableError struct{ why error }

func (e unavailableError) Error() string { return "not available here: " + e.why.Error() }
func (e unavailableError) Unwrap() error { return e.why }

// bound is what a figure must reach.
type bound struct {
	value float64
	least bool // the figure must be at least value; else at most
}

func atMost(v float64) bound  { return bound{value: v} }
func atLeast(v float64) bound { return bound{value: v, least: true} }

func (b bound) reached(v float64) bool {
	if b.least {
		return v >= b.value
	}
	return v <= b.value
}

func (b bound) String() string {
	sign := "≤ "
	if b.least {
		sign = "≥ "
	}
	return sign + number(b.value)
}

// figure is one promise in numbers.
type figure struct {
	name    string // for scripts: no spaces
	what    string // for people
	unit    string // no spaces
	reach   bound
	measure func(ctx context.Context, l *lab) (outcome, error)
}

// outcome is what a measurement found.
type outcome struct {
	value float64
	// beside is the floor or the peer, of the same run.
	beside string
	// more are further rows of the table, below the figure's.
	more []row
}

// row is a line of the table that is not judged.
type row struct{ what, measured, beside string }

// result is a figure with its outcome.
type result struct {
	figure
	outcome
	err error
}

// value is the figure for scripts.
func (r result) text() string {
	if r.err != nil {
		return "-"
	}
	return number(r.value)
}

func (r result) verdict() string {
	if r.err == nil && r.reach.reached(r.value) {
		return "ok"
	}
	return "SHORT"
}

// line is what scripts read:
//
//	figure NAME VALUE UNIT reach BOUND ok
//
// VALUE is "-" where there is none, and the last word SHORT where the figure is
// not reached.
func (r result) line() string {
	return fmt.Sprintf("figure %s %s %s reach %s %s", r.name, r.text(), r.unit, number(r.reach.value), r.verdict())
}

// number prints four significant digits: no measurement here is finer.
func number(v float64) string {
	if v >= 1000 || v <= -1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// report prints the table and the lines.
func report(w io.Writer, results []result) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FIGURE\tMEASURED\tREACH\t\tBESIDE IT")
	for _, r := range results {
		measured := r.text()
		if r.err == nil {
			measured += " " + r.unit
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.what, measured, r.reach, r.verdict(), r.beside)
		for _, m := range r.more {
			fmt.Fprintf(t, "  %s\t%s\t\t\t%s\n", m.what, m.measured, m.beside)
		}
	}
	t.Flush() // into memory: cannot fail
	for _, r := range results {
		if r.err != nil {
			fmt.Fprintf(&b, "%s: %v\n", r.name, r.err)
		}
	}
	b.WriteByte('\n')
	for _, r := range results {
		fmt.Fprintln(&b, r.line())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// failures joins the errors of measurements that went wrong.
func failures(results []result) error {
	var errs []error
	for _, r := range results {
		var unavailable unavailableError
		if r.err != nil && !errors.As(r.err, &unavailable) {
			errs = append(errs, fmt.Errorf("measure %s: %w", r.name, r.err))
		}
	}
	return errors.Join(errs...)
}
