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

	"github.com/rs/zerolog"

	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

func TestNudgeCutsTheWaitShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		b.Set(mqtttest.Faults{Down: true})
		c := config()
		c.ReconnectMin, c.ReconnectMax = time.Minute, time.Hour
		var tap taps
		r := run(t, c, mqtt.Options{Dial: tap.on(b)})
		time.Sleep(24 * time.Hour)
		for range 20 * 60 { // a modem that flaps
			r.Nudge()
			time.Sleep(time.Second)
		}
		b.Set(mqtttest.Faults{})
		r.Nudge()
		time.Sleep(c.ReconnectMin)
		synctest.Wait()
		if !r.Connected() {
			t.Error("not connected one ReconnectMin after the nudge")
		}
		r.stop()
		recent := 0
		for _, d := range tap.dials {
			if time.Since(d) < 21*time.Minute {
				recent++
			}
		}
		if recent > 50 { // 20 at the shortest wait; a random wait below it is possible too
			t.Errorf("got %d attempts in 21 minutes of nudges, want about one a minute", recent)
		}
	})
}

func TestRefusedCredentialsAreTriedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, map[string]string{"tempo": "right"})
		r := run(t, config(), mqtt.Options{Dial: b.Dial, Username: "tempo", Password: "wrong"})
		time.Sleep(24 * time.Hour)
		n := len(b.Connects())
		if n < 24*60/3 || n > 24*60*3 { // every minute on average, from a window of two
			t.Errorf("got %d attempts in a day, want about 1440", n)
		}
		if r.Connected() || r.Err() == nil || !strings.Contains(r.Err().Error(), "bad user name or password") {
			t.Errorf("got connected %t, %v, want the broker's reason", r.Connected(), r.Err())
		}
		r.stop()
		if got := strings.Count(r.log.String(), "\n"); got != 1 {
			t.Errorf("got %d log lines, want one:\n%s", got, r.log.String())
		}
	})
}

// TestBrokerThatClosesAtOnceIsNotHammered: a connection without a life is a
// failed attempt.
func TestBrokerThatClosesAtOnceIsNotHammered(t *testing.T) {
	for packets := 1; packets <= 3; packets++ {
		synctest.Test(t, func(t *testing.T) {
			b := broker(t, nil)
			b.Set(mqtttest.Faults{CloseAfter: packets})
			r := run(t, config(), mqtt.Options{Dial: b.Dial})
			for range 4 * 60 {
				time.Sleep(time.Minute)
				_ = r.publish(t.Context(), "x") // the third packet
			}
			if n := len(b.Connects()); n > 4*60*3 {
				t.Errorf("closing after %d packets: got %d attempts in four hours, want about 240", packets, n)
			}
		})
	}
}

// TestFleetReturnsSpreadOut: 1,000 links that lost their broker for ten minutes.
func TestFleetReturnsSpreadOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 1000
		var mu sync.Mutex
		perSecond := map[int]int{}
		start := time.Now()
		back := start.Add(10 * time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for n := range links {
			returned := false
			l := mqtt.New(config(), mqtt.Options{Device: fmt.Sprint("pole-", n), Clock: clock{}, Log: zerolog.Nop(),
				Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
					if time.Now().Before(back) {
						return nil, mqtttest.ErrDown
					}
					if !returned {
						returned = true
						mu.Lock()
						perSecond[int(time.Since(back)/time.Second)]++
						mu.Unlock()
					}
					return nil, mqtttest.ErrDown // enough was seen
				}})
			wg.Go(func() { _ = l.Run(ctx) })
		}
		time.Sleep(13 * time.Minute)
		cancel()
		wg.Wait()
		total, peak := 0, 0
		for _, n := range perSecond {
			total, peak = total+n, max(peak, n)
		}
		if total != links {
			t.Errorf("%d of %d came back within three minutes", total, links)
		}
		// The windows are 120 s: 8.3 a second if they were even. Waits that are drawn
		// anew since the outage began make it twice that at the start, and chance
		// adds four standard deviations or so.
		if peak > 40 {
			t.Errorf("peak: got %d in one second, want at most 40", peak)
		}
	})
}

// TestBlipSpreadsTheFleet: a broker that restarts in no time meets its fleet over
// sixteen seconds, not in two.
func TestBlipSpreadsTheFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const links = 60
		b := broker(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for n := range links {
			l := mqtt.New(config(), mqtt.Options{Device: fmt.Sprint("pole-", n), Clock: clock{}, Log: zerolog.Nop(), Dial: b.Dial})
			wg.Go(func() { _ = l.Run(ctx) })
		}
		time.Sleep(time.Hour)
		b.Cut()
		cut := time.Now()
		time.Sleep(20 * time.Second)
		early, all := 0, 0
		for _, c := range b.Connects() {
			if c.At.Before(cut) {
				continue
			}
			all++
			if c.At.Sub(cut) < 2*time.Second {
				early++
			}
		}
		if all != links || early > links/2 {
			t.Errorf("got %d back within 20 s, %d of them within 2 s; want %d, an eighth of them within 2 s", all, early, links)
		}
		cancel()
		wg.Wait()
	})
}

// TestNudgesDoNotGatherTheFleet: 250 links whose broker restarts, all nudged in
// the same instants.
func TestNudgesDoNotGatherTheFleet(t *testing.T) {
	for name, down := range map[string]time.Duration{"back at once": 0, "back after a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const links = 250
				b := broker(t, nil)
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				var fleet []*mqtt.Link
				for n := range links {
					l := mqtt.New(config(), mqtt.Options{Device: fmt.Sprint("pole-", n), Clock: clock{}, Log: zerolog.Nop(), Dial: b.Dial})
					fleet = append(fleet, l)
					wg.Go(func() { _ = l.Run(ctx) })
				}
				time.Sleep(time.Hour)
				b.Set(mqtttest.Faults{Down: down > 0})
				b.Cut()
				synctest.Wait()
				time.Sleep(down)
				b.Set(mqtttest.Faults{})
				back := time.Now()
				for range 10 {
					for _, l := range fleet {
						l.Nudge()
					}
					time.Sleep(2 * time.Second)
				}
				all, peak, tenths := 0, 0, map[time.Duration]int{}
				for _, c := range b.Connects() {
					if !c.At.Before(back) {
						all++
						tenth := c.At.Sub(back) / (100 * time.Millisecond)
						tenths[tenth]++
						peak = max(peak, tenths[tenth])
					}
				}
				// At once: halves of waits over 16 s, 3 in a tenth of a second if they
				// were even. Later: 2 s, 12.5; a nudge that comes again draws again, which
				// makes it twice that at the start. 60 is seven standard deviations more.
				if all != links || peak > 60 {
					t.Errorf("%d came back within 20 s, %d of them in one tenth of a second, want %d, at most 60", all, peak, links)
				}
				cancel()
				wg.Wait()
			})
		})
	}
}
