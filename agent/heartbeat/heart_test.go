package heartbeat_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/message"
)

func hourly(after time.Time) (time.Time, bool) {
	return after.Truncate(time.Hour).Add(time.Hour), true
}

func status(t testing.TB, s sent) message.Status {
	t.Helper()
	m, err := message.ParseStatus(s.payload)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHeartbeatsKeepTheirMeanAndTheirBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 5 * time.Minute
		r := run(t, every, hourly)
		r.link.slow = 20 * time.Second // a status holds the link
		r.LinkUp()
		start := time.Now()
		time.Sleep(1000 * every)
		r.stop()
		beats := r.link.of(message.KindHeartbeat)
		if !beats[0].at.Equal(start) {
			t.Errorf("first: got %v after the link came up, want at once", beats[0].at.Sub(start))
		}
		distinct := map[time.Duration]bool{}
		for i := 1; i < len(beats); i++ {
			gap := beats[i].at.Sub(beats[i-1].at)
			distinct[gap] = true
			if gap < every-every/10 || gap > every+every/10 {
				t.Fatalf("gap %d: got %v, want %v within a tenth", i, gap, every)
			}
			before, _ := message.ParseHeartbeat(beats[i-1].payload)
			h, err := message.ParseHeartbeat(beats[i].payload)
			if err != nil || h.N != before.N+1 || h.EverySeconds != 300 || h.At != message.At(beats[i].at) {
				t.Fatalf("beat %d: got %+v, %v", i, h, err)
			}
			if beats[i].kept {
				t.Fatal("a heartbeat is retained")
			}
		}
		// One interval deviates by 5.8 % (a tenth over the square root of three), the
		// mean of a thousand by 0.18 %.
		if n := len(beats); n < 985 || n > 1016 {
			t.Errorf("got %d heartbeats in the time of 1000", n)
		}
		if len(distinct) < 900 {
			t.Errorf("got %d distinct gaps of %d, want jitter", len(distinct), len(beats)-1)
		}
	})
}

// Where power is saved heartbeats are rarer, and say so.
func TestWherePowerIsSavedHeartbeatsAreRarerAndSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 5 * time.Minute
		var slow atomic.Int32
		slow.Store(1)
		r := runWith(t, &clock{}, every, heartbeat.Options{Slow: func() int { return int(slow.Load()) }})
		r.LinkUp()
		time.Sleep(time.Hour)
		slow.Store(6)
		r.LinkUp()
		changed := time.Now()
		time.Sleep(10 * time.Hour)
		slow.Store(1)
		r.LinkUp()
		back := time.Now()
		time.Sleep(time.Hour)
		r.stop()
		rare, last := 0, 0
		for _, b := range r.link.of(message.KindHeartbeat) {
			h, err := message.ParseHeartbeat(b.payload)
			if err != nil {
				t.Fatal(err)
			}
			want := uint32(300)
			if !b.at.Before(changed) && b.at.Before(back) {
				want = 1800
				rare++
			} else if !b.at.Before(back) {
				last++
			}
			if h.EverySeconds != want {
				t.Errorf("at %v: every %d s, want %d", b.at, h.EverySeconds, want)
			}
		}
		if rare < 18 || rare > 24 || last < 10 {
			t.Errorf("%d heartbeats in 10 hours that save power and %d in the hour after, want some 21 and 12", rare, last)
		}
	})
}

// TestHungBrokerDelaysNoHeartbeat: each is given up in time for the next.
func TestHungBrokerDelaysNoHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 10*time.Second, nil)
		r.link.set(false, true)
		r.LinkUp()
		time.Sleep(time.Hour)
		r.link.set(false, false)
		hung := time.Now()
		time.Sleep(time.Minute)
		r.stop()
		if first := r.link.of(message.KindHeartbeat)[0].at.Sub(hung); first > 11*time.Second {
			t.Errorf("first heartbeat after the hang: got %v, want within 11s", first)
		}
	})
}

