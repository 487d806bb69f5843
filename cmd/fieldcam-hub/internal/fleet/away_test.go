package fleet

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/message"
)

// window is a fleet with one window, in so long from now.
func window(in, lasts, spread time.Duration) *Fleet {
	from := time.Now().Add(in)
	return New(Options{Away: func(_ string, at time.Time) (time.Time, time.Time, time.Time, bool) {
		return from, from.Add(lasts), from.Add(lasts + spread), !at.Before(from)
	}})
}

func link(t *testing.T, f *Fleet, up bool) {
	t.Helper()
	say(t, f, message.KindLink, message.Link{Up: up}.Marshal(), false)
}

// TestSilenceInAWindowIsMaintenance, until the fleet has returned and had time to
// speak.
func TestSilenceInAWindowIsMaintenance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := window(time.Hour, 3*time.Hour, 10*time.Minute)
		for range 61 {
			beat(t, f, time.Minute)
			wantState(t, f, OK)
			time.Sleep(time.Minute)
		}
		link(t, f, false) // the will: what is a warning else
		wantState(t, f, Maintenance)
		s, _ := f.System("north")
		if s.State.Trouble() || !strings.Contains(s.Why, "maintenance window until 04:00 UTC on 1 January") {
			t.Errorf("got %q, trouble %t", s.Why, s.State.Trouble())
		}
		time.Sleep(3*time.Hour + 9*time.Minute - time.Second) // the spread's last second
		wantState(t, f, Maintenance)
		time.Sleep(time.Second)
		wantState(t, f, Warning)
		time.Sleep(Allowance(time.Minute) + time.Second)
		wantState(t, f, Unavailable)
		beat(t, f, time.Minute)
		wantState(t, f, OK)
	})
}

// TestWindowHidesNoOlderFault: neither a system that was unavailable before it,
// nor one that has told of something critical.
func TestWindowHidesNoOlderFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := window(time.Hour, 3*time.Hour, 10*time.Minute)
		beat(t, f, time.Minute)
		time.Sleep(2 * time.Hour)
		wantState(t, f, Unavailable)
	})
	synctest.Test(t, func(t *testing.T) {
		f := window(time.Minute, 3*time.Hour, 10*time.Minute)
		beat(t, f, time.Minute)
		say(t, f, message.KindCondition, event(t, true, message.Critical, time.Now()), false)
		time.Sleep(2 * time.Hour)
		wantState(t, f, Critical)
	})
}

// TestWhatComesLateChangesNothingButThePast: statuses and events of an outage, in
// any order, once each, shown with their own time.
func TestWhatComesLateChangesNothingButThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		start := time.Now()
		time.Sleep(10 * time.Hour)
		now := status(t, message.Status{Queue: message.Queue{Waiting: 7}})
		late := func(hour int) {
			b, err := message.Status{Device: "north", N: uint64(hour), At: message.At(start.Add(time.Duration(hour) * time.Hour)), ClockSynced: true,
				Queue: message.Queue{Waiting: int64(hour)}, Conditions: []message.Active{{Name: "card-full", Severity: message.Critical}}}.MarshalLate()
			if err != nil {
				t.Fatal(err)
			}
			say(t, f, message.KindStatus, b, false)
		}
		late(1)
		late(2)
		say(t, f, message.KindStatus, now, false)
		say(t, f, message.KindCondition, event(t, true, message.Critical, start.Add(90*time.Minute)), false)
		say(t, f, message.KindCondition, event(t, true, message.Critical, start.Add(90*time.Minute)), false) // again
		late(3)
		late(3)
		wantState(t, f, OK)
		s, _ := f.System("north")
		if s.Status == nil || s.Status.Queue.Waiting != 7 || s.Status.Late {
			t.Errorf("got %+v, want the latest", s.Status)
		}
		var got []string
		for _, p := range s.Past {
			got = append(got, fmt.Sprint(p.At.Sub(start).Round(time.Minute), " ", p.What, " late=", p.Late()))
		}
		want := []string{"3h0m0s check-in late=true", "2h0m0s check-in late=true", "1h30m0s raised late=true", "1h0m0s check-in late=true"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestPastOfOneSystemIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		for range 3 * maxPast {
			say(t, f, message.KindCondition, event(t, true, message.Warning, time.Now()), false)
			time.Sleep(time.Minute)
		}
		s, _ := f.System("north")
		if len(s.Past) != maxPast || time.Since(s.Past[0].At) > 2*time.Minute {
			t.Errorf("got %d entries, the newest of %v, want the newest %d", len(s.Past), s.Past[0].At, maxPast)
		}
	})
}
