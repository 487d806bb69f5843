package session_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

func TestAsManyAsPossibleDrainsTheQueueNewestFirst(t *testing.T) {
	q, c := newQueue(100), &fakeCloud{}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(10*time.Second + time.Millisecond)
		q.add(101, 101) // taken during the session
		time.Sleep(5 * time.Minute)
	})
	if w, a, _ := q.counts(); w != 0 || a != 101 {
		t.Errorf("got %d waiting, %d acknowledged, want 0, 101", w, a)
	}
	got := c.attempts()
	if !slices.Equal(got[:3], []uint64{100, 99, 98}) {
		t.Errorf("sent first: %v, want the newest: 100, 99, 98", got[:3])
	}
	if i := slices.Index(got, 101); i < 10 || i > 12 {
		t.Errorf("the photo taken meanwhile was sent as number %d, want right after the one in hand", i)
	}
}

func TestRegularSessionSendsTheNewestOnly(t *testing.T) {
	q, c := newQueue(100), &fakeCloud{}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 3), func(t *testing.T, r *session.Runner) {
		time.Sleep(14 * time.Minute)
		if got, want := fmt.Sprint(c.attempts()), "[100 99 98]"; got != want {
			t.Errorf("first session sent %s, want %s", got, want)
		}
		time.Sleep(2 * time.Minute)
		if got, want := fmt.Sprint(c.attempts()), "[100 99 98 97 96 95]"; got != want {
			t.Errorf("two sessions sent %s, want %s", got, want)
		}
	})
}

func TestAcknowledgementsShareTransactions(t *testing.T) {
	q, c := newQueue(100), &fakeCloud{}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(3 * time.Minute)
	})
	// One photo a second, five seconds' worth in a transaction.
	if q.commits > 21 {
		t.Errorf("got %d transactions for 100 photos, want at most 21", q.commits)
	}
}

func TestSilentCloudEndsTheSessionAndIsTriedAgain(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{say: unreachable}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(12 * time.Hour)
		n := len(c.attempts())
		// Ten minutes with waits of up to 5 min, then one try each ten minutes.
		if n < 70 || n > 150 {
			t.Errorf("got %d attempts in 12 h, want 70 to 150", n)
		}
		if s := between(r); s.Silent.IsZero() || s.Retry.IsZero() || s.LastError == "" {
			t.Errorf("state: got %+v, want unreachable with a retry and an error", s)
		}
		c.set(nil)
		time.Sleep(11 * time.Minute)
		if w, a, _ := q.counts(); w != 0 || a != 10 {
			t.Errorf("after the outage: %d waiting, %d acknowledged, want 0, 10", w, a)
		}
		if s := r.State(); !s.Silent.IsZero() || s.LastError != "" || !s.Retry.IsZero() {
			t.Errorf("state: got %+v, want no trace of the outage", s)
		}
	})
}

func TestReturnOfTheLinkGoesOnAtOnce(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{say: unreachable}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(3 * time.Hour)
		c.set(nil)
		r.LinkUp()
		time.Sleep(11 * time.Second)
		if w, _, _ := q.counts(); w != 0 {
			t.Errorf("11 s after the link's return %d wait, want 0", w)
		}
	})
}

func TestLinkThatReturnsWithoutTheCloudIsNotHammered(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{say: unreachable}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(3 * time.Hour)
		before := len(c.attempts())
		for range 600 { // a link that flaps each second
			r.LinkUp()
			time.Sleep(time.Second)
		}
		if n := len(c.attempts()) - before; n > 30 {
			t.Errorf("got %d attempts in 10 min of flapping, want at most 30", n)
		}
	})
}

func TestRefusedPhotoIsSetAsideAndTheRestGoesOn(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{}
	c.set(func(seq uint64) error {
		if seq == 9 {
			return &upload.RefusedError{Reason: "too large"}
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Minute)
	})
	if w, a, n := q.counts(); w != 0 || a != 9 || n != 1 || q.refused[9] != "too large" {
		t.Errorf("got %d waiting, %d acknowledged, refused %v, want 0, 9, photo 9 for its reason", w, a, q.refused)
	}
}

