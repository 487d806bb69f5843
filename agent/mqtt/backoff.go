package mqtt

import (
	"math/rand/v2"
	"time"
)

// triesOfLost is where the backoff begins after a connection that was up broke: a
// broker that restarts drops its whole fleet in one instant, so the first window
// is already 8 times ReconnectMin, 16 s by default. A nudge halves that wait at
// most, for a whole fleet can be nudged in one instant too.
const triesOfLost = 3

// backoff draws the waits between attempts: full jitter, each wait anywhere
// between nothing and a window that doubles from min to max.
type backoff struct {
	min, max time.Duration
	tries    int
}

// next is the wait before the next attempt.
func (b *backoff) next() time.Duration {
	window := b.min
	for range b.tries {
		if window >= b.max {
			break
		}
		window *= 2
	}
	b.tries++
	return rand.N(min(window, b.max)) //nolint:gosec // spreads load, keeps no secret
}
