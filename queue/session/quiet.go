package session

import (
	"math/rand/v2"
	"time"
)

const (
	// quietMin and quietMax bound the wait after a failure in quiet time: a cloud
	// that is being repaired is asked a few times an hour.
	quietMin = 8 * time.Minute
	quietMax = 15 * time.Minute
)

// quiet is a maintenance window and the time after it until this controller's own
// moment of return, wall time. The zero quiet is none.
type quiet struct{ ends, returns time.Time }

// quietAt is the quiet time that now, wall time, is in.
func (r *Runner) quietAt(now time.Time) quiet {
	ends, returns, ok := r.o.Quiet(now)
	if !ok || !returns.After(now) {
		return quiet{}
	}
	return quiet{ends, returns}
}

// is tells whether there is one.
func (q quiet) is() bool { return !q.returns.IsZero() }

// over tells whether the window has ended at now, and the return has not come.
func (q quiet) over(now time.Time) bool { return q.is() && !now.Before(q.ends) }

// again is when to try again after a failure at now; the cloud asks to be left
// alone for so long. It is by package time.
func (q quiet) again(now time.Time, asked time.Duration) time.Time {
	wait := max(quietMin+rand.N(quietMax-quietMin), asked)
	if !now.Add(wait).Before(q.ends) {
		wait = q.returns.Sub(now)
	}
	return time.Now().Add(wait)
}
