package agent

import (
	"path/filepath"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/restart"
)

// resetTold is how long a reset by the board itself is a condition: long enough for
// a status to go out with it.
const resetTold = time.Hour

// stepStopped is the step of Options.Fault before an orderly stop is noted.
const stepStopped = "stopped"

// noteStart finds out why the daemon started, where the machine may be asked, and
// tells.
func (a *Agent) noteStart() {
	if a.o.Root == "" {
		return
	}
	var err error
	if a.starts, err = restart.Begin(a.o.Root, filepath.Join(a.o.StateDir, restart.FileName), a.started, a.clock.Synced()); err != nil {
		a.log.Warn().Err(err).Msg("start not noted")
	}
	cause := a.starts.Cause()
	a.log.Info().Str("cause", string(cause)).Msg("reason of this start")
	if cause.Reset() {
		a.raise(health.WatchdogFired, "the board had been reset: "+string(cause))
	}
}

// watchStarts reports restarts that nobody meant and that repeat.
func (a *Agent) watchStarts() {
	if a.starts == nil {
		return
	}
	// By package time: on a board without a clock the wall time jumps by years.
	if time.Since(a.begun) >= resetTold {
		a.health.Clear(health.WatchdogFired)
	}
	if a.clock.Synced() {
		if err := a.starts.Vouch(a.clock.Now()); err != nil {
			a.log.Warn().Err(err).Msg("times of starts not noted")
		}
	}
	if text, repeated := a.starts.Repeated(a.clock.Now()); repeated {
		a.raise(health.RepeatedRestarts, text)
	} else {
		a.health.Clear(health.RepeatedRestarts)
	}
}

// startCause is why the daemon started; empty where that is not known.
func (a *Agent) startCause() string {
	if a.starts == nil {
		return ""
	}
	return string(a.starts.Cause())
}

// endStart notes that the daemon was stopped in order.
func (a *Agent) endStart() error {
	if a.starts == nil {
		return nil
	}
	if a.o.Fault != nil {
		if err := a.o.Fault(stepStopped); err != nil {
			return err
		}
	}
	return a.starts.End()
}
