package mqtt_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the tests' machine may have no zone files

	"github.com/rs/zerolog"

	"fieldcam/agent/link"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

// Of a bubble, which begins at midnight of 1 January 2000: a window of three hours.
const (
	windowBegins = 20 * time.Hour
	windowEnds   = 23 * time.Hour
)

// quiet is the calendar of a device that knows that window, with 10 min of spread.
func quiet(t testing.TB, name string) link.Quiet {
	t.Helper()
	w := maintenance.NewWindow()
	w.Name, w.Start, w.Duration = "upgrade", "2000-01-01 20:00:00", windowEnds-windowBegins
	c := maintenance.Default()
	c.Windows = []maintenance.Window{w}
	cal, err := maintenance.New(c, maintenance.Options{Device: name, Clock: clock{}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return cal.Quiet
}

// until sleeps until that long after the bubble's begin.
func until(d time.Duration) {
	time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d)))
}

func TestQuietTimeIsGentleAndNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var tap taps
		q := quiet(t, device)
		r := run(t, config(), mqtt.Options{Dial: tap.on(b), Quiet: q})
		until(windowBegins)
		if !r.Connected() {
			t.Error("left at the window's begin: what works goes on")
		}
		until(windowBegins + time.Minute)
		b.Set(mqtttest.Faults{Down: true})
		b.Cut()
		until(windowEnds)
		ends, returns, ok := q(clock{}.Now())
		if !ok {
			t.Fatal("no spread after the window")
		}
		for _, d := range tap.all()[1:] {
			if !d.Before(ends) {
				t.Errorf("tried at %v, want in the window", d)
			}
		}
		if n := len(tap.all()) - 1; n < 11 || n > 23 {
			t.Errorf("tried %d times in three hours, want every 8 to 15 min", n)
		}
		tried := len(tap.all())
		b.Set(mqtttest.Faults{})
		time.Sleep(time.Until(returns) - time.Millisecond)
		if len(tap.all()) != tried {
			t.Error("tried between the window's end and its own return")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if !r.Connected() {
			t.Error("not connected at its own return")
		}
		r.stop()
		if strings.Contains(r.log.String(), `"warn"`) {
			t.Errorf("warned in quiet time:\n%s", r.log.String())
		}
	})
}

// TestBrokerThatStaysAwayAfterTheWindowIsNews, once, and is tried once a spread.
func TestBrokerThatStaysAwayAfterTheWindowIsNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var tap taps
		r := run(t, config(), mqtt.Options{Dial: tap.on(b), Quiet: quiet(t, device)})
		until(windowEnds - time.Hour)
		b.Set(mqtttest.Faults{Down: true})
		b.Cut()
		until(windowEnds)
		before := len(tap.all())
		time.Sleep(5 * time.Hour)
		if n := len(tap.all()) - before; n < 29 || n > 31 {
			t.Errorf("tried %d times in 5 h, want once in 10 min", n)
		}
		r.stop()
		if n := strings.Count(r.log.String(), `"warn"`); n != 1 {
			t.Errorf("warned %d times, want once:\n%s", n, r.log.String())
		}
	})
}

// TestNudgesInQuietTimeStayGentle: one a minute at most, and none between the
// window's end and the device's own return.
func TestNudgesInQuietTimeStayGentle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var tap taps
		q := quiet(t, device)
		r := run(t, config(), mqtt.Options{Dial: tap.on(b), Quiet: q})
		until(windowEnds - time.Hour)
		b.Set(mqtttest.Faults{Down: true})
		b.Cut()
		before := len(tap.all())
		nudge := func(stop time.Time) {
			for time.Now().Before(stop) {
				r.Nudge()
				time.Sleep(time.Second)
			}
		}
		ends, returns, _ := q(clock{}.Now())
		nudge(ends)
		if n := len(tap.all()) - before; n < 50 || n > 61 {
			t.Errorf("tried %d times in an hour of nudges, want once a minute", n)
		}
		before = len(tap.all())
		nudge(returns)
		if n := len(tap.all()) - before; n > 1 {
			t.Errorf("tried %d times before its own return", n-1)
		}
		b.Set(mqtttest.Faults{})
		nudge(returns.Add(2 * time.Minute))
		if !r.Connected() {
			t.Error("not connected after its own return")
		}
	})
}

