package link_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/link"
)

// clock is the bubble's time as a wall clock.
type clock struct{}

func (clock) Now() time.Time { return time.Now().UTC().Round(0) }
func (clock) Synced() bool   { return true }

// window is quiet from its begin to its end, and then until this device's return,
// all counted from the bubble's begin.
type window struct{ begin, end, returns time.Duration }

func (w window) quiet(at time.Time) (ends, returns time.Time, ok bool) {
	zero := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	ends, returns = zero.Add(w.end), zero.Add(w.returns)
	return ends, returns, !at.Before(zero.Add(w.begin)) && at.Before(returns)
}

// threeHours is a window with a return four minutes after it.
func threeHours() window {
	return window{20 * time.Hour, 23 * time.Hour, 23*time.Hour + 4*time.Minute}
}

func until(d time.Duration) {
	time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d)))
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// watched is a Monitor with that window, in a bubble.
type watched struct {
	*cloud
	*link.Monitor
	log   logged
	ups   atomic.Int64
	moved chan struct{}
}

func inWindow(t *testing.T, test func(r *watched)) {
	synctest.Test(t, func(t *testing.T) {
		r := &watched{cloud: &cloud{}, moved: make(chan struct{})}
		r.Monitor = link.New(link.Options{
			Address: "cloud:443", Dial: r.dial, Clock: clock{}, Quiet: threeHours().quiet, Log: zerolog.New(&r.log),
			OnUp: func() { r.ups.Add(1) },
			Routes: func(ctx context.Context, changed func()) error {
				for {
					select {
					case <-ctx.Done():
						return nil
					case <-r.moved:
						changed()
					}
				}
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		test(r)
		cancel()
		<-done
	})
}

func TestQuietTimeIsProbedGentlyAndNoNews(t *testing.T) {
	inWindow(t, func(r *watched) {
		until(20*time.Hour + time.Minute)
		r.set(true, false)
		r.Failed(errors.New("503"))
		until(23 * time.Hour)
		if n := len(r.attempts()); n < 11 || n > 23 {
			t.Errorf("got %d probes in three hours, want one in 8 to 15 min", n)
		}
		if since, cause := r.Outage(); cause == nil || time.Since(since) != 0 {
			t.Errorf("outage: got %v long, %v, want one that has just begun", time.Since(since), cause)
		}
		before := len(r.attempts())
		r.set(false, false)
		until(23*time.Hour + 4*time.Minute - 1)
		if n := len(r.attempts()) - before; n != 0 || r.ups.Load() != 0 {
			t.Errorf("%d probes, %d returns between the window's end and its own return", n, r.ups.Load())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if r.ups.Load() != 1 || !up(r.Monitor) {
			t.Errorf("at its own return: told %d times, up %t, want once, true", r.ups.Load(), up(r.Monitor))
		}
		if strings.Contains(r.log.String(), `"warn"`) {
			t.Errorf("warned in quiet time:\n%s", r.log.String())
		}
	})
}

func TestCloudThatStaysAwayAfterTheWindowIsNews(t *testing.T) {
	inWindow(t, func(r *watched) {
		until(22*time.Hour + 50*time.Minute)
		r.set(true, false)
		r.Failed(errors.New("503"))
		until(23*time.Hour + 14*time.Minute)
		if since, _ := r.Outage(); time.Since(since) != 10*time.Minute {
			t.Errorf("outage: got %v, want the 10 min since its own return", time.Since(since))
		}
		before := len(r.attempts())
		time.Sleep(5 * time.Hour)
		if n := len(r.attempts()) - before; n < 29 || n > 31 {
			t.Errorf("got %d probes in 5 h, want one in 10 min", n)
		}
		if n := strings.Count(r.log.String(), `"warn"`); n != 1 {
			t.Errorf("warned %d times, want once:\n%s", n, r.log.String())
		}
	})
}

// TestWindowThatIsCalledOffHidesNoOutage, nor one that a wrong clock showed.
func TestWindowThatIsCalledOffHidesNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		c.set(true, false)
		var off atomic.Bool
		quiet := func(at time.Time) (ends, returns time.Time, ok bool) {
			ends, returns, ok = window{0, 23 * time.Hour, 23 * time.Hour}.quiet(at)
			return ends, returns, ok && !off.Load()
		}
		m := link.New(link.Options{Address: "cloud:443", Dial: c.dial, Clock: clock{}, Quiet: quiet, Log: zerolog.Nop()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		m.Failed(errors.New("no route"))
		time.Sleep(time.Hour)
		off.Store(true)
		time.Sleep(time.Hour)
		if since, cause := m.Outage(); cause == nil || time.Since(since) < 45*time.Minute {
			t.Errorf("an hour after the window was called off: an outage of %v, %v, want of 45 min at least", time.Since(since), cause)
		}
		cancel()
		<-done
	})
}

// TestOwnRouteInQuietTimeIsTriedGently: one probe a minute at most, and none before
// its own return.
func TestOwnRouteInQuietTimeIsTriedGently(t *testing.T) {
	inWindow(t, func(r *watched) {
		until(22 * time.Hour)
		r.set(true, false)
		r.Failed(errors.New("no route"))
		before := len(r.attempts())
		r.moved <- struct{}{}
		time.Sleep(time.Second)
		if n := len(r.attempts()) - before; n != 1 {
			t.Errorf("%d probes after a new route, want one", n)
		}
		for range 59 * 60 { // a modem that flaps
			r.moved <- struct{}{}
			time.Sleep(time.Second)
		}
		if n := len(r.attempts()) - before; n < 50 || n > 61 {
			t.Errorf("%d probes in an hour of changing routes, want one a minute", n)
		}
		until(23 * time.Hour)
		before = len(r.attempts())
		for range 60 {
			r.moved <- struct{}{}
			time.Sleep(time.Second)
		}
		if n := len(r.attempts()) - before; n != 0 {
			t.Errorf("%d probes between the window's end and its own return", n)
		}
	})
}

// TestCloudThatOnlyTakesConnectionsIsNotHammered: each probe succeeds, and whoever
// is told so fails.
func TestCloudThatOnlyTakesConnectionsIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		var m *link.Monitor
		ups := 0
		m = link.New(link.Options{Address: "cloud:443", Dial: c.dial, Log: zerolog.Nop(), OnUp: func() { ups++; m.Failed(errors.New("reset")) }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		m.Failed(errors.New("reset"))
		time.Sleep(24 * time.Hour)
		cancel()
		<-done
		// Full jitter over 30 s is 15 s on average: 5,760.
		if ups > 7000 {
			t.Errorf("told %d times in a day, want one in 15 s at most", ups)
		}
	})
}
