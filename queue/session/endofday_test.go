package session_test

import (
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

// endOfDay is End of Day Uploading from 20:00 to 21:00.
func endOfDay(change func(*schedule.Session)) []schedule.Session {
	s := chosen("night", "20:00", "21:00", time.Hour, func(s *schedule.Session) { s.LookBack = 72 * time.Hour })
	s.Every = 2 * time.Hour // one slot
	change(&s)
	return []schedule.Session{s}
}

func TestEndOfDayThatAnOutageCostWhollyIsMadeUpFor(t *testing.T) {
	for name, change := range map[string]func(*schedule.Session){
		"a look-back":               func(*schedule.Session) {},
		"days":                      func(s *schedule.Session) { s.LookBack, s.FirstDay = 0, "1999-12-31" },
		"the oldest first":          func(s *schedule.Session) { s.LookBack, s.Order = 0, schedule.OldestFirst },
		"the only one of its block": func(s *schedule.Session) { s.LookBack = 0 },
	} {
		q, c := newQueue(0), &fakeCloud{say: unreachable, takes: 10 * time.Second}
		runAll(t, q, c, endOfDay(change), func(t *testing.T, r *session.Runner) {
			q.add(1, 1000)
			time.Sleep(23 * time.Hour)
			c.set(nil)
			time.Sleep(11 * time.Minute)
			if q.acknowledged() == 0 {
				t.Errorf("%s: nothing sent 11 min after the outage", name)
			}
			time.Sleep(5 * time.Hour)
			// As long as the block, an hour, is made up for; and a photo.
			if a := q.acknowledged(); a < 355 || a > 362 {
				t.Errorf("%s: %d sent at 360 an hour, want those of an hour", name, a)
			}
		})
	}
}

func TestEndOfDayThatSentSomethingWaitsForTheNext(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	runAll(t, q, c, endOfDay(func(*schedule.Session) {}), func(t *testing.T, r *session.Runner) {
		q.add(1, 100)
		time.Sleep(20*time.Hour + 10*time.Second + time.Millisecond)
		c.set(unreachable)
		time.Sleep(2 * time.Hour)
		c.set(nil)
		r.LinkUp()
		before := len(c.attempts())
		time.Sleep(21 * time.Hour)
		if n := len(c.attempts()); n != before {
			t.Errorf("%d tries between the blocks, want none", n-before)
		}
		time.Sleep(2 * time.Hour)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait after the next, want 0", w)
	}
}

func TestNextEndOfDayTakesThePlaceOfOneThatIsOwed(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{say: unreachable}
	runAll(t, q, c, endOfDay(func(s *schedule.Session) { s.Photos = 5 }), func(t *testing.T, r *session.Runner) {
		q.add(1, 100)
		time.Sleep(3*24*time.Hour - 2*time.Hour) // three nights
		c.set(nil)
		time.Sleep(12 * time.Hour)
		if a := q.acknowledged(); a != 5 {
			t.Errorf("%d sent after three nights of 5 that were lost, want the last night's 5", a)
		}
	})
}

func TestRegularBlockThatAnOutageCostIsNotMadeUpFor(t *testing.T) {
	q, c := newQueue(100), &fakeCloud{say: unreachable}
	all := []schedule.Session{uploads("08:00", "10:00", 15*time.Minute, 0)}
	runAll(t, q, c, all, func(t *testing.T, r *session.Runner) {
		time.Sleep(12 * time.Hour)
		c.set(nil)
		r.LinkUp()
		before := len(c.attempts())
		if s := r.State(); !s.Retry.IsZero() {
			t.Errorf("a retry at %v, want none after the block", s.Retry)
		}
		time.Sleep(19 * time.Hour)
		if n := len(c.attempts()); n != before {
			t.Errorf("%d tries after the block, want none", n-before)
		}
		time.Sleep(2 * time.Hour)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait after the next block, want 0", w)
	}
}