func TestStatusGoesOutAtOnceAndAtCheckIns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, hourly)
		start := time.Now() // midnight, in a bubble
		time.Sleep(10 * time.Minute)
		if r.LinkUp(); true {
			synctest.Wait()
		}
		first := r.link.of(message.KindStatus)
		time.Sleep(24*time.Hour - 10*time.Minute + time.Minute)
		r.stop()
		all := r.link.of(message.KindStatus)
		if len(first) == 0 || !first[len(first)-1].at.Equal(start.Add(10*time.Minute)) {
			t.Fatalf("got %d statuses, want one at once", len(first))
		}
		got := all[len(first):]
		if len(got) != 24 {
			t.Fatalf("got %d check-ins in a day, want 24", len(got))
		}
		late := map[time.Duration]bool{}
		for i, s := range got {
			after := s.at.Sub(start.Add(time.Duration(i+1) * time.Hour))
			if after < 0 || after > 30*time.Second {
				t.Errorf("check-in %d: got %v after its slot, want up to 30s", i, after)
			}
			late[after] = true
			m := status(t, s)
			if !s.kept || m.Device != device || m.Model != "Tempo" || m.Queue.Waiting != 3 || !m.ClockSynced || m.At != message.At(s.at) {
				t.Errorf("check-in %d: got kept %t, %+v", i, s.kept, m)
			}
			if want := uint64(len(first) + i + 1); m.N != want {
				t.Errorf("check-in %d: got n %d, want %d", i, m.N, want)
			}
		}
		if len(late) < 12 {
			t.Errorf("got %d distinct delays, want jitter", len(late))
		}
	})
}

// TestCheckInsFollowASteppingClock, forth and back.
func TestCheckInsFollowASteppingClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, hourly)
		r.LinkUp()
		for _, step := range []time.Duration{0, 7*time.Hour + 30*time.Minute, -48 * time.Hour, 30 * 24 * time.Hour} {
			r.clock.jump(step)
			time.Sleep(2 * time.Minute) // the step itself may be a check-in
			synctest.Wait()
			before := len(r.link.of(message.KindStatus))
			time.Sleep(6 * time.Hour)
			synctest.Wait()
			if got := len(r.link.of(message.KindStatus)) - before; got != 6 {
				t.Errorf("after a step of %v: got %d check-ins in 6 hours, want 6", step, got)
			}
		}
	})
}

// TestCheckInsFollowAClockWhoseStepsAreTold, from the step on, though it is looked at
// less.
func TestCheckInsFollowAClockWhoseStepsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runWith(t, &clock{}, 5*time.Minute, heartbeat.Options{CheckIn: hourly, Told: func() bool { return true }})
		r.LinkUp()
		time.Sleep(5 * time.Minute)
		for range 3 {
			before := len(r.link.of(message.KindStatus))
			r.clock.jump(54*time.Minute + 30*time.Second) // half a minute before the slot
			r.ClockStepped()
			time.Sleep(time.Minute + time.Second)
			synctest.Wait()
			if got := len(r.link.of(message.KindStatus)) - before; got != 1 {
				t.Errorf("got %d check-ins within a minute of a step to half a minute before the slot, want 1", got)
			}
			time.Sleep(4*time.Minute + 29*time.Second)
		}
	})
}

// TestFlappingConditionCostsOneStatusPerGap, but no event is lost or late.
func TestFlappingConditionCostsOneStatusPerGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, nil)
		r.LinkUp()
		time.Sleep(10 * time.Minute)
		before := len(r.link.of(message.KindStatus))
		for n := range 100 {
			if n%2 == 0 {
				r.health.Raise(health.CardFull, health.Critical, "full")
			} else {
				r.health.Clear(health.CardFull)
			}
			synctest.Wait()
			if got := len(r.link.of(message.KindCondition)); got != n+1 {
				t.Fatalf("after change %d: got %d events, want %d at once", n, got, n+1)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		r.stop()
		all := r.link.of(message.KindStatus)[before:]
		for i := 1; i < len(all); i++ {
			if gap := all[i].at.Sub(all[i-1].at); gap < heartbeat.StatusGap {
				t.Errorf("gap %d: got %v, want at least %v", i, gap, heartbeat.StatusGap)
			}
		}
		if len(all) < 4 || len(all) > 5 {
			t.Errorf("got %d statuses for 100 s of changes, want 4 or 5", len(all))
		}
		if last := status(t, all[len(all)-1]); len(last.Conditions) != 0 {
			t.Errorf("last status: got %v, want nothing wrong", last.Conditions)
		}
	})
}
