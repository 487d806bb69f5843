package session_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

func TestPicturesAreFetchedBeforeTheSessionsFirstPhoto(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	fetches := 0
	fetch := func(context.Context) error {
		time.Sleep(time.Minute) // the camera wakes
		fetches++
		q.add(10*fetches, 10*fetches+4)
		return nil
	}
	all := []schedule.Session{uploads("08:00", "08:00", time.Hour, 0), uploads("09:00", "09:00", time.Hour, 2)}
	all[1].Name = "later"
	runOptions(t, session.Options{Fetch: fetch}, q, c, all, func(t *testing.T, r *session.Runner) {
		time.Sleep(8*time.Hour + 30*time.Second)
		if s := r.State(); !s.Fetching || !s.Running {
			t.Errorf("%+v, want it fetching", s)
		}
		time.Sleep(4 * time.Minute)
		wantSent(t, c, 14, 13, 12, 11, 10)
		time.Sleep(time.Hour)
		wantSent(t, c, 14, 13, 12, 11, 10, 24, 23)
	})
	if fetches != 2 {
		t.Errorf("%d fetches, want one for each session", fetches)
	}
}

func TestCameraIsNotAskedOftenerThanEachFiveMinutes(t *testing.T) {
	q, c := newQueue(1), &fakeCloud{say: unreachable}
	var at []time.Time
	fetch := func(context.Context) error { at = append(at, time.Now()); return errors.New("camera asleep") }
	all := []schedule.Session{uploads("00:00", "23:59", time.Minute, 0)}
	runOptions(t, session.Options{Fetch: fetch}, q, c, all, func(t *testing.T, r *session.Runner) {
		time.Sleep(2 * time.Hour)
		for range 60 {
			r.Start(1)
			time.Sleep(10 * time.Second)
		}
		c.set(nil)
		time.Sleep(2 * time.Hour)
	})
	if len(at) < 20 {
		t.Errorf("%d fetches in four hours of sessions, want at least 20", len(at))
	}
	for i := range at[1:] {
		if d := at[i+1].Sub(at[i]); d < 5*time.Minute {
			t.Fatalf("asked again after %v, want five minutes at the least", d)
		}
	}
	if a := q.acknowledged(); a != 1 {
		t.Errorf("%d sent, want the one that waits, whatever the camera says", a)
	}
}

func TestHangingFetchLeavesHalfOfTheSessionToTheUpload(t *testing.T) {
	q, c := newQueue(500), &fakeCloud{takes: 10 * time.Second}
	fetch := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	all := []schedule.Session{uploads("08:00", "08:30", time.Hour, 0), uploads("12:00", "20:00", 8*time.Hour, 0)}
	all[1].Name = "later"
	runOptions(t, session.Options{Fetch: fetch}, q, c, all, func(t *testing.T, r *session.Runner) {
		time.Sleep(11 * time.Hour)
		if a := q.acknowledged(); a != 91 { // 08:15:00 to 08:30:00
			t.Errorf("%d sent, want the 91 of a quarter of an hour", a)
		}
		time.Sleep(2*time.Hour + time.Second)
		if got := c.since(12 * time.Hour); len(got) == 0 || got[0] != 13*time.Hour {
			t.Errorf("the long session sent at %v, want from 13:00 on: a fetch has an hour at the most", got[:min(len(got), 3)])
		}
	})
}

func TestStopEndsAFetch(t *testing.T) {
	q, c := newQueue(5), &fakeCloud{}
	fetch := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	runOptions(t, session.Options{Fetch: fetch}, q, c, day(), func(t *testing.T, r *session.Runner) { time.Sleep(time.Minute) })
	if n := len(c.attempts()); n != 0 {
		t.Errorf("%d tries after the stop, want none", n)
	}
}

func TestPhotosWaitForTheDataBudgetAndAreNotLost(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	var left atomic.Int64
	left.Store(1000)
	o := session.Options{Budget: func() (int64, bool) { return left.Load(), true }}
	c.set(func(uint64) error { left.Add(-300); return nil })
	runOptions(t, o, q, c, day(), func(t *testing.T, r *session.Runner) {
		q.sized(1, 300, 300, 300, 300, 300)
		r.Added()
		time.Sleep(30 * time.Minute)
		wantSent(t, c, 5, 4, 3) // 100 bytes are left: not enough for a photo
		if s := between(r); !s.BudgetUsed || !s.Silent.IsZero() || s.LastError != "" {
			t.Errorf("%+v, want the budget used up and nothing else wrong", s)
		}
		r.Start(1)
		time.Sleep(5 * time.Second)
		wantSent(t, c, 5, 4, 3, 2)
		left.Store(10_000) // the next month
		time.Sleep(11 * time.Minute)
		wantSent(t, c, 5, 4, 3, 2, 1)
		if s := between(r); s.BudgetUsed {
			t.Errorf("%+v, want no word of the budget", s)
		}
	})
}

func TestNoBudgetIsNoLimit(t *testing.T) {
	q, c := newQueue(3), &fakeCloud{}
	o := session.Options{Budget: func() (int64, bool) { return 0, false }}
	runOptions(t, o, q, c, day(), func(t *testing.T, r *session.Runner) { time.Sleep(time.Minute) })
	if got := c.attempts(); !slices.Equal(got, []uint64{3, 2, 1}) {
		t.Errorf("sent %v, want all", got)
	}
}

func TestWherePowerIsSavedFewerPhotosGoAndNoneIsLost(t *testing.T) {
	q, c := newQueue(5), &fakeCloud{}
	var most atomic.Int64
	most.Store(2)
	var fetched atomic.Int64
	o := session.Options{
		Saving: func() (int, bool) { return int(most.Load()), most.Load() >= 0 },
		Fetch:  func(context.Context) error { fetched.Add(1); return nil },
	}
	hourly := uploads("00:00", "23:30", time.Hour, 0)
	runOptions(t, o, q, c, []schedule.Session{hourly}, func(t *testing.T, r *session.Runner) {
		time.Sleep(30 * time.Minute)
		wantSent(t, c, 5, 4)
		if s := r.State(); !s.Saving || s.Running {
			t.Errorf("%+v, want a session cut short", s)
		}
		most.Store(0)
		time.Sleep(2 * time.Hour)
		wantSent(t, c, 5, 4)
		if n := fetched.Load(); n != 3 {
			t.Errorf("fetched %d times, want at each of 3 sessions", n)
		}
		r.Start(1)
		time.Sleep(5 * time.Second)
		wantSent(t, c, 5, 4, 3)
		most.Store(-1) // within the block
		time.Sleep(budgetLook)
		wantSent(t, c, 5, 4, 3, 2, 1)
		if s := r.State(); s.Saving || !s.Silent.IsZero() || s.LastError != "" {
			t.Errorf("%+v, want nothing wrong", s)
		}
	})
}

// budgetLook is how often a session that may send nothing looks again.
const budgetLook = 10 * time.Minute

func TestASessionUnderWayEndsWherePowerIsSaved(t *testing.T) {
	q, c := newQueue(100), &fakeCloud{takes: 10 * time.Second}
	var saves atomic.Bool
	o := session.Options{Saving: func() (int, bool) { return 0, saves.Load() }}
	runOptions(t, o, q, c, day(), func(t *testing.T, r *session.Runner) {
		time.Sleep(65 * time.Second)
		saves.Store(true)
		time.Sleep(time.Hour)
		if a := q.acknowledged(); a != 7 {
			t.Errorf("%d sent, want the 7 that were begun", a)
		}
	})
}
