package session

import (
	"math/rand/v2"
	"time"
)

// outage is the backoff while the cloud is silent: full jitter, so that a fleet
// that lost its cloud in one moment comes back over minutes. An outage that lasts
// longer than longOutage is tried once in a period of spread, at this controller's
// own moment of it: the returns of a fleet are even over it.
type outage struct {
	min, max, spread time.Duration
	count            int       // failures since the last success
	since            time.Time // the first of them
	phase            time.Time // a moment to try again in a long outage, of one each period
	warned           bool      // it was logged
	believed         int       // returns of the link that were believed since then
	last             time.Time // the last one
	answered         bool      // something answered: the link was never away
}

const (
	// maxReturns is how many returns of the link start a session at once before a
	// photo gets through: a cloud that answers the door and nothing else must not
	// be hammered. After a quiet time of max the next is believed again.
	maxReturns = 3
	// longOutage is from when on a fleet has many that wait for the cloud.
	longOutage = 10 * time.Minute
	// defaultSpread suits a fleet of ten thousand: less than twenty a second.
	defaultSpread = 10 * time.Minute
)

// note counts a failure.
func (o *outage) note() {
	if o.count == 0 {
		o.since = time.Now()
	}
	o.count++
}

// again is when to try again after a failure that was noted; silent: it is the
// cloud's.
func (o *outage) again(silent bool) time.Time {
	now := time.Now()
	if !silent || now.Sub(o.since) <= longOutage {
		return now.Add(rand.N(doubled(o.min, o.max, o.count-1)))
	}
	period := max(o.spread, o.max)
	gone := now.Sub(o.phase) % period
	if gone < 0 {
		gone += period
	}
	return now.Add(period - gone)
}

// doubled is d doubled n times, but at most limit.
func doubled(d, limit time.Duration, n int) time.Duration {
	for range n {
		if d >= limit {
			break
		}
		d *= 2
	}
	return min(d, limit)
}

// over notes that the cloud has answered.
func (o *outage) over() { *o = outage{min: o.min, max: o.max, spread: o.spread, phase: o.phase} }

// believe tells whether the link's return is reason to try at once.
func (o *outage) believe() bool {
	if o.answered {
		return false
	}
	if time.Since(o.last) > o.max {
		o.believed = 0
	}
	if o.believed >= maxReturns {
		return false
	}
	o.believed++
	o.last = time.Now()
	return true
}

// delays are the photos that failed for a reason of their own, and until when
// each stands behind its peers.
type delays struct {
	min, max time.Duration
	until    map[uint64]delay
}

type delay struct {
	at    time.Time
	count int
}

// maxDelays bounds the memory: of more, those whose delay has passed are
// forgotten, with their count.
const maxDelays = 10_000

// failed notes that photo seq failed, and says when it may be tried again:
// half to all of a doubling delay.
func (d *delays) failed(seq uint64) time.Time {
	if d.until == nil {
		d.until = map[uint64]delay{}
	}
	e := d.until[seq]
	limit := doubled(d.min, d.max, e.count)
	e.count++
	e.at = time.Now().Add(limit/2 + rand.N(limit/2+1))
	if len(d.until) >= maxDelays {
		d.prune()
	}
	d.until[seq] = e
	return e.at
}

func (d *delays) prune() {
	now := time.Now()
	for seq, e := range d.until {
		if e.at.Before(now) {
			delete(d.until, seq)
		}
	}
}

// holds tells whether photo seq still stands behind its peers.
func (d *delays) holds(seq uint64) bool {
	e, ok := d.until[seq]
	return ok && time.Now().Before(e.at)
}

// first is the moment at which the first delay still running ends.
func (d *delays) first() (at time.Time, ok bool) {
	now := time.Now()
	for _, e := range d.until {
		if now.Before(e.at) && (!ok || e.at.Before(at)) {
			at, ok = e.at, true
		}
	}
	return at, ok
}

func (d *delays) forget(seq uint64) { delete(d.until, seq) }

func (d *delays) clear() { clear(d.until) }

// stopper is the photo that broke off the last sessions before any other was
// sent. After a few another goes first: a cloud that is unwell for one photo
// alone must not keep all others waiting behind it.
type stopper struct {
	seq   uint64
	count int
}

// maxStops is how many sessions in a row a photo may break off as the first.
const maxStops = 3

// again notes that photo seq broke off a session.
func (s *stopper) again(seq uint64) {
	if s.seq != seq {
		*s = stopper{seq: seq}
	}
	s.count++
}

// stands is the photo that should let another go first.
func (s *stopper) stands() (seq uint64, ok bool) { return s.seq, s.count >= maxStops }

// failing are different photos that failed in a row, over sessions too: where
// each stands behind its peers for another time, one session seldom meets many.
// More than unwellAfter need not be known.
type failing map[uint64]struct{}

func (f *failing) add(seq uint64) {
	if *f == nil {
		*f = failing{}
	}
	if !f.unwell() {
		(*f)[seq] = struct{}{}
	}
}

// unwell tells whether the reason is not the photos'.
func (f *failing) unwell() bool { return len(*f) >= unwellAfter }

func (f *failing) clear() { clear(*f) }
