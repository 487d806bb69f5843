package climate

import (
	"errors"
	"fmt"
	"time"

	"fieldcam/hal"
)

// output is a heater or a fan. It belongs to Run's goroutine.
type output struct {
	name     string
	line     hal.Line
	saveFrom string // the rung from which on it stays off
	t        thermostat
	told     func(s *State, on bool)

	open hal.Output // nil where the line is not taken
	on   bool
	at   time.Time // when it was switched on last, by package time
}

// keep has the output be as the temperature and the power ladder say.
func (k *Keeper) keep(o *output, celsius float64, known bool) {
	if o.open == nil {
		open, err := k.o.Board.OpenOutput(o.line, false)
		k.o.Fault(o.name, err)
		if err != nil {
			return
		}
		o.open = open
	}
	want := known && !k.o.Saves(o.saveFrom) && o.t.next(o.on, celsius)
	if want && !o.on && !o.at.IsZero() && time.Since(o.at) < switchEvery {
		return
	}
	if err := k.drive(o, want); err != nil {
		k.o.Fault(o.name, err)
		// A line that does not do what it is told is let go, and taken anew as off.
		if err := k.close(o); err != nil {
			k.o.Log.Error().Err(err).Str("output", o.name).Msg("output not let go")
		}
	}
}

// drive switches the output. Off is driven even where it should be off already: the
// write costs nothing.
func (k *Keeper) drive(o *output, on bool) error {
	if err := o.open.Set(on); err != nil {
		return fmt.Errorf("switch %s: %w", o.name, err)
	}
	if on != o.on {
		k.o.Log.Info().Str("output", o.name).Bool("on", on).Msg("switched by the thermostat")
		if on {
			o.at = time.Now()
		}
	}
	k.note(o, on)
	return nil
}

func (k *Keeper) note(o *output, on bool) {
	o.on = on
	k.mu.Lock()
	defer k.mu.Unlock()
	o.told(&k.state, on)
}

// close switches the output off and lets its line go.
func (k *Keeper) close(o *output) error {
	if o.open == nil {
		return nil
	}
	err := errors.Join(o.open.Set(false), o.open.Close())
	o.open = nil
	k.note(o, false)
	if err != nil {
		return fmt.Errorf("switch %s off: %w", o.name, err)
	}
	return nil
}
