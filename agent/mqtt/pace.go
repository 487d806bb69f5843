package mqtt

import (
	"context"
	"math/rand/v2"
	"time"

	"fieldcam/agent/link"
)

// nudged is the shortest wait between tries in quiet time, however often the link
// is nudged.
const nudged = time.Minute

// pace is when the next attempt is due. Its methods are for Run's goroutine.
type pace struct {
	backoff
	spread time.Duration
	phase  time.Time
	quiet  link.Quiet
	now    func() time.Time // wall time

	lost time.Time // since when there is no connection that lasts, by package time
	// phased: this outage is the whole fleet's. Each device tries once in every
	// spread, at its phase.
	phased bool
}

// connected is told of each connection that has ended, and how long it lasted.
func (p *pace) connected(lasted time.Duration) {
	if lasted >= stable {
		p.tries, p.phased, p.lost = 0, false, time.Now()
	}
	p.tries = max(p.tries, triesOfLost)
}

// wait is how long to wait for the next attempt, and the least that a nudge may
// leave of it. refused: the broker is there, and does not want us.
func (p *pace) wait(lasted time.Duration, refused bool) (d, floor time.Duration) {
	if d, ok := p.quiet.Gentle(p.now()); ok {
		p.phased = true // at the device's own moment to return, and then in every spread
		return d, nudged
	}
	if long := p.phased || time.Since(p.lost) >= link.LongOutage; long && !refused {
		p.phased = true
		return link.Turn(p.phase, p.spread), p.min
	}
	d = p.next()
	if lasted > 0 {
		return d, d / 2
	}
	return d, p.min
}

// pause waits for d, but not past the end of ctx, and then until the device may
// return. A nudge makes it shorter, to no less than floor, and to a random moment
// within ReconnectMin from then: others may have been nudged by the same event.
// It does not hasten a return after maintenance.
func (l *Link) pause(ctx context.Context, d, floor time.Duration) {
	began := time.Now()
	until := began.Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			held, ok := l.pace.quiet.Held(l.pace.now())
			if !ok {
				return
			}
			l.pace.phased = true
			until = time.Now().Add(held)
			timer.Reset(held)
		case <-l.nudge:
			soon := time.Now().Add(rand.N(l.c.ReconnectMin)) //nolint:gosec // spreads load, keeps no secret
			if least := began.Add(floor); soon.Before(least) {
				soon = least
			}
			_, held := l.pace.quiet.Held(l.pace.now().Add(time.Until(soon)))
			if !held && soon.Before(until) {
				until = soon
				timer.Reset(time.Until(until))
			}
		}
	}
}