// TestLongOutageIsTriedOnceASpread, at a phase that stays.
func TestLongOutageIsTriedOnceASpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var tap taps
		r := run(t, config(), mqtt.Options{Dial: tap.on(b), Spread: 20 * time.Minute})
		time.Sleep(time.Hour)
		b.Set(mqtttest.Faults{Down: true})
		b.Cut()
		time.Sleep(40 * time.Minute)
		before := len(tap.all())
		time.Sleep(24 * time.Hour)
		if n := len(tap.all()) - before; n != 72 {
			t.Errorf("tried %d times in a day, want every 20 min", n)
		}
		r.Nudge() // its own route, or a person
		time.Sleep(5 * time.Second)
		if n := len(tap.all()) - before; n != 73 {
			t.Errorf("%d tries after a nudge, want one more", n-72)
		}
		b.Set(mqtttest.Faults{})
		time.Sleep(20 * time.Minute)
		if !r.Connected() {
			t.Error("not connected one spread after the return")
		}
	})
}

// TestFleetReturnsEvenlyAfterALongOutage that nobody announced: 1,000 links, 1.7 a
// second on average. One second of 600 has more than 15 once in 10^8 runs.
func TestFleetReturnsEvenlyAfterALongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 1000
		back := time.Now().Add(time.Hour + 7*time.Second)
		var mu sync.Mutex
		first := map[string]time.Duration{}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for n := range links {
			name := fmt.Sprint("pole-", n)
			l := mqtt.New(config(), mqtt.Options{Device: name, Clock: clock{}, Log: zerolog.Nop(),
				Dial: func(context.Context, string, string) (net.Conn, error) {
					mu.Lock()
					defer mu.Unlock()
					if _, seen := first[name]; !seen && !time.Now().Before(back) {
						first[name] = time.Since(back)
					}
					return nil, mqtttest.ErrDown // enough was seen
				}})
			wg.Go(func() { _ = l.Run(ctx) })
		}
		time.Sleep(time.Until(back) + link.DefaultSpread)
		cancel()
		wg.Wait()
		peak, perSecond := 0, map[time.Duration]int{}
		for _, d := range first {
			perSecond[d/time.Second]++
			peak = max(peak, perSecond[d/time.Second])
		}
		if len(first) != links || peak > 15 {
			t.Errorf("%d of %d came back within one spread, %d in one second, want all, at most 15", len(first), links, peak)
		}
	})
}

// chunk is how many links stand in one bubble: each costs some 20 goroutines.
const chunk = 500

// afterTheWindow runs a fleet of whole links and its broker through a window in
// which the broker is away, and counts the connects in each second after its end.
func afterTheWindow(t *testing.T, links int) (perSecond map[time.Duration]int) {
	perSecond = map[time.Duration]int{}
	for from := 0; from < links; from += chunk {
		synctest.Test(t, func(t *testing.T) {
			until(windowEnds - 32*time.Minute)
			b := mqtttest.New(nil)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for n := from; n < min(from+chunk, links); n++ {
				name := fmt.Sprint("pole-", n)
				l := mqtt.New(config(), mqtt.Options{Device: name, Clock: clock{}, Log: zerolog.Nop(), Dial: b.Dial, Quiet: quiet(t, name)})
				wg.Go(func() { _ = l.Run(ctx) })
			}
			until(windowEnds - 30*time.Minute)
			b.Set(mqtttest.Faults{Down: true})
			b.Cut()
			until(windowEnds)
			b.Set(mqtttest.Faults{})
			end := time.Now()
			time.Sleep(15 * time.Minute)
			for _, c := range b.Connects() {
				if !c.At.Before(end) {
					perSecond[c.At.Sub(end)/time.Second]++
				}
			}
			cancel()
			wg.Wait()
			b.Close()
		})
	}
	return perSecond
}

// peakOf is the busiest second, and the sum of all.
func peakOf(perSecond map[time.Duration]int) (peak, all int) {
	for _, n := range perSecond {
		peak, all = max(peak, n), all+n
	}
	return peak, all
}

// TestFleetReturnsEvenlyAfterAWindow: nothing of it is left to chance, for the
// moments follow from the names.
func TestFleetReturnsEvenlyAfterAWindow(t *testing.T) {
	const links = 2 * chunk
	peak, all := peakOf(afterTheWindow(t, links))
	if limit := 2 * links / 600; all != links || peak > limit {
		t.Errorf("%d connects, %d in one second, want %d, at most %d, twice the mean", all, peak, links, limit)
	}
}
