package power

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/hal"
	"fieldcam/hal/vedirect"
)

// Charger is a solar charger. *vedirect.Charger is one.
type Charger interface {
	State() (vedirect.State, error)
}

// Conditions is where what is wrong is told. *health.Registry is one.
type Conditions interface {
	Raise(name health.Name, severity health.Severity, text string)
	Clear(name health.Name)
}

// Alarm is a clock that goes on while the board is off, and wakes it. A hal.RTC is
// one.
type Alarm interface {
	Time() (time.Time, error)
	WakeAt(t time.Time) error
	Wake() (time.Time, error)
}

// Options are what a Keeper works with. Health, Clock and Fault are required.
type Options struct {
	// Meter measures the battery; nil: nothing does.
	Meter hal.PowerMeter
	// Solar is the charger; nil: there is none that speaks.
	Solar  Charger
	Health Conditions
	// Fault is told that a sensor can't be believed, with the reason, or with nil that
	// it can. It must not wait.
	Fault func(sensor string, err error)
	Clock hal.Clock
	// Path is the file of the rung, FileName in the state directory; empty: it is
	// lost at a restart.
	Path string
	// RTC wakes the board, and PowerOff runs the command, by its path and with its
	// arguments, that powers it down; it returns soon after ctx ends. nil: the board
	// stays up.
	RTC      Alarm
	PowerOff func(ctx context.Context, command []string) error
	// Changed is told of each change of the rung. It is called from Run's goroutine
	// and must not wait. nil: nobody is.
	Changed func(Rung)
	Log     zerolog.Logger
}

// State is how the supply is.
type State struct {
	// Rung is that of the ladder, Since when (wall time) it was taken; zero: before
	// anything that is known.
	Rung  Rung
	Since time.Time
	// Known tells whether there is a reading that can be believed; Power is it.
	Known bool
	Power hal.Power
	// Solar is what the charger says; nil where there is none, or it is silent.
	Solar *vedirect.State
}
