package agent

import (
	"context"
	"sync/atomic"

	"fieldcam/hal"
)

// steps knows whether the parts are told when the wall clock is set, so that they
// need not look at it all the time.
type steps struct {
	clock   hal.Clock
	watched *atomic.Bool
	stepped chan struct{} // for the plan: holds one where the clock was set
}

func newSteps(clock hal.Clock) steps {
	return steps{clock: clock, watched: new(atomic.Bool), stepped: make(chan struct{}, 1)}
}

// told tells whether the parts are told now. Where nobody vouches for the clock they
// look for themselves: it is set by being vouched for, of which the system does not
// tell.
func (s steps) told() bool { return s.watched.Load() && s.clock.Synced() }

// watchSteps tells the parts when the clock is set, until ctx ends.
func (a *Agent) watchSteps(ctx context.Context) error {
	defer func() {
		a.steps.watched.Store(false)
		a.tellStep() // that they look for themselves from now on
	}()
	return a.o.Steps(ctx, func() {
		a.steps.watched.Store(true)
		a.tellStep()
	})
}

// tellStep has all parts look at the clock.
func (a *Agent) tellStep() {
	a.capture.ClockStepped()
	a.heart.ClockStepped()
	if a.sessions != nil {
		a.sessions.ClockStepped()
	}
	select {
	case a.steps.stepped <- struct{}{}:
	default: // it is known already
	}
}
