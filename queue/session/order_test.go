package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

func TestLookBackSendsOnlyPhotosOfItsWindow(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.taken(1, -20*time.Hour, 10*time.Hour-1, 10*time.Hour, 11*time.Hour)
	s := chosen("a", "12:00", "12:00", time.Hour, func(s *schedule.Session) { s.LookBack = 2 * time.Hour })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(12*time.Hour + 30*time.Second)
		q.taken(5, 12*time.Hour+20*time.Second) // taken at the session's instant
		r.Added()
		time.Sleep(10 * time.Hour)
	})
	wantSent(t, c, 4, 3, 5)
}

func TestDateRangeSendsOnlyPhotosOfItsDays(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.taken(1, -48*time.Hour-1, -48*time.Hour, -30*time.Hour, -1, 0, time.Hour)
	s := chosen("a", "12:00", "12:00", time.Hour, func(s *schedule.Session) { s.FirstDay, s.LastDay = "1999-12-30", "1999-12-31" })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(3 * 24 * time.Hour)
	})
	wantSent(t, c, 4, 3, 2)
}

func TestOldestFirstSendsInTheOrderOfCapture(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.taken(1, -3*time.Hour, -2*time.Hour, -time.Hour)
	s := chosen("a", "00:00", "23:59", time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(1500 * time.Millisecond)
		q.taken(4, time.Second)
		time.Sleep(time.Minute)
	})
	wantSent(t, c, 1, 2, 3, 4)
}

func TestEachSessionSendsItsOwnChoice(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.taken(1, -50*time.Hour, -49*time.Hour, 8*time.Hour, 9*time.Hour)
	day := chosen("day", "10:00", "10:00", time.Hour, func(s *schedule.Session) { s.LookBack = 4 * time.Hour })
	night := chosen("night", "22:00", "22:00", time.Hour, func(s *schedule.Session) { s.Order = schedule.OldestFirst })
	runAll(t, q, c, []schedule.Session{day, night}, func(t *testing.T, r *session.Runner) {
		time.Sleep(12 * time.Hour)
		wantSent(t, c, 4, 3)
		q.taken(5, 12*time.Hour)
		time.Sleep(11 * time.Hour)
		wantSent(t, c, 4, 3, 1, 2, 5)
	})
}

func TestOldestGoesWhereMoreComesThanTheLinkCarries(t *testing.T) {
	for name, photos := range map[string]int{"as many as possible": 0, "three a session": 3} {
		q, c := newQueue(0), &fakeCloud{}
		const old = 10
		for i := range old {
			q.taken(uint64(i+1), time.Duration(i-100)*time.Hour)
		}
		runAll(t, q, c, []schedule.Session{uploads("00:00", "23:59", 15*time.Second, photos)}, func(t *testing.T, r *session.Runner) {
			for seq := old + 1; seq < 1000; seq++ { // two come while one goes
				q.add(seq, seq)
				time.Sleep(500 * time.Millisecond)
			}
		})
		for seq := range uint64(old) {
			if q.acked[seq+1] != 1 {
				t.Errorf("%s: photo %d of old was not sent among %d", name, seq+1, len(c.attempts()))
			}
		}
		late := 0
		for _, seq := range c.attempts() {
			if seq <= old {
				late++
			}
		}
		if n := len(c.attempts()); late != old || n < 80 {
			t.Errorf("%s: %d of %d were old, want %d of at least 80", name, late, n, old)
		}
	}
}

func TestPersonWhoAsksForTheNewestGetsNoOther(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	for i := range 100 {
		q.taken(uint64(i+1), time.Duration(i-200)*time.Hour)
	}
	runAll(t, q, c, nil, func(t *testing.T, r *session.Runner) {
		r.Start(20)
		time.Sleep(time.Minute)
	})
	for i, seq := range c.attempts() {
		if seq != uint64(100-i) {
			t.Errorf("photo %d was sent as number %d, want the newest in order", seq, i+1)
		}
	}
}

