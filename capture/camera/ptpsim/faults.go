package ptpsim

import "time"

// Faults is what is wrong with a camera. The zero is a healthy one.
type Faults struct {
	// Asleep: it takes connections and says nothing, as a body that has gone to sleep.
	Asleep bool
	// Busy is how many captures are answered with "device busy".
	Busy int
	// HangAt is after how many bytes of a file it falls silent for good, in the next
	// transfer that is long enough; 0 for never. It serves the next connection again
	// unless Wedge is set: then it needs a power cycle.
	HangAt int64
	// Wedge: a connection that ended in the middle of a capture or a file leaves the
	// camera dead until its power was taken.
	Wedge bool
	// CutAt is after how many bytes of a file it closes the connection, in the next
	// transfer that is long enough; 0 for never.
	CutAt int64
	// Full: captures are refused with "store full".
	Full bool
	// FullAfter: captures are taken, and end with the event StoreFull.
	FullAfter bool
	// Slow is a pause before each 64 KB of a file.
	Slow time.Duration
	// NoObject: an exposure is never told of. With it the file is on the card all the
	// same, as with a body whose events get lost.
	NoObject bool
	// NoFocus: captures fail with a general error, as without focus, and take nothing.
	NoFocus bool
	// NeverUp: power on has no effect any more.
	NeverUp bool
	// KeepRAW: reading a RAW file fails.
	KeepRAW bool
}

// takeStop is where in a file of that size the transfer stops, and whether it hangs
// then; -1 for nowhere. It strikes once: a transfer that has not come so far puts it
// back.
func (c *Camera) takeStop(size int64) (at int64, hang bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f := &c.faults; {
	case f.HangAt > 0 && size > f.HangAt:
		at, f.HangAt = f.HangAt, 0
		return at, true
	case f.CutAt > 0 && size > f.CutAt:
		at, f.CutAt = f.CutAt, 0
		return at, false
	}
	return -1, false
}

// SetFaults changes what is wrong, from now on.
func (c *Camera) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Faults is what is wrong now: those that strike a number of times are counted down.
func (c *Camera) Faults() Faults {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults
}

// putStop is for takeStop's taker, where the place was not reached.
func (c *Camera) putStop(at int64, hang bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if hang {
		c.faults.HangAt = at
	} else {
		c.faults.CutAt = at
	}
}

// sent counts a file that was read to its end.
func (c *Camera) sent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count.Sent++
}
