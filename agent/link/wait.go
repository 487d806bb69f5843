package link

import (
	"context"
	"math/rand/v2"
	"time"
)

// search is how an outage's probes follow each other. It is of Run's goroutine.
type search struct {
	alone time.Time // since when neither the cloud nor a route came
	tried time.Time // the last probe
	// phased: this outage is the whole fleet's. Each device probes once in every
	// spread, at its phase.
	phased bool
}

// awaitReturn is true once the cloud answers, false when ctx ends first.
func (m *Monitor) awaitReturn(ctx context.Context, cause error) bool {
	s := search{alone: time.Now()}
	timer := time.NewTimer(m.wait(&s, cause))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case h := <-m.hints:
			if h.err == nil {
				return true
			}
		case <-m.moved:
			if wait, ok := m.moment(&s); ok {
				timer.Reset(wait)
			}
		case <-timer.C:
			if wait, ok := m.held(); ok {
				s.phased = true
				timer.Reset(wait)
				continue
			}
			s.tried = time.Now()
			err := m.probe(ctx)
			if err == nil {
				return true
			}
			m.limit = min(2*m.limit, probeMax)
			timer.Reset(m.wait(&s, err))
		}
	}
}

// wait is how long to wait for the next probe after a failure, which it logs where
// that is news.
func (m *Monitor) wait(s *search, cause error) time.Duration {
	if m.o.Quiet != nil {
		now := m.o.Clock.Now()
		if wait, ok := m.o.Quiet.Gentle(now); ok {
			_, returns, _ := m.o.Quiet(now)
			m.keepCalm(returns.Sub(now))
			s.phased = true // at the device's own moment to return, and then in every spread
			return wait
		}
	}
	m.keepCalm(0) // where the window was called off, or the clock set
	if !m.warned {
		m.warned = true
		m.o.Log.Warn().Err(cause).Str("cloud", m.o.Address).Msg("the cloud can't be reached")
	}
	if s.phased = s.phased || time.Since(s.alone) >= LongOutage; s.phased {
		return Turn(m.o.Phase, m.o.Spread)
	}
	return rand.N(m.limit) //nolint:gosec // spreads load, keeps no secret
}

// moment is when to probe after a change of routes: soon, for it is this device's
// own; in quiet time gently, and not before the device may return.
func (m *Monitor) moment(s *search) (wait time.Duration, ok bool) {
	if m.o.Quiet == nil || !m.o.Quiet.At(m.o.Clock.Now()) {
		m.limit, *s = probeMin, search{alone: time.Now(), tried: s.tried}
		return settle, true
	}
	wait = max(settle, movedMin-time.Since(s.tried))
	if _, held := m.o.Quiet.Held(m.o.Clock.Now().Add(wait)); held {
		return 0, false // the timer stands at that return already
	}
	return wait, true
}

// held is how long nothing may be tried now; see Quiet.Held.
func (m *Monitor) held() (time.Duration, bool) {
	if m.o.Quiet == nil {
		return 0, false
	}
	now := m.o.Clock.Now()
	wait, ok := m.o.Quiet.Held(now)
	if ok {
		m.keepCalm(wait)
	}
	return wait, ok
}

// keepCalm says that the outage does not count for so long; 0 ends the calm, if
// there is any.
func (m *Monitor) keepCalm(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := time.Now().Add(d); d > 0 || until.Before(m.calm) {
		m.calm = until
	}
}
