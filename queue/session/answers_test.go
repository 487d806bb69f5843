package session_test

import (
	"errors"
	"testing"
	"time"

	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

func TestRefusalInAMaintenanceWindowIsNotFinal(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	refuse := func(uint64) error { return &upload.RefusedError{Reason: "maintenance"} }
	runOptions(t, session.Options{Quiet: window}, q, c, day(), func(t *testing.T, r *session.Runner) {
		until(windowBegins + time.Minute)
		q.add(1, 5)
		c.set(refuse)
		until(windowEnds)
		if w, _, n := q.counts(); w != 5 || n != 0 {
			t.Errorf("%d wait and %d refused in the window, want 5, 0", w, n)
		}
		c.set(nil)
		until(windowReturns + 20*time.Minute)
		if a := q.acknowledged(); a != 5 {
			t.Errorf("%d sent after the window, want 5", a)
		}
	})
}

// TestFewPhotosAreTriedGentlyInAWindowWhateverTheCloudSays: two are too few to show
// that the reason is not theirs.
func TestFewPhotosAreTriedGentlyInAWindowWhateverTheCloudSays(t *testing.T) {
	for name, err := range map[string]error{"refused": &upload.RefusedError{Reason: "maintenance"}, "odd": errors.New("418")} {
		q, c := newQueue(0), &fakeCloud{}
		runOptions(t, session.Options{Quiet: window}, q, c, day(), func(t *testing.T, r *session.Runner) {
			until(windowBegins + time.Minute)
			q.add(1, 2)
			c.set(func(uint64) error { return err })
			until(windowReturns - time.Second)
			got := c.since(windowBegins)
			for i := range got[1:] {
				if d := got[i+1] - got[i]; d < 8*time.Minute {
					t.Errorf("%s: tried again after %v, want 8 min at the least", name, d)
				}
			}
			if n := len(got); n < 11 || n > 21 {
				t.Errorf("%s: %d tries in the window, want 11 to 21", name, n)
			}
			c.set(nil)
			until(windowReturns + 16*time.Minute)
			if a := q.acknowledged(); a != 2 {
				t.Errorf("%s: %d sent after the window, want 2", name, a)
			}
		})
	}
}

func TestCloudsOwnWaitIsKeptInAWindow(t *testing.T) {
	q, c := newQueue(0), &fakeCloud{}
	runOptions(t, session.Options{Quiet: window}, q, c, day(), func(t *testing.T, r *session.Runner) {
		until(windowBegins + time.Minute)
		q.add(1, 5)
		c.set(func(uint64) error {
			return &upload.UnreachableError{Err: errors.New("503"), Answered: true, RetryAfter: time.Hour}
		})
		until(windowReturns - time.Second)
		got := c.since(windowBegins)
		for i := range got[1:] {
			if d := got[i+1] - got[i]; d < time.Hour {
				t.Errorf("tried again after %v, want an hour as the cloud asks", d)
			}
		}
		if len(got) != 3 { // 19:15, 20:15, 21:15, and then the return
			t.Errorf("tries at %v, want 3", got)
		}
	})
}
