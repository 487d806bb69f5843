package agent

import (
	"context"
	"math/rand/v2"
	"time"

	"fieldcam/agent/health"
	"fieldcam/queue"
)

const (
	// cleanInterval is how often photos that may go make room, beside what each
	// new photo does for itself, and the index is looked at for compacting.
	cleanInterval = 10 * time.Minute
	// sweepAfter is when the whole spool is compared with the index: not while a
	// start still has much to do.
	sweepAfter = time.Minute
	// sweepInterval is how often it is again, and scrubRest the rest after a scrub:
	// cards lose bits in weeks, not in hours.
	sweepInterval = 24 * time.Hour
	scrubRest     = 24 * time.Hour
	// scrubRate is how fast photos are read again, in bytes per second: a backlog
	// of 10 GB takes 6 hours, and half a percent of a slow card's time.
	scrubRate = 500_000
)

// clean keeps the queue in order until ctx ends.
func (a *Agent) clean(ctx context.Context) error {
	tick := time.NewTicker(cleanInterval)
	defer tick.Stop()
	sweep := time.NewTimer(sweepAfter)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			a.sweep(ctx)
			sweep.Reset(sweepInterval)
			continue
		case <-tick.C:
		}
		if _, err := a.queue.Trim(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if a.shooting() {
			continue
		}
		if _, err := a.queue.Compact(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

func (a *Agent) sweep(ctx context.Context) {
	if err := a.queue.MatchCopies(ctx); err != nil && ctx.Err() == nil {
		a.log.Error().Err(err).Msg("photos not matched with the second copy")
	}
	r, err := a.queue.Sweep(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.log.Error().Err(err).Msg("spool not compared with the index")
		return
	}
	a.reportOpening(r)
	if r.Foreign == 0 {
		a.health.Clear(health.ForeignFiles)
	}
}

// scrub reads the waiting photos again and again, gently, until ctx ends.
func (a *Agent) scrub(ctx context.Context) error {
	for rest := sweepAfter; ; rest = scrubRest {
		t := time.NewTimer(rest + rand.N(rest/10)) // a fleet need not scrub at once
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
		s, err := a.queue.Scrub(ctx, queue.ScrubOptions{BytesPerSecond: scrubRate, Busy: a.shooting})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			a.log.Error().Err(err).Msg("photos not read again")
			continue
		}
		a.log.Info().Int("photos", s.Photos).Int64("bytes", s.Bytes).Int("lost", s.Lost).Int("mended", s.Mended).Msg("waiting photos read again")
		a.reportDamaged(s.Lost)
		a.raiseCount(health.PhotoUnread, int64(s.Unread), "%s can't be read from the card now: it may be wearing out")
	}
}
