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
// once. After a long outage without one it is the cloud that was away, for the
// whole fleet: its controllers find it again at moments of their own, spread
// over longProbeMax, and not all in the second in which it comes back.
//
// Out of scope: modem power and data budgets.
package link

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// probeMin and probeMax bound the backoff between probes. 30 s keeps the
	// radio asleep most of an outage and still finds its end soon.
	probeMin = time.Second
	probeMax = 30 * time.Second
	// longProbeMax takes the place of probeMax where neither the cloud nor a
	// route came for longOutage: 1,000 controllers are then 17 a second at first.
	longProbeMax = 2 * time.Minute
	longOutage   = 5 * time.Minute
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
	Log  zerolog.Logger
}

// Monitor watches one cloud. Its methods may be called from any goroutine.
type Monitor struct {
	o     Options
	hints chan hint
	moved chan struct{} // holds one where routes have changed

	mu    sync.Mutex // guards the following
	since time.Time  // when the outage began; zero: there is none
	cause error
}

// hint is what another part saw of the cloud: nil err is an answer.
type hint struct{ err error }

// New makes a Monitor that takes the cloud to be there.
func New(o Options) *Monitor {
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
// while it is taken to be there.
func (m *Monitor) Outage() (since time.Time, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.since, m.cause
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
	m.o.Log.Warn().Err(cause).Str("cloud", m.o.Address).Msg("the cloud can't be reached")
	if !m.awaitReturn(ctx) {
		return
	}
	m.set(time.Time{}, nil)
	m.o.Log.Info().Str("cloud", m.o.Address).Dur("outage", time.Since(began)).Msg("the cloud can be reached")
	if m.o.OnUp != nil {
		m.o.OnUp()
	}
}

func (m *Monitor) set(since time.Time, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since, m.cause = since, cause
}

// awaitReturn is true once the cloud answers, false when ctx ends first.
func (m *Monitor) awaitReturn(ctx context.Context) bool {
	limit, quiet := probeMin, time.Now()
	timer := time.NewTimer(rand.N(limit))
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
			limit, quiet = probeMin, time.Now()
			timer.Reset(settle)
		case <-timer.C:
			if m.probe(ctx) == nil {
				return true
			}
			limit = min(2*limit, probeMax)
			if time.Since(quiet) >= longOutage {
				limit = longProbeMax
			}
			timer.Reset(rand.N(limit))
		}
	}
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