func TestBlockEndBeginsNoOtherPhotoAndBreaksOffNone(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{}
	run(t, q, c, uploads("00:00", "00:01", time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Hour)
	})
	// A photo a second from 00:00:00 on, each slot for five minutes at the least:
	// the last begins at 00:06:00.
	if _, a, _ := q.counts(); a < 360 || a > 362 {
		t.Errorf("got %d photos by five minutes after the last slot, want 361", a)
	}
}

func TestSlotAtItsBlocksEndHasASession(t *testing.T) {
	q, c := newQueue(3), &fakeCloud{}
	at := uploads("12:00", "12:00", time.Minute, 0)
	run(t, q, c, at, func(t *testing.T, r *session.Runner) {
		time.Sleep(12*time.Hour + time.Minute)
	})
	if w, _, _ := q.counts(); w != 0 {
		t.Errorf("%d wait after a session of one instant, want 0", w)
	}
}

func TestPhotoOfTheSameInstantBelongsToTheSession(t *testing.T) {
	for photos, want := range map[int]int{0: 3, 2: 2} {
		q, c := newQueue(1), &fakeCloud{}
		run(t, q, c, uploads("12:00", "13:00", 15*time.Minute, photos), func(t *testing.T, r *session.Runner) {
			time.Sleep(12*time.Hour + 20*time.Second)
			q.add(2, 2)
			r.Added()
			time.Sleep(time.Minute)
			q.add(3, 3)
			r.Added()
			time.Sleep(30 * time.Second)
			if _, a, _ := q.counts(); a != want {
				t.Errorf("%d photos a session: %d acknowledged soon after the slot, want %d", photos, a, want)
			}
			time.Sleep(5 * time.Minute)
			q.add(4, 4)
			r.Added()
			time.Sleep(time.Minute)
			if _, a, _ := q.counts(); a != want {
				t.Errorf("%d photos a session: a late photo began a session", photos)
			}
		})
	}
}

func TestPersonsSessionRunsOutsideAnyBlock(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{}
	run(t, q, c, uploads("20:00", "21:00", time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Hour)
		if n := len(c.attempts()); n != 0 {
			t.Errorf("got %d attempts outside the block, want 0", n)
		}
		r.Start(4)
		if !r.State().Running {
			t.Error("after Start the state says that nothing runs")
		}
		time.Sleep(time.Minute)
		if s := r.State(); s.Running || s.Sent != 4 {
			t.Errorf("got %+v, want 4 sent and the session over", s)
		}
	})
}

func TestStopBreaksOffAHangingUpload(t *testing.T) {
	q, c := newQueue(3), &fakeCloud{hang: true}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Minute)
	})
	if w, _, _ := q.counts(); w != 3 {
		t.Errorf("%d wait, want 3: nothing was sent", w)
	}
}

func TestFleetReturnsSpreadOut(t *testing.T) {
	// 200 controllers lose the cloud in one moment and find it again by backoff.
	perMinute := map[int]int{}
	for range 200 {
		q, c := newQueue(1), &fakeCloud{say: unreachable}
		run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
			time.Sleep(2 * time.Hour)
			c.set(nil)
			back := time.Now()
			time.Sleep(10*time.Minute + 5*time.Second)
			if w, _, _ := q.counts(); w != 0 {
				t.Errorf("%d wait, want 0", w)
			}
			perMinute[int(c.at[len(c.at)-1].Sub(back).Seconds())/60]++
		})
	}
	peak := slices.Max(slices.Collect(maps.Values(perMinute)))
	// Evenly over 10 min it is 20 in each. Chance alone reaches twice the mean in
	// fewer than one of 10,000 minutes, and 55 in one of 10^9.
	if peak > 55 {
		t.Errorf("%d of 200 came back within the same minute, want about 20", peak)
	}
}
