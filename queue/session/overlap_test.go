package session_test

import (
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

func TestRegularSessionGoesOnInsideOneOfAsManyAsPossible(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{takes: 4 * time.Second}
	all := chosen("all", "00:00", "03:00", 3*time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	newest := chosen("newest", "00:30", "00:30", time.Hour, func(s *schedule.Session) { s.Photos = 3 })
	runAll(t, q, c, []schedule.Session{all, newest}, func(t *testing.T, r *session.Runner) {
		time.Sleep(30*time.Minute + 40*time.Second)
		got := c.attempts()
		for i, seq := range got[:450] {
			if seq != uint64(i+1) {
				t.Fatalf("photo %d was sent as number %d, want the oldest first", seq, i+1)
			}
		}
		for _, seq := range []uint64{1000, 999, 998} {
			if !slices.Contains(got, seq) {
				t.Errorf("photo %d, one of the newest, was not sent within 40 s of its session", seq)
			}
		}
		if len(got) < 459 {
			t.Errorf("%d were begun in 30 min and 40 s, want one each 4 s all the time", len(got))
		}
		time.Sleep(time.Hour)
	})
	if w, a, _ := q.counts(); w != 0 || a != 1000 {
		t.Errorf("%d wait and the cloud has %d, want 0, 1000", w, a)
	}
}

func TestEndOfDayUploadingAndARegularSessionTakeTurns(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{takes: 10 * time.Second}
	for i := range 200 { // of the day, not sent by day
		q.taken(uint64(i+1), time.Duration(i)*time.Minute)
	}
	regular := chosen("regular", "20:00", "22:00", 15*time.Minute, func(s *schedule.Session) { s.Photos = 2 })
	night := chosen("night", "20:05", "22:00", 12*time.Hour, func(s *schedule.Session) {
		s.Order, s.LookBack = schedule.OldestFirst, 24*time.Hour
	})
	runAll(t, q, c, []schedule.Session{regular, night}, func(t *testing.T, r *session.Runner) {
		time.Sleep(20*time.Hour + 10*time.Minute)
		for n := range 4 {
			seq := uint64(1001 + n)
			time.Sleep(4 * time.Minute)
			q.taken(seq, 20*time.Hour+14*time.Minute+time.Duration(15*n)*time.Minute)
			time.Sleep(2 * time.Minute) // its session began a minute ago
			if q.took(seq) != 1 {
				t.Errorf("the newest photo waited for the backlog of %d", 200-q.acknowledged())
			}
			time.Sleep(9 * time.Minute)
		}
		time.Sleep(50 * time.Minute)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait after both, want 0", w)
	}
}

func TestRegularSessionInAnOutageTakesNoOthersPlace(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{say: unreachable}
	all := chosen("all", "00:00", "12:00", 12*time.Hour, func(*schedule.Session) {})
	newest := chosen("newest", "00:01", "12:00", 15*time.Minute, func(s *schedule.Session) { s.Photos = 2 })
	runAll(t, q, c, []schedule.Session{all, newest}, func(t *testing.T, r *session.Runner) {
		time.Sleep(2 * time.Hour)
		c.set(nil)
		time.Sleep(30 * time.Minute)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait 30 min after the outage, want 0: one session may send all", w)
	}
}

func TestSessionThatOutlastsItsIntervalSendsAllItMay(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{}
	s := chosen("a", "00:00", "00:01", time.Minute, func(s *schedule.Session) { s.Photos = 100 })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) { time.Sleep(time.Hour) })
	if a := q.acknowledged(); a != 200 {
		t.Errorf("two sessions of 100 photos, a minute apart, sent %d, want 200", a)
	}
}

func TestEndOfDayThatAnotherSessionOutlastedIsMadeUpFor(t *testing.T) {
	q, c := newQueue(3), &fakeCloud{takes: 30 * time.Minute}
	regular := chosen("regular", "19:59", "20:00", time.Hour, func(s *schedule.Session) { s.Photos = 1 })
	night := chosen("night", "20:01", "20:10", time.Hour, func(s *schedule.Session) { s.LookBack = 24 * time.Hour })
	runAll(t, q, c, []schedule.Session{regular, night}, func(t *testing.T, r *session.Runner) {
		time.Sleep(20*time.Hour + 20*time.Minute)
		wantSent(t, c, 3) // a photo of half an hour
		time.Sleep(3 * time.Hour)
	})
	if a := q.acknowledged(); a != 2 {
		t.Errorf("sent %d, want the regular session's and, in the ten minutes that are made up for, one more", a)
	}
}

func TestRestartInTwoBlocksGoesOnWithBoth(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	for i := range 100 {
		q.taken(uint64(i+1), time.Duration(i)*time.Minute)
	}
	all := chosen("all", "06:00", "18:00", 12*time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	newest := chosen("newest", "06:01", "18:00", 15*time.Minute, func(s *schedule.Session) { s.Photos = 2 })
	o := session.Options{Clock: &clock{offset: 8*time.Hour + time.Second}}
	runOptions(t, o, q, c, []schedule.Session{all, newest}, func(t *testing.T, r *session.Runner) {
		time.Sleep(10 * time.Second)
		got := c.attempts()
		if !slices.Contains(got, 1) || !slices.Contains(got, 100) {
			t.Errorf("sent first %v, want the oldest and the newest among them", got)
		}
		time.Sleep(3 * time.Minute)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait, want 0", w)
	}
}

// TestRestartFindsTheNightsSessionBehindManySlots of one that is due each 5 s.
func TestRestartFindsTheNightsSessionBehindManySlots(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	for i := range 100 {
		q.taken(uint64(i+1), time.Duration(i)*time.Minute)
	}
	night := chosen("night", "18:00:02", "06:00:01", 12*time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	newest := chosen("newest", "00:00", "23:59:59", 5*time.Second, func(s *schedule.Session) { s.Photos = 1 })
	o := session.Options{Clock: &clock{offset: 23*time.Hour + 50*time.Minute + time.Second}}
	runOptions(t, o, q, c, []schedule.Session{night, newest}, func(t *testing.T, r *session.Runner) {
		time.Sleep(30 * time.Second)
		if got := c.attempts(); !slices.Contains(got, 1) {
			t.Errorf("sent first %v, want the oldest among them", got)
		}
	})
}

// TestRestartLooksAtTheLatestSlotsWhereThereAreTooMany in the 25 hours before it.
func TestRestartLooksAtTheLatestSlotsWhereThereAreTooMany(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	for i := range 100 {
		q.taken(uint64(i+1), time.Duration(i)*time.Minute)
	}
	night := chosen("night", "22:00:04", "06:00:01", 8*time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	all := []schedule.Session{night}
	for _, from := range []string{"00:00", "00:00:01", "00:00:02"} { // 54,000 slots
		all = append(all, chosen(from, from, "23:59:59", 5*time.Second, func(s *schedule.Session) { s.Photos = 1 }))
	}
	o := session.Options{Clock: &clock{offset: 23*time.Hour + 50*time.Minute + time.Second}}
	runOptions(t, o, q, c, all, func(t *testing.T, r *session.Runner) {
		time.Sleep(30 * time.Second)
		if got := c.attempts(); !slices.Contains(got, 1) {
			t.Errorf("sent first %v, want the oldest among them", got)
		}
	})
}

// TestStartBehindManySlotsTakesLittleMemory though the slots of a day, all at once,
// are 4 MB: more than the rest of the daemon has on its heap.
func TestStartBehindManySlotsTakesLittleMemory(t *testing.T) {
	const most = 256 << 10
	q, c := newQueue(0), &fakeCloud{}
	often := chosen("often", "00:00", "23:59:59", 5*time.Second, func(s *schedule.Session) { s.Photos = 1 })
	o := session.Options{Clock: &clock{offset: 23*time.Hour + 50*time.Minute + time.Second}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runOptions(t, o, q, c, []schedule.Session{often}, func(t *testing.T, r *session.Runner) {
		synctest.Wait() // it waits for the next slot
		runtime.ReadMemStats(&after)
	})
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("it allocated %d bytes to find what is due after 17,000 slots, want %d at the most", n, most)
	}
}

func TestPersonsSessionBeginsAfterThePhotoUnderWay(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{takes: 10 * time.Second}
	s := chosen("a", "00:00", "23:00", 23*time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(25 * time.Second)
		r.Start(2)
		time.Sleep(6 * time.Second) // 31 s
		if s := r.State(); s.Name != "" || !s.Running {
			t.Errorf("6 s after Start: %+v, want the person's session", s)
		}
		time.Sleep(30 * time.Second)
		wantSent(t, c, 1, 2, 3, 1000, 999, 4, 5)
	})
}

func TestPersonsSessionThatFindsTheCloudEndsTheWait(t *testing.T) {
	q, c := newQueue(20), &fakeCloud{say: unreachable}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(3 * time.Hour) // a try each ten minutes
		for between(r); time.Until(r.State().Retry) < time.Minute; {
			time.Sleep(time.Second)
		}
		c.set(nil)
		r.Start(1)
		time.Sleep(25 * time.Second)
		if w, _, _ := q.counts(); w != 0 {
			t.Errorf("%d wait 25 s after a person's session of one photo got through, want 0", w)
		}
	})
}

func TestManySlotsOfASessionCostItNoTurn(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{takes: 10 * time.Second}
	recent := func(s *schedule.Session) { s.LookBack = time.Hour }
	runAll(t, q, c, []schedule.Session{
		chosen("all", "00:00:02", "23:00", 5*time.Second, func(s *schedule.Session) { s.Order = schedule.OldestFirst }),
		chosen("a", "00:00", "23:00", 23*time.Hour, recent),
		chosen("b", "00:00:01", "23:00", 23*time.Hour, recent),
	}, func(t *testing.T, r *session.Runner) {
		q.taken(1, -40*time.Hour, -40*time.Hour, -40*time.Hour)
		q.add(4, 400)
		time.Sleep(10 * time.Minute)
		if n := q.took(1) + q.took(2) + q.took(3); n != 3 {
			t.Errorf("%d of the 3 old photos sent among %d, want a turn in three for their session", n, len(c.attempts()))
		}
	})
}
