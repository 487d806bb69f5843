package link

import (
	"math/rand/v2"
	"time"
)

const (
	// gentleMin and gentleMax bound the wait between two tries in quiet time.
	gentleMin = 8 * time.Minute
	gentleMax = 15 * time.Minute
	// LongOutage is how long the cloud must have been away for its return to be the
	// whole fleet's, and no more one radio's.
	LongOutage = 10 * time.Minute
	// DefaultSpread is over how long a fleet returns where nothing else is said.
	DefaultSpread = 10 * time.Minute
)

// Quiet tells whether the cloud may be away at the instant at without anything
// being wrong: ends is when its maintenance is over, and returns, not before that,
// this device's own moment to come back (maintenance.Calendar.Quiet). nil: never.
type Quiet func(at time.Time) (ends, returns time.Time, ok bool)

// Turn is how long it is to the device's next own moment, which comes once in each
// spread: phase is any of them, past or to come, by package time.
func Turn(phase time.Time, spread time.Duration) time.Duration {
	gone := time.Since(phase) % spread
	if gone < 0 {
		gone += spread
	}
	return spread - gone
}

// Gentle is how long to wait after a failure at the instant at: in quiet time 8 to
// 15 min, and no further than to the device's own return, or to that where the try
// would come after the end. ok is false outside of quiet time.
func (q Quiet) Gentle(at time.Time) (wait time.Duration, ok bool) {
	if q == nil {
		return 0, false
	}
	ends, returns, ok := q(at)
	if !ok {
		return 0, false
	}
	wait = gentleMin + rand.N(gentleMax-gentleMin) //nolint:gosec // spreads load, keeps no secret
	if !at.Add(wait).Before(ends) {
		wait = returns.Sub(at)
	}
	return wait, true
}

// Held is how long nothing may be tried at the instant at: from a window's end to
// the device's own return. ok is false at all other times.
func (q Quiet) Held(at time.Time) (wait time.Duration, ok bool) {
	if q == nil {
		return 0, false
	}
	ends, returns, ok := q(at)
	if !ok || at.Before(ends) {
		return 0, false
	}
	return returns.Sub(at), true
}

// At tells whether at is in quiet time.
func (q Quiet) At(at time.Time) bool {
	if q == nil {
		return false
	}
	_, _, ok := q(at)
	return ok
}
