package session_test

import (
	"errors"
	"testing"
	"time"

	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

func TestFailingPhotoGoesBehindItsPeersAndIsNeverGivenUp(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{}
	c.set(func(seq uint64) error {
		if seq == 10 {
			return errors.New("hash mismatch")
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(20 * time.Second)
		if _, a, _ := q.counts(); a != 9 {
			t.Errorf("20 s on: %d acknowledged, want the other 9", a)
		}
		time.Sleep(12 * time.Hour)
		n := len(c.attempts()) - 9
		if n < 40 || n > 120 { // 15 min at the longest, half of that at the least
			t.Errorf("the failing photo was tried %d times in 12 h, want 40 to 120", n)
		}
		c.set(nil)
		time.Sleep(16 * time.Minute)
		if w, _, _ := q.counts(); w != 0 {
			t.Errorf("%d wait after the cloud took heart, want 0", w)
		}
	})
}

func TestCloudThatFailsEveryPhotoIsUnwell(t *testing.T) {
	q, c := newQueue(1000), &fakeCloud{say: func(uint64) error { return errors.New("odd answer") }}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Hour)
		if n := len(c.attempts()); n > 200 {
			t.Errorf("got %d attempts in an hour, want the session broken off: at most 200", n)
		}
		if r.State().Silent.IsZero() {
			t.Error("the state says that the cloud is well")
		}
	})
}

func TestCloudThatFailsPhotosOneByOneIsUnwell(t *testing.T) {
	q, c := newQueue(1), &fakeCloud{say: func(uint64) error { return errors.New("odd answer") }}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		for n := range 4 {
			time.Sleep(15 * time.Minute)
			q.add(n+2, n+2)
		}
		if r.State().Silent.IsZero() {
			t.Error("the state says that the cloud is well")
		}
		c.set(nil)
		time.Sleep(31 * time.Minute)
		if w, _, _ := q.counts(); w != 0 || !r.State().Silent.IsZero() {
			t.Errorf("after the cloud took heart: %d wait, %+v", w, r.State())
		}
	})
}

func TestOneFailingPhotoKeepsNoOtherBack(t *testing.T) {
	q, c := newQueue(1), &fakeCloud{}
	c.set(func(seq uint64) error {
		if seq == 1 {
			return errors.New("hash mismatch")
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		next := time.Now().Add(2*time.Hour - time.Minute)
		time.Sleep(time.Hour + 30*time.Minute) // it is tried every 8 to 15 min by now
		for tried := len(c.attempts()); len(c.attempts()) == tried && time.Until(next) > 0; {
			time.Sleep(500 * time.Millisecond) // half of what a try takes
		}
		if s := between(r); !s.Retry.IsZero() || s.LastError == "" {
			t.Errorf("state after a try: got %+v, want the photo's error and no session broken off", s)
		}
		time.Sleep(time.Until(next))
		for n := range 16 {
			at, seq := 59*time.Second, 10+n // just before a session
			if n%2 == 1 {
				at = time.Minute + 20*time.Second // taken at the instant of the session
			}
			time.Sleep(at)
			q.add(seq, seq)
			r.Added()
			time.Sleep(30 * time.Second)
			if _, a, _ := q.counts(); a != n+1 {
				t.Errorf("half a minute after photo %d: %d acknowledged, want %d", n+1, a, n+1)
			}
			time.Sleep(15*time.Minute - 30*time.Second - at)
		}
	})
}

func TestAcknowledgementThatCannotBeWrittenIsNotSentAgain(t *testing.T) {
	q, c := newQueue(3), &fakeCloud{}
	q.ackErr = errors.New("input/output error")
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(time.Hour)
		if n := len(c.attempts()); n != 3 {
			t.Errorf("got %d uploads of 3 photos, want 3", n)
		}
		q.mu.Lock()
		q.ackErr = nil
		q.mu.Unlock()
		time.Sleep(time.Minute)
		if w, a, _ := q.counts(); w != 0 || a != 3 {
			t.Errorf("once the card works: %d waiting, %d acknowledged, want 0, 3", w, a)
		}
	})
}

func TestPhotoThatTheCloudFailsOverHoldsNobodyUp(t *testing.T) {
	q, c := newQueue(10), &fakeCloud{}
	c.set(func(seq uint64) error {
		if seq == 7 {
			return &upload.UnreachableError{Err: errors.New("500"), Answered: true}
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(6 * time.Hour)
	})
	if w, a, _ := q.counts(); w != 1 || a != 9 {
		t.Errorf("after 6 h: %d waiting, %d acknowledged, want 1 and the other 9", w, a)
	}
}

func TestPhotoThatChangedOnTheCardIsNotSentForEver(t *testing.T) {
	q, c := newQueue(3), &fakeCloud{}
	q.damaged = map[uint64]bool{2: true}
	c.set(func(seq uint64) error {
		if seq == 2 {
			return &upload.MismatchError{Err: errors.New("checksum mismatch")}
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(24 * time.Hour)
	})
	if n := len(c.attempts()); n != 3 {
		t.Errorf("got %d uploads of 3 photos, want 3", n)
	}
}

func TestPersonsSessionSendsWhatIsDelayed(t *testing.T) {
	q, c := newQueue(1), &fakeCloud{say: func(uint64) error { return errors.New("odd answer") }}
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(2 * time.Hour)
		c.set(nil)
		r.Start(0)
		time.Sleep(5 * time.Second)
		if w, _, _ := q.counts(); w != 0 {
			t.Errorf("%d wait after a person's session, want 0", w)
		}
	})
}

func TestNewestPhotoThatTheCloudFailsOverLetsAnotherGoFirst(t *testing.T) {
	q, c := newQueue(5), &fakeCloud{}
	c.set(func(seq uint64) error {
		if seq == 5 {
			return &upload.UnreachableError{Err: errors.New("EOF")}
		}
		return nil
	})
	run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
		time.Sleep(2 * time.Hour)
	})
	if w, a, _ := q.counts(); w != 1 || a != 4 {
		t.Errorf("after 2 h: %d waiting, %d acknowledged, want 1 and the other 4", w, a)
	}
}
