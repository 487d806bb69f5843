package agent

import (
	"context"
	"errors"
	"time"

	"fieldcam/agent/health"
)

const (
	// watchInterval is how often the agent looks at itself: a third of the least
	// systemd watchdog worth having.
	watchInterval = 10 * time.Second
	// watchOthers is how many of these looks go by before the next at what does no
	// harm in half a minute.
	watchOthers = 3
	// captureSlack is for the loop's sleep and a card that is slow to sync.
	captureSlack = time.Minute
)

// errRestart ends Run where a new start would be better off.
var errRestart = errors.New("the identity's files can be used now: start again")

// watch feeds the watchdog while the capture loop makes progress, and looks at
// what nobody else reports, until ctx ends. It ends early with errRestart.
func (a *Agent) watch(ctx context.Context) error {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for n := 0; ; n++ {
		if a.captureAlive() {
			a.o.Notify(Alive)
		}
		if n%watchOthers == 0 {
			a.watchClock()
			a.watchCloud()
			a.watchQueue()
			a.watchSecond()
			a.watchStarts()
			a.watchCamera()
		}
		if a.stranger != nil {
			if _, err := a.openIdentity(); err == nil {
				return errRestart
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// captureAlive tells whether the capture loop has gone round within the longest
// time that it may take: its own sleep, or one photo with all its attempts; and
// whether the camera, or the card, has come back from the last of these.
func (a *Agent) captureAlive() bool {
	s, bound := a.capture.State(), a.o.Config.Capture.Timeout+captureSlack
	stuck := !s.StuckSince.IsZero() && time.Since(s.StuckSince) > bound
	return !stuck && !s.Turn.IsZero() && time.Since(s.Turn) < bound
}

// watchClock reports a clock that nobody vouches for.
func (a *Agent) watchClock() {
	if a.clock.Synced() {
		a.health.Clear(health.ClockUnset)
		return
	}
	a.health.Raise(health.ClockUnset, health.ClockUnset.Severity(), "the wall clock is not synced: photos carry a time that may be wrong")
}