func TestFailingPhotoGoesBehindItsPeersInAnyChoice(t *testing.T) {
	for name, change := range map[string]func(*schedule.Session){
		"oldest first": func(s *schedule.Session) { s.Order = schedule.OldestFirst },
		"look-back":    func(s *schedule.Session) { s.LookBack = 5 * time.Hour },
		"days":         func(s *schedule.Session) { s.FirstDay, s.Order = "1999-12-31", schedule.OldestFirst },
	} {
		q, c := newQueue(0), &fakeCloud{}
		q.taken(1, -4*time.Hour, -3*time.Hour, -2*time.Hour, -time.Hour)
		c.set(func(seq uint64) error {
			if seq == 1 || seq == 4 { // the first of either order
				return errors.New("hash mismatch")
			}
			return nil
		})
		runAll(t, q, c, []schedule.Session{chosen("a", "00:00", "12:00", 12*time.Hour, change)}, func(t *testing.T, r *session.Runner) {
			time.Sleep(20 * time.Second)
			if got := c.attempts(); len(got) != 4 || q.took(2)+q.took(3) != 2 {
				t.Errorf("%s: 20 s on %v were tried, want each once and the other two taken", name, got)
			}
			time.Sleep(2 * time.Hour)
			if n := len(c.attempts()) - 4; n < 2*8 || n > 2*30 { // up to 15 min each, half of that at the least
				t.Errorf("%s: the failing two were tried %d times in 2 h, want 16 to 60", name, n)
			}
			c.set(nil)
			time.Sleep(16 * time.Minute)
			if w, _, _ := q.counts(); w != 0 {
				t.Errorf("%s: %d wait after the cloud took heart, want 0", name, w)
			}
		})
	}
}

func TestPhotoDoesNotWaitForTheFileOfTheSameShotThatFails(t *testing.T) {
	for _, order := range []string{schedule.NewestFirst, schedule.OldestFirst} {
		for _, fails := range []uint64{1, 2} {
			q, c := newQueue(0), &fakeCloud{}
			q.taken(1, -time.Hour, -time.Hour)
			raw := q.waiting[2]
			raw.Shot, raw.Format = q.waiting[1].ID, "cr2"
			q.waiting[2] = raw
			c.set(func(seq uint64) error {
				if seq == fails {
					return errors.New("hash mismatch")
				}
				return nil
			})
			s := chosen("a", "00:00", "12:00", 12*time.Hour, func(s *schedule.Session) { s.Order = order })
			runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
				time.Sleep(10 * time.Second)
			})
			if other := 3 - fails; q.acked[other] != 1 || len(c.attempts()) != 2 {
				t.Errorf("%s: file %d fails and %d was taken %d times, want once (sent %v)", order, fails, other, q.acked[other], c.attempts())
			}
		}
	}
}

func TestSessionThatIsBrokenOffGoesOnWithItsChoice(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{say: unreachable}
	q.taken(1, 8*time.Hour, 10*time.Hour, 11*time.Hour)
	s := chosen("a", "12:00", "15:00", 3*time.Hour, func(s *schedule.Session) { s.Order, s.LookBack = schedule.OldestFirst, 2*time.Hour })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(14 * time.Hour) // the window from then on would hold nothing
		c.set(nil)
		before := len(c.attempts())
		for _, seq := range c.attempts() {
			if seq == 1 {
				t.Error("a photo outside the window was tried")
			}
		}
		time.Sleep(11 * time.Minute)
		got := c.attempts()[before:]
		slices.Sort(got) // the one that broke off the last tries lets the other go first
		if !slices.Equal(got, []uint64{2, 3}) {
			t.Errorf("after the outage %v were sent, want 2 and 3", got)
		}
	})
	if w, _, _ := q.counts(); w != 1 {
		t.Errorf("%d wait, want the one outside the window", w)
	}
}

func TestOutageInTheTurnOfTheOldestHoldsNobodyUp(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.taken(1, -100*time.Hour, -99*time.Hour)
	q.add(3, 30)
	c.set(func(seq uint64) error {
		if seq <= 2 {
			return &upload.UnreachableError{Err: errors.New("no route to host")}
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Hour)
		if _, a, _ := q.counts(); a != 28 {
			t.Errorf("%d acknowledged, want the 28 that the cloud takes", a)
		}
		c.set(nil)
		time.Sleep(20 * time.Minute)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait, want 0", w)
	}
}
