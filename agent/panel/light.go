package panel

import (
	"errors"
	"fmt"
	"time"

	"fieldcam/hal"
)

// Look is what the light tells of the controller.
type Look int

// The looks.
const (
	Starting Look = iota
	Reached       // the cloud is
	Alone         // the cloud is not reached
	Faulty        // a fault that stops photos, or soon will
)

// colour is which of the two lights are on.
type colour int

const (
	dark  colour = 0
	green colour = 1 << iota
	red
	amber = green | red
)

// pattern is how the light shows something. Zero flash: steadily.
type pattern struct {
	colour colour
	flash  time.Duration // on, and off, so long
	times  int           // flashes until it is over; 0: without end
}

// What the light shows of the button; see the package's comment.
func busy() pattern   { return pattern{colour: amber, flash: slow} }
func taken() pattern  { return pattern{colour: green, flash: quick, times: 3} }
func missed() pattern { return pattern{colour: red, flash: quick, times: 3} }
func held() pattern   { return pattern{colour: amber, flash: fast} }

const (
	slow  = 500 * time.Millisecond
	quick = 250 * time.Millisecond
	fast  = 100 * time.Millisecond
)

// pattern is that of a look.
func (l Look) pattern() pattern {
	switch l {
	case Reached:
		return pattern{colour: green}
	case Alone:
		return pattern{colour: red}
	case Faulty:
		return pattern{colour: red, flash: slow}
	}
	return pattern{colour: amber}
}

// at is what the light shows so long after the pattern's begin, and after how long
// that changes; 0: not by itself.
func (p pattern) at(since time.Duration) (colour, time.Duration) {
	if p.flash == 0 {
		return p.colour, 0
	}
	n := since / p.flash
	next := (n+1)*p.flash - since
	if n%2 == 1 {
		return dark, next
	}
	return p.colour, next
}

// over tells whether the pattern has been shown whole.
func (p pattern) over(since time.Duration) bool {
	return p.times > 0 && since >= time.Duration(2*p.times)*p.flash
}

// light is the two lines; nil where there is none.
type light struct {
	green, red hal.Output
	shows      colour
}

// openLight takes the lines, dark.
func openLight(c Config, board hal.Board) (l *light, err error) {
	l = &light{}
	if c.GreenLine != "" {
		if l.green, err = board.OpenOutput(hal.Line{Name: c.GreenLine, ActiveLow: c.GreenActiveLow}, false); err != nil {
			return nil, fmt.Errorf("take the green light's line: %w", err)
		}
	}
	if c.RedLine != "" {
		if l.red, err = board.OpenOutput(hal.Line{Name: c.RedLine, ActiveLow: c.RedActiveLow}, false); err != nil {
			return nil, errors.Join(fmt.Errorf("take the red light's line: %w", err), l.close())
		}
	}
	return l, nil
}

// show lights a colour. A board with one light shows what it can: the green alone
// shows no red, and amber as itself.
func (l *light) show(c colour) error {
	if c == l.shows {
		return nil
	}
	l.shows = c
	var errs []error
	if l.green != nil {
		errs = append(errs, l.green.Set(c&green != 0))
	}
	if l.red != nil {
		errs = append(errs, l.red.Set(c&red != 0))
	}
	return errors.Join(errs...)
}

// close leaves the light dark.
func (l *light) close() error {
	l.shows = amber // whatever it is: both are set
	errs := []error{l.show(dark)}
	for _, o := range []hal.Output{l.green, l.red} {
		if o != nil {
			errs = append(errs, o.Close())
		}
	}
	return errors.Join(errs...)
}
