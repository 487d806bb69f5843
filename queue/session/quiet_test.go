package session_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

// The window of the tests: 19:00 to 22:00, and this controller returns at 22:06.
const (
	windowBegins  = 19 * time.Hour
	windowEnds    = 22 * time.Hour
	windowReturns = 22*time.Hour + 6*time.Minute
)

func window(at time.Time) (ends, returns time.Time, ok bool) {
	d := at.Sub(midnight)
	return midnight.Add(windowEnds), midnight.Add(windowReturns), d >= windowBegins && d < windowReturns
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func TestMaintenanceWindowIsTriedGentlyAndIsNoAlarm(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	var log journal
	var alarms atomic.Int64
	o := session.Options{
		Quiet: window, Log: zerolog.New(&log).Level(zerolog.WarnLevel), Unreachable: func(error) { alarms.Add(1) },
	}
	runOptions(t, o, q, c, day(), func(t *testing.T, r *session.Runner) {
		until(windowBegins - time.Minute)
		if s := r.State(); !s.Quiet.IsZero() {
			t.Errorf("before the window: quiet until %v, want zero", s.Quiet)
		}
		until(windowBegins + time.Minute)
		q.add(1, 5)
		c.set(unreachable)
		for d := windowBegins + 2*time.Minute; d < windowReturns; d += time.Minute {
			until(d)
			s := between(r)
			if !s.Silent.IsZero() || !s.Quiet.Equal(midnight.Add(windowReturns)) {
				t.Fatalf("at %v: %+v, want no silence, and quiet until the return", d, s)
			}
		}
		tries := c.since(windowBegins)
		// From 19:15 on, 8 to 15 minutes apart, until 22:00.
		if n := len(tries); n < 11 || n > 21 {
			t.Errorf("%d tries in the window, want 11 to 21", n)
		}
		if last := tries[len(tries)-1]; last >= windowEnds {
			t.Errorf("a try at %v, between the window's end and the return", last)
		}
		if alarms.Load() > 0 || log.String() != "" {
			t.Errorf("%d alarms, log:\n%s\nwant none in the window", alarms.Load(), log.String())
		}
		until(windowReturns + time.Second)
		if got := c.since(windowEnds); len(got) != 1 || got[0] != windowReturns {
			t.Errorf("tries after the window at %v, want one at %v", got, windowReturns)
		}
		time.Sleep(10 * time.Second)
		if s := between(r); alarms.Load() == 0 || log.String() == "" || s.Silent.IsZero() {
			t.Errorf("silent still: %d alarms, log %q, %+v; want an alarm", alarms.Load(), log.String(), s)
		}
		c.set(nil)
	})
}

func TestWhatWorksInAMaintenanceWindowGoesOn(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{takes: 2 * time.Second}
	runOptions(t, session.Options{Quiet: window}, q, c, day(), func(t *testing.T, r *session.Runner) {
		until(windowBegins + time.Minute)
		q.add(1, 5)
		c.set(unreachable)
		until(20 * time.Hour)
		c.set(nil)
		until(20*time.Hour + 16*time.Minute)
		if a := q.acknowledged(); a != 5 {
			t.Errorf("%d sent 16 min after the cloud has come back in the window, want 5", a)
		}
		until(20*time.Hour + 40*time.Minute)
		q.add(6, 10)
		until(20*time.Hour + 46*time.Minute)
		if a := q.acknowledged(); a != 10 {
			t.Errorf("%d sent at the next slot in the window, want 10", a)
		}
		until(windowEnds - time.Minute)
		q.add(11, 400)
		r.Start(1) // nothing holds what is under way at the window's end
		until(windowEnds - 10*time.Second)
		r.Start(0)
		until(windowReturns - time.Second)
		if n := len(c.since(windowEnds)); n < 180 {
			t.Errorf("%d sent between the window's end and the return, want the session to go on", n)
		}
	})
}

func TestPhotoThatComesSoonAfterASessionInAWindowBelongsToIt(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	all := []schedule.Session{uploads("21:58", "23:00", 2*time.Hour, 0)}
	runOptions(t, session.Options{Quiet: window}, q, c, all, func(t *testing.T, r *session.Runner) {
		q.add(1, 200)
		until(windowEnds + 2*time.Minute) // all were sent 40 s ago
		q.add(201, 201)
		r.Added()
		until(windowReturns - time.Minute)
		if q.took(201) != 1 {
			t.Error("the photo waits for the return, though the cloud is well")
		}
	})
}

func TestLookBackOfASessionLostToAWindowIsItsOwn(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{say: unreachable}
	s := uploads("20:00", "21:00", 15*time.Minute, 0)
	s.LookBack = time.Hour
	runOptions(t, session.Options{Quiet: window}, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		until(12 * time.Hour)
		q.taken(1, 18*time.Hour, 19*time.Hour+5*time.Minute, 20*time.Hour+30*time.Minute)
		until(windowEnds)
		c.set(nil)
		until(30 * time.Hour)
	})
	if q.acked[1] != 0 || q.acked[2] != 1 || q.acked[3] != 1 {
		t.Errorf("sent %v, want the two in the look-back of some slot", q.acked)
	}
}

