package link_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/link"
)

// cloud is an address that can be reached or not, and counts the attempts.
type cloud struct {
	mu    sync.Mutex
	gone  bool
	hangs bool // gone without a word: a dial ends with its context only
	dials []time.Time
}

func (c *cloud) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	c.mu.Lock()
	c.dials = append(c.dials, time.Now())
	gone, hangs := c.gone, c.hangs
	c.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if gone {
		return nil, errors.New("no route to host")
	}
	near, far := net.Pipe()
	far.Close()
	return near, nil
}

func (c *cloud) set(gone, hangs bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone, c.hangs = gone, hangs
}

func (c *cloud) attempts() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dials
}

// monitored runs a Monitor of c in a bubble and calls test; ups counts the
// returns of the cloud.
func monitored(t *testing.T, test func(c *cloud, m *link.Monitor, moved func(), ups func() int)) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		var mu sync.Mutex
		var ups int
		routes := make(chan struct{})
		m := link.New(link.Options{
			Address: "cloud:443", Dial: c.dial, Log: zerolog.Nop(),
			Routes: func(ctx context.Context, changed func()) error {
				for {
					select {
					case <-ctx.Done():
						return nil
					case <-routes:
						changed()
					}
				}
			},
			OnUp: func() { mu.Lock(); ups++; mu.Unlock() },
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		test(c, m, func() { routes <- struct{}{} }, func() int { mu.Lock(); defer mu.Unlock(); return ups })
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
	})
}

func TestNothingIsSentWhileAllIsWell(t *testing.T) {
	monitored(t, func(c *cloud, m *link.Monitor, moved func(), ups func() int) {
		m.Succeeded()
		moved()
		time.Sleep(24 * time.Hour)
		if n := len(c.attempts()); n != 0 || !up(m) || ups() != 0 {
			t.Errorf("got %d probes, up %v, %d returns, want 0, true, 0", n, up(m), ups())
		}
	})
}

func TestReturnOfTheCloudIsFoundWithinTheBackoff(t *testing.T) {
	monitored(t, func(c *cloud, m *link.Monitor, _ func(), ups func() int) {
		c.set(true, false)
		m.Failed(errors.New("timeout"))
		time.Sleep(4 * time.Minute)
		c.set(false, false)
		time.Sleep(30 * time.Second)
		if !up(m) || ups() != 1 {
			t.Errorf("30 s after the return: up %v, told %d times, want true, once", up(m), ups())
		}

		before := len(c.attempts())
		c.set(true, false)
		m.Failed(errors.New("timeout"))
		time.Sleep(6 * time.Hour)
		if up(m) {
			t.Fatal("up while the cloud is gone")
		}
		// Full jitter over 30 s for 10 min, then one in 10 min.
		if n := len(c.attempts()) - before; n < 50 || n > 150 {
			t.Errorf("got %d probes in 6 h, want about 75", n)
		}
		c.set(false, false)
		time.Sleep(link.DefaultSpread)
		if !up(m) || ups() != 2 {
			t.Errorf("one spread after the return: up %v, told %d times, want true, twice", up(m), ups())
		}
	})
}

// TestFleetFindsTheCloudSpreadOut: 1,000 monitors after a maintenance window.
func TestFleetFindsTheCloudSpreadOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const monitors = 1000
		c := &cloud{gone: true}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var mu sync.Mutex
		var told []time.Time
		for range monitors {
			m := link.New(link.Options{Address: "cloud:443", Dial: c.dial, Log: zerolog.Nop(),
				OnUp: func() { mu.Lock(); told = append(told, time.Now()); mu.Unlock() }})
			wg.Go(func() { _ = m.Run(ctx) })
			m.Failed(errors.New("503"))
		}
		time.Sleep(time.Hour)
		c.set(false, false)
		back := time.Now()
		time.Sleep(link.DefaultSpread)
		cancel()
		wg.Wait()
		peak, perSecond := 0, map[time.Duration]int{}
		for _, at := range told {
			second := at.Sub(back) / time.Second
			perSecond[second]++
			peak = max(peak, perSecond[second])
		}
		// 1.7 a second on average. One second of 600 has more than 15 once in 10^8 runs.
		if len(told) != monitors || peak > 15 {
			t.Errorf("%d were told within one spread, %d of them in one second, want %d, at most 15", len(told), peak, monitors)
		}
	})
}

// TestOwnRouteShortensTheWaits: a way out that appears before the cloud
// does shortens the waits again.
func TestOwnRouteShortensTheWaits(t *testing.T) {
	monitored(t, func(c *cloud, m *link.Monitor, moved func(), ups func() int) {
		c.set(true, false)
		m.Failed(errors.New("no route"))
		time.Sleep(time.Hour)
		moved()
		time.Sleep(time.Minute) // the name server comes late
		c.set(false, false)
		time.Sleep(30 * time.Second)
		if ups() != 1 {
			t.Errorf("90 s after a new route: told %d times, want once", ups())
		}
	})
}

func TestChangeOfRoutesIsProbedAtOnce(t *testing.T) {
	monitored(t, func(c *cloud, m *link.Monitor, moved func(), ups func() int) {
		c.set(true, false)
		m.Failed(errors.New("no route"))
		time.Sleep(time.Hour) // the backoff is at its longest
		c.set(false, false)
		moved()
		time.Sleep(time.Second)
		if ups() != 1 {
			t.Errorf("1 s after a new route: told %d times, want once", ups())
		}
	})
}

func TestSuccessOfAnotherEndsTheOutage(t *testing.T) {
	monitored(t, func(c *cloud, m *link.Monitor, _ func(), ups func() int) {
		c.set(true, false)
		m.Failed(errors.New("no route"))
		time.Sleep(time.Second)
		m.Succeeded()
		synctest.Wait()
		if !up(m) || ups() != 1 {
			t.Errorf("up %v, told %d times, want true, once", up(m), ups())
		}
	})
}

func TestHangingProbeIsBounded(t *testing.T) {
	monitored(t, func(c *cloud, m *link.Monitor, _ func(), ups func() int) {
		c.set(true, true)
		m.Failed(errors.New("timeout"))
		time.Sleep(10 * time.Minute)
		if n := len(c.attempts()); n < 8 {
			t.Errorf("got %d probes in 10 min of a black hole, want at least 8", n)
		}
		c.set(false, false)
		time.Sleep(link.DefaultSpread + 15*time.Second)
		if ups() != 1 {
			t.Errorf("told %d times, want once", ups())
		}
	})
}

func TestWatchRoutesEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- link.WatchRoutes(ctx, func() {}) }()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func up(m *link.Monitor) bool {
	since, cause := m.Outage()
	return since.IsZero() && cause == nil
}
