package shutter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fieldcam/config/invalid"
	"fieldcam/hal"
	"fieldcam/hal/model"
)

// Confirm says which input tells that the camera exposes: the contact of its hot shoe or
// PC socket, which is closed while the shutter is open.
type Confirm struct {
	// Line names the input, as hal.Line.Name does. Empty: nothing confirms, and a shot
	// counts as taken where the lines could be pressed.
	Line string `toml:"line"`
	// ActiveHigh inputs are high while the contact is closed. Default false: the
	// contact pulls a line down that a resistor holds up. See Input for a line that is
	// named by its use.
	ActiveHigh bool `toml:"active_high"`
	// Within is how long after the full press the exposure may begin. The press is held
	// for so long. Default 1s.
	Within time.Duration `toml:"within"`
}

const (
	defaultWithin = time.Second
	maxWithin     = 30 * time.Second // mirror lock-up, self-timer
	// pollEvery is how often a contact is looked at where the chip tells of no edges.
	pollEvery = 2 * time.Millisecond
)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Confirm) Validate() error {
	var l invalid.List
	if c.Within < 10*time.Millisecond || c.Within > maxWithin {
		l.Add("within", c.Within, "a duration from 10ms to 30s")
	}
	return l.Err()
}

// errUnconfirmed is why a shot has failed though the lines were pressed.
var errUnconfirmed = errors.New("the camera did not expose: its contact did not close")

// Input is the line as it is opened: on while the contact is closed. One that is named
// by its use has its polarity in the controller's table, which ActiveHigh turns round.
func (c Confirm) Input() hal.Line {
	if slices.Contains(model.Uses(), c.Line) {
		return hal.Line{Name: c.Line, ActiveLow: c.ActiveHigh}
	}
	return hal.Line{Name: c.Line, ActiveLow: !c.ActiveHigh}
}

// open takes the input. Its resistor holds it where the open contact leaves it, or, on a
// chip that has none, one on the board does.
func (c Confirm) open(board hal.Board) (hal.Input, error) {
	line, bias := c.Input(), hal.BiasUp
	if c.ActiveHigh {
		bias = hal.BiasDown
	}
	in, err := board.OpenInput(line, hal.InputConfig{Bias: bias})
	if err != nil {
		in, err = board.OpenInput(line, hal.InputConfig{})
	}
	if err != nil {
		return nil, fmt.Errorf("take the contact's line: %w", err)
	}
	return in, nil
}

// exposure waits for the exposure of a shot that was pressed at a time; told: the contact
// told of it. Its error is nil where that is so, and where nothing can tell.
type exposure func(ctx context.Context, pressed time.Time) (told bool, err error)

// beforePress looks at the contact, and returns what waits for its exposure.
func (c *Camera) beforePress(contact hal.Input) exposure {
	none := func(context.Context, time.Time) (bool, error) { return false, nil }
	if contact == nil {
		return none
	}
	closed, err := contact.On()
	if stuck := err != nil || closed; stuck {
		// It would say so at every shot: the pictures tell, when they are fetched.
		if !c.deaf {
			c.o.Log.Warn().Err(err).Bool("closed", closed).Msg("the contact that confirms exposures is of no use: it is closed before the shot, or cannot be read")
		}
		c.deaf = true
		return none
	}
	if c.deaf {
		c.deaf = false
		c.o.Log.Info().Msg("the contact that confirms exposures works again")
	}
	return func(ctx context.Context, pressed time.Time) (bool, error) {
		bound, cancel := context.WithTimeout(ctx, c.cfg.Confirm.Within)
		defer cancel()
		if closes(bound, contact, pressed) {
			return true, nil
		}
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("wait for the exposure: %w", err)
		}
		if c.mute() {
			return false, nil
		}
		return false, errUnconfirmed
	}
}

// mute tells whether the contact is known not to tell of exposures.
func (c *Camera) mute() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.verdict.Mute
}

// closes waits for the contact to close after a time; false where ctx ends before.
func closes(ctx context.Context, contact hal.Input, after time.Time) bool {
	for {
		e, err := contact.Wait(ctx)
		switch {
		case err == nil && e.On && !e.At.Before(after):
			return true
		case err == nil || errors.Is(err, hal.ErrEdgesLost):
			continue // of before, or its end
		case ctx.Err() != nil:
			return false
		}
		// No edges on this chip.
		if on, _ := contact.On(); on {
			return true
		}
		if wait(ctx, pollEvery) != nil {
			return false
		}
	}
}
