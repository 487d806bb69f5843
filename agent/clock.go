package agent

import (
	"sync"
	"time"

	"fieldcam/hal"
)

// floorClock is a wall clock that never shows a time at which this controller
// has already been, as long as nobody knows the time: a board without a battery
// boots in 1970, and goes on from its newest photo until NTP answers. A source
// that is synced is believed, whatever it says, and is the new floor: the kernel
// calls a clock unsynced again after hours without NTP.
type floorClock struct {
	source hal.Clock

	mu    sync.Mutex // guards the following
	floor time.Time  // last wall time known to have passed, UTC
	since time.Time  // monotonic moment at which floor was taken over
}

// newFloorClock starts at floor or at the source's time, whichever is later.
func newFloorClock(source hal.Clock, floor time.Time) *floorClock {
	return &floorClock{source: source, floor: floor.UTC().Round(0), since: time.Now()}
}

func (c *floorClock) Now() time.Time {
	now, synced := c.source.Now(), c.source.Synced()
	c.mu.Lock()
	defer c.mu.Unlock()
	if synced {
		c.floor, c.since = now, time.Now()
		return now
	}
	if low := c.floor.Add(time.Since(c.since)); now.Before(low) {
		return low
	}
	return now
}

func (c *floorClock) Synced() bool { return c.source.Synced() }
