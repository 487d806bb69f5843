package session_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

// looks counts how often the clock is asked.
type looks struct {
	clock
	n atomic.Int64
}

func (l *looks) Now() time.Time {
	l.n.Add(1)
	return l.clock.Now()
}

func TestAClockWhoseStepsAreToldIsLookedAtLess(t *testing.T) {
	count := func(o session.Options) (n int64) {
		c := &looks{}
		o.Clock = c
		runOptions(t, o, newQueue(0), &fakeCloud{}, []schedule.Session{uploads("23:00", "23:30", 15*time.Minute, 0)}, func(_ *testing.T, _ *session.Runner) {
			time.Sleep(20 * time.Hour)
			n = c.n.Load()
		})
		return n
	}
	alone, told := count(session.Options{}), count(session.Options{Told: func() bool { return true }})
	if 5*told > alone {
		t.Errorf("the clock was looked at %d times in 20 hours, and %d times where its steps are told: want at most 1 in 5", alone, told)
	}
}

func TestAStepThatIsToldBeginsItsSession(t *testing.T) {
	c, q := &clock{}, newQueue(0)
	q.taken(1, -time.Hour)
	runOptions(t, session.Options{Clock: c, Told: func() bool { return true }}, q, &fakeCloud{}, []schedule.Session{uploads("12:00", "12:30", 15*time.Minute, 0)}, func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Hour)
		synctest.Wait()
		c.offset = 11*time.Hour + time.Minute // 12:01
		r.ClockStepped()
		time.Sleep(time.Minute)
		if q.took(1) != 1 {
			t.Error("a minute after the clock was set to a session's first minutes its photo has not gone")
		}
	})
}
