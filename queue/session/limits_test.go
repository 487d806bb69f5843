package session_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

func TestPhotoThatWouldExceedTheBytesWaitsForTheNextSession(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.sized(1, 400_000, 200_000, 400_000, 400_000, 600_000, 600_000)
	s := chosen("a", "00:00", "01:00", 15*time.Minute, func(s *schedule.Session) { s.Megabytes = 1 })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		for i, want := range [][]uint64{{6}, {6, 5, 4}, {6, 5, 4, 3, 2, 1}} {
			time.Sleep(14 * time.Minute)
			if got := c.attempts(); !slices.Equal(got, want) {
				t.Errorf("after session %d: sent %v, want %v", i+1, got, want)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestPhotoLargerThanTheBytesGoesAsTheFirst(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	q.sized(1, 5_000_000, 5_000_000)
	s := chosen("a", "00:00", "01:00", 15*time.Minute, func(s *schedule.Session) { s.Megabytes = 1 })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(14 * time.Minute)
		wantSent(t, c, 2)
		time.Sleep(10 * time.Minute)
		wantSent(t, c, 2, 1)
	})
}

func TestOldPhotoLargerThanTheBytesIsNotLeftForEver(t *testing.T) {
	for name, photos := range map[string]int{"as many as possible": 0, "ten a session": 10} {
		q, c := newQueue(0), &fakeCloud{}
		s := chosen("a", "00:00", "23:59", 15*time.Minute, func(s *schedule.Session) { s.Megabytes, s.Photos = 1, photos })
		runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
			q.sized(1, 5_000_000)
			for seq := 2; seq < 400; seq++ { // more small ones come than go
				q.sized(uint64(seq), 300_000)
				time.Sleep(5 * time.Minute)
			}
			if q.took(1) != 1 {
				t.Errorf("%s: the old photo was not sent among %d", name, len(c.attempts()))
			}
		})
	}
}

func TestMinutesEndASessionAndNoPhoto(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{takes: 25 * time.Second}
	s := chosen("a", "00:00", "02:00", time.Hour, func(s *schedule.Session) { s.Minutes = 1 })
	runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(59 * time.Minute)
		// At 0, 25 and 50 s one begins, and the last is finished at 75 s.
		if n, a := len(c.attempts()), q.acknowledged(); n != 3 || a != 3 {
			t.Errorf("a session of a minute began %d photos and the cloud has %d, want 3, 3", n, a)
		}
		time.Sleep(time.Hour)
		if a := q.acknowledged(); a != 6 {
			t.Errorf("two sessions sent %d, want 6", a)
		}
	})
}

func TestSessionOfOneInstantLastsItsMinutes(t *testing.T) {
	for minutes, want := range map[int]int{0: 30, 2: 12, 30: 180} {
		q, c := newQueue(500), &fakeCloud{takes: 10 * time.Second}
		s := chosen("night", "20:00", "20:00", time.Hour, func(s *schedule.Session) { s.Minutes = minutes })
		runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
			time.Sleep(23 * time.Hour)
		})
		if a := q.acknowledged(); a < want || a > want+1 {
			t.Errorf("%d minutes: sent %d at one each 10 s, want %d", minutes, a, want)
		}
	}
}

func TestSessionResumesWhatIsLeftOfItsLimits(t *testing.T) {
	for name, change := range map[string]func(*schedule.Session){
		"photos":  func(s *schedule.Session) { s.Photos = 60 },
		"bytes":   func(s *schedule.Session) { s.Megabytes = 6 },
		"minutes": func(s *schedule.Session) { s.Minutes = 1 },
	} {
		q, c := newQueue(0), &fakeCloud{}
		for i := range 200 {
			q.sized(uint64(i+1), 100_000)
		}
		s := chosen("a", "00:00", "12:00", 12*time.Hour, change)
		runAll(t, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
			for range 3 { // the link comes and goes
				time.Sleep(10*time.Second + time.Millisecond)
				c.set(unreachable)
				time.Sleep(20 * time.Minute)
				c.set(nil)
				r.LinkUp()
			}
			time.Sleep(2 * time.Hour)
		})
		// A minute is one photo a second; a turn that the link ended took a second more.
		if a := q.acknowledged(); a < 57 || a > 61 {
			t.Errorf("%s: sent %d in all, want 60, or 57 by the minutes", name, a)
		}
	}
}

func TestRestartInABlockBeginsWithWholeLimits(t *testing.T) {
	q, c := newQueue(100), &fakeCloud{}
	s := chosen("a", "00:00", "23:59", 12*time.Hour, func(s *schedule.Session) { s.Photos = 5 })
	for i := range 2 {
		o := session.Options{Clock: &clock{offset: time.Duration(i) * time.Hour}}
		runOptions(t, o, q, c, []schedule.Session{s}, func(t *testing.T, r *session.Runner) { time.Sleep(time.Hour) })
	}
	if a := q.acknowledged(); a != 10 {
		t.Errorf("a session of 5 photos and a restart sent %d, want 10", a)
	}
}

// TestThumbnailsNeverTakeAllOfASession, however short that is.
func TestThumbnailsNeverTakeAllOfASession(t *testing.T) {
	a, c := newAlbum(t, 0), &slowCloud{kbps: 1} // a photo takes over five minutes
	s := uploads("00:00", "23:59", 15*time.Minute, 0)
	s.Minutes = 1
	runWith(t, session.Default(), session.Options{Queue: a, Uploader: thumbCloud{c}}, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		const slots = 24
		for i := range slots { // one too many at each
			a.add(16*i+1, 16*i+16)
			time.Sleep(15 * time.Minute)
		}
		photos := 0
		for what := range strings.FieldsSeq(c.sent()) {
			if what[0] != 't' {
				photos++
			}
		}
		if photos < slots/2 {
			t.Errorf("%d photos begun in %d sessions, want one in every other at the least:\n%s", photos, slots, c.sent())
		}
	})
}
