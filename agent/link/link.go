// Package link knows whether this controller can reach its cloud, and tells at
// once when it can again.
//
// The cloud means ours: the photo receiver's own address, never a stranger's.
// While all is well the Monitor does nothing, for uploads and the control link
// show that the cloud is there. Once one of them says that it failed, the
// Monitor opens (and closes) a TCP connection now and then, with full-jitter
// backoff, and at once when the kernel's addresses or routes change, until one
// succeeds. That costs about 400 bytes an attempt on the wire, and nothing
// while there is no route.
//
// A return behind a change of routes is this controller's own: it is told at
// once. After LongOutage without one it is the cloud that was away, for the whole
// fleet: its controllers look once in every Spread, each at its own phase, and
// not all in the second in which it comes back. In quiet time (maintenance) the
// Monitor looks every 8 to 15 min and warns nobody, and after that at the device's
// own moment to return.
//
// A cloud that takes connections and does nothing with them is up and down all the
// time: the waits grow over such outages too.
//
// The Meter counts what the connections cost, by calendar month.
//
// Out of scope: modem power.
package link

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal"
)

const (
	// probeMin and probeMax bound the backoff between probes. 30 s keeps the
	// radio asleep most of an outage and still finds its end soon.
	probeMin = time.Second
	probeMax = 30 * time.Second
	// steady is how long the cloud must have been there for its loss to be a new
	// outage, with the shortest waits.
	steady = time.Minute
	// movedMin is the shortest wait between two probes in quiet time, however often
	// the routes change.
	movedMin = time.Minute
	// probeTime bounds one probe: a mobile link's first connection after an
	// outage takes some seconds.
	probeTime = 15 * time.Second
	// settle is the pause after a change of routes: address, route and name
	// server come one after the other.
	settle = 300 * time.Millisecond
)

// Options are what a Monitor works with.
type Options struct {
	// Address is the cloud's, "host:port". Required.
	Address string
	// Dial opens a connection. Required.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Routes calls changed whenever the machine's addresses or routes change,
	// until ctx ends (see WatchRoutes). nil: changes are not noticed.
	Routes func(ctx context.Context, changed func()) error
	// OnUp is called when the cloud can be reached again, from Run's goroutine; it
	// must not wait. nil: nobody cares.
	OnUp func()
	// Quiet tells when the cloud may be away on purpose; it needs Clock. nil: never.
	Quiet Quiet
	// Clock is for Quiet.
	Clock hal.Clock
	// Spread is the time between probes after LongOutage. 0: DefaultSpread.
	Spread time.Duration
	// Phase is one of the moments for these probes, by package time. The parts of one
	// device share it: the first that finds the cloud wakes the others. Zero: drawn.
	Phase time.Time
	Log   zerolog.Logger
}

// Monitor watches one cloud. Its methods may be called from any goroutine.
type Monitor struct {
	o     Options
	hints chan hint
	moved chan struct{} // holds one where routes have changed

	mu    sync.Mutex // guards the following
	since time.Time  // when the outage began; zero: there is none
	calm  time.Time  // the end of the quiet time in it, by package time
	cause error

	// Of Run's goroutine:
	limit  time.Duration // of the backoff
	back   time.Time     // when the last outage ended
	warned bool          // of this outage
}

// hint is what another part saw of the cloud: nil err is an answer.
type hint struct{ err error }

// New makes a Monitor that takes the cloud to be there.
func New(o Options) *Monitor {
	if o.Spread <= 0 {
		o.Spread = DefaultSpread
	}
	if o.Phase.IsZero() {
		o.Phase = time.Now().Add(rand.N(o.Spread)) //nolint:gosec // spreads load, keeps no secret
	}
	return &Monitor{o: o, hints: make(chan hint, 16), moved: make(chan struct{}, 1)}
}

// Succeeded says that the cloud has answered somebody.
func (m *Monitor) Succeeded() { m.hint(hint{}) }

// Failed says that the cloud did not answer somebody, and why.
func (m *Monitor) Failed(err error) { m.hint(hint{err}) }

// hint never waits; when hints come faster than they are read, the Monitor has
// news enough.
func (m *Monitor) hint(h hint) {
	select {
	case m.hints <- h:
	default:
	}
}

// Outage is when the cloud was lost, by package time, and why; zero and nil
// while it is taken to be there. Quiet time does not count: since is no earlier
// than its end, and now while it lasts.
func (m *Monitor) Outage() (since time.Time, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	since = m.since
	if !since.IsZero() && m.calm.After(since) {
		since = m.calm
		if now := time.Now(); now.Before(since) {
			since = now
		}
	}
	return since, m.cause
}

// Run watches until ctx ends, and returns nil.
func (m *Monitor) Run(ctx context.Context) error {
	var watch sync.WaitGroup
	defer watch.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if m.o.Routes != nil {
		watch.Go(func() {
			if err := m.o.Routes(ctx, m.routesChanged); err != nil && ctx.Err() == nil {
				m.o.Log.Warn().Err(err).Msg("routes are not watched: the link's return is found by probes alone")
			}
		})
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.moved: // the cloud is there all the same
		case h := <-m.hints:
			if h.err != nil {
				m.outage(ctx, h.err)
			}
		}
	}
}

func (m *Monitor) routesChanged() {
	select {
	case m.moved <- struct{}{}:
	default:
	}
}

// outage lasts until the cloud answers or ctx ends.
func (m *Monitor) outage(ctx context.Context, cause error) {
	began := time.Now()
	m.set(began, cause)
	m.warned = false
	if m.limit = min(2*m.limit, probeMax); began.Sub(m.back) >= steady {
		m.limit = probeMin
	}
	if !m.awaitReturn(ctx, cause) {
		return
	}
	m.back = time.Now()
	m.set(time.Time{}, nil)
	m.o.Log.Info().Str("cloud", m.o.Address).Dur("outage", time.Since(began)).Msg("the cloud can be reached")
	if m.o.OnUp != nil {
		m.o.OnUp()
	}
}

func (m *Monitor) set(since time.Time, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since, m.calm, m.cause = since, time.Time{}, cause
}

// probe opens a connection to the cloud.
func (m *Monitor) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	c, err := m.o.Dial(ctx, "tcp", m.o.Address)
	if err != nil {
		return fmt.Errorf("probe cloud: %w", err)
	}
	return c.Close()
}