func TestSessionDueBeforeTheReturnBeginsAtIt(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	all := []schedule.Session{uploads("22:00", "22:05", time.Minute, 2)}
	runOptions(t, session.Options{Quiet: window}, q, c, all, func(t *testing.T, r *session.Runner) {
		until(12 * time.Hour)
		q.add(1, 100)
		until(24 * time.Hour)
		got := c.since(0)
		if len(got) == 0 || got[0] != windowReturns {
			t.Errorf("tries at %v, want the first at %v", got, windowReturns)
		}
		if len(got) != 12 {
			t.Errorf("%d photos sent, want 12: six slots of 2 each", len(got))
		}
	})
}

func TestBlockLostToAMaintenanceWindowIsMadeUpFor(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{takes: 10 * time.Second, say: unreachable}
	all := []schedule.Session{uploads("20:00", "21:00", 15*time.Minute, 0)}
	runOptions(t, session.Options{Quiet: window}, q, c, all, func(t *testing.T, r *session.Runner) {
		until(12 * time.Hour)
		q.add(1, 1000)
		until(windowEnds)
		c.set(nil)
		until(windowReturns + time.Minute)
		if q.acknowledged() == 0 {
			t.Error("nothing sent a minute after the return")
		}
		until(31 * time.Hour)
		// The block's hour, 360 at 10 s each, is made up for and no more.
		if a := q.acknowledged(); a < 350 || a > 392 {
			t.Errorf("%d sent, want those of about an hour: 360", a)
		}
	})
}

func TestRegularSessionsLostToAMaintenanceWindowAreMadeUpFor(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{say: unreachable}
	all := []schedule.Session{uploads("20:00", "21:00", 15*time.Minute, 3)}
	runOptions(t, session.Options{Quiet: window}, q, c, all, func(t *testing.T, r *session.Runner) {
		until(12 * time.Hour)
		q.add(1, 1000)
		until(windowEnds)
		c.set(nil)
		until(31 * time.Hour)
	})
	if a := q.acknowledged(); a != 15 {
		t.Errorf("%d sent, want 15: five sessions of 3", a)
	}
}

func TestBlockThatOutlastsTheWindowGetsWhatItLost(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{takes: 10 * time.Second, say: unreachable}
	all := []schedule.Session{uploads("21:00", "22:10", 15*time.Minute, 0)}
	runOptions(t, session.Options{Quiet: window}, q, c, all, func(t *testing.T, r *session.Runner) {
		until(12 * time.Hour)
		q.add(1, 1000)
		until(windowEnds)
		c.set(nil)
		until(31 * time.Hour)
	})
	// Four minutes of the block are left at the return, and 66 were lost.
	if a := q.acknowledged(); a < 400 || a > 425 {
		t.Errorf("%d sent, want those of 70 min: 420", a)
	}
}

func TestRestartAfterAWindowMakesUpForItsBlocks(t *testing.T) {
	q, c := newQueue(50), &fakeCloud{}
	all := []schedule.Session{uploads("20:00", "21:00", 15*time.Minute, 0), uploads("10:00", "11:00", 15*time.Minute, 0)}
	all[1].Name = "by day"
	o := session.Options{Quiet: window, Clock: &clock{offset: windowReturns + time.Hour}}
	runOptions(t, o, q, c, all, func(t *testing.T, r *session.Runner) { time.Sleep(2 * time.Minute) })
	if a := q.acknowledged(); a != 50 {
		t.Errorf("%d sent, want 50", a)
	}
	q, c = newQueue(50), &fakeCloud{}
	runOptions(t, o, q, c, all[1:], func(t *testing.T, r *session.Runner) { time.Sleep(2 * time.Minute) })
	if n := len(c.attempts()); n != 0 {
		t.Errorf("%d tries where no block was in the window, want none", n)
	}
}

func TestInAWindowThePersonIsHeardAndTheLinkIsNot(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{say: unreachable}
	runOptions(t, session.Options{Quiet: window}, q, c, day(), func(t *testing.T, r *session.Runner) {
		until(windowBegins + time.Minute)
		q.add(1, 5)
		for d := windowBegins + time.Minute; d < windowEnds-10*time.Minute; d += 30 * time.Second {
			until(d)
			r.LinkUp()
		}
		got := c.since(windowBegins)
		for i := range got[1:] {
			if d := got[i+1] - got[i]; d < 8*time.Minute {
				t.Errorf("tried again after %v, want 8 min at the least whatever the link says", d)
			}
		}
		c.set(nil)
		r.Start(1)
		time.Sleep(2 * time.Second)
		if q.acknowledged() == 0 {
			t.Error("a person's session did not begin at once in the window")
		}
	})
}
