package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

// fakeQueue holds photos by number.
type fakeQueue struct {
	mu      sync.Mutex
	waiting map[uint64]photo.Meta
	acked   map[uint64]int
	refused map[uint64]string
	commits int
	ackErr  error
	damaged map[uint64]bool
}

func newQueue(n int) *fakeQueue {
	q := &fakeQueue{waiting: map[uint64]photo.Meta{}, acked: map[uint64]int{}, refused: map[uint64]string{}}
	q.add(1, n)
	return q
}

func (q *fakeQueue) add(from, to int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := from; i <= to; i++ {
		q.waiting[uint64(i)] = photo.Meta{ID: photo.NewID(time.Now(), uint64(i)), Taken: time.Now(), Size: 1000}
	}
}

func (q *fakeQueue) Next(s queue.Select) (photo.Meta, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := slices.Sorted(maps.Keys(q.waiting))
	if s.Order == queue.NewestFirst {
		slices.Reverse(all)
	}
	for _, seq := range all {
		m := q.waiting[seq]
		early := !s.From.IsZero() && m.Taken.Before(s.From)
		late := !s.To.IsZero() && !m.Taken.Before(s.To)
		if !early && !late && (s.Skip == nil || !s.Skip(seq)) {
			return m, true, nil
		}
	}
	return photo.Meta{}, false, nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

func (q *fakeQueue) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	return file{bytes.NewReader(make([]byte, m.Size))}, nil
}

func (q *fakeQueue) Acknowledge(seqs ...uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ackErr != nil {
		return q.ackErr
	}
	q.commits++
	for _, s := range seqs {
		q.acked[s]++
		delete(q.waiting, s)
	}
	return nil
}

func (q *fakeQueue) Verify(m photo.Meta) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.damaged[m.Seq()] {
		return nil
	}
	delete(q.waiting, m.Seq())
	return errors.New("not what was written")
}

func (q *fakeQueue) Refuse(seq uint64, reason string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused[seq] = reason
	delete(q.waiting, seq)
	return nil
}

func (q *fakeQueue) counts() (waiting, acked, refused int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), len(q.acked), len(q.refused)
}

// fakeCloud takes a second for a photo, and does what say says.
type fakeCloud struct {
	mu   sync.Mutex
	say  func(seq uint64) error // nil: takes all
	hang bool
	sent []uint64 // every attempt
	at   []time.Time
}

func (c *fakeCloud) Upload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	c.mu.Lock()
	c.sent, c.at = append(c.sent, m.Seq()), append(c.at, time.Now())
	say, hang := c.say, c.hang
	c.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
	}
	if say == nil {
		return nil
	}
	return say(m.Seq())
}

func (c *fakeCloud) set(say func(uint64) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say = say
}

func (c *fakeCloud) attempts() []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

type clock struct{ offset time.Duration }

func (c *clock) Now() time.Time { return time.Now().Add(c.offset).UTC().Round(0) }
func (c *clock) Synced() bool   { return true }

// uploads is a session of the whole day; the bubble's clock starts at midnight.
func uploads(from, until string, every time.Duration, photos int) schedule.Session {
	s := schedule.NewSession()
	s.Name, s.Kind, s.Every, s.Photos = "uploads", schedule.Upload, every, photos
	if err := errors.Join(s.From.UnmarshalText([]byte(from)), s.Until.UnmarshalText([]byte(until))); err != nil {
		panic(err)
	}
	return s
}

// run runs a Runner of q and c in a bubble, and test beside it.
func run(t *testing.T, q *fakeQueue, c *fakeCloud, s schedule.Session, test func(t *testing.T, r *session.Runner)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		plan, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{s}})
		if err != nil {
			t.Fatal(err)
		}
		r := session.New(session.Default(), session.Options{Queue: q, Uploader: c, Schedule: plan, Clock: &clock{}, Log: zerolog.Nop()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		test(t, r)
		cancel()
		start := time.Now()
		if err := <-done; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("Run took %v to stop, want under 5 s", d)
		}
	})
	for seq, n := range q.acked {
		if n != 1 {
			t.Errorf("photo %d was acknowledged %d times, want once", seq, n)
		}
	}
}

// between is the state once no session runs: the tries come at random times, and
// one may be under way at any.
func between(r *session.Runner) session.State {
	for {
		if s := r.State(); !s.Running {
			return s
		}
		time.Sleep(time.Millisecond)
	}
}

func unreachable(uint64) error { return &upload.UnreachableError{Err: errors.New("no route to host")} }

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
		// Full jitter over at most 5 min is 2.5 min on average.
		if n < 150 || n > 700 {
			t.Errorf("got %d attempts in 12 h, want 150 to 700", n)
		}
		if s := between(r); s.Silent.IsZero() || s.Retry.IsZero() || s.LastError == "" {
			t.Errorf("state: got %+v, want unreachable with a retry and an error", s)
		}
		c.set(nil)
		time.Sleep(6 * time.Minute)
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
	perSecond := map[int]int{}
	for range 200 {
		q, c := newQueue(1), &fakeCloud{say: unreachable}
		run(t, q, c, uploads("00:00", "23:59", 15*time.Minute, 0), func(t *testing.T, r *session.Runner) {
			time.Sleep(2 * time.Hour)
			c.set(nil)
			back := time.Now()
			time.Sleep(6 * time.Minute)
			if w, _, _ := q.counts(); w != 0 {
				t.Errorf("%d wait, want 0", w)
			}
			perSecond[int(c.at[len(c.at)-1].Sub(back).Seconds())/10]++
		})
	}
	peak := slices.Max(slices.Collect(maps.Values(perSecond)))
	// Evenly over 5 min it is 200/30 = 7 in each 10 s. In the first it is twice
	// that, since the waits began before; 40 is so far above that chance alone
	// reaches it once in 10^9 runs.
	if peak > 40 {
		t.Errorf("%d of 200 came back within the same 10 s, want at most 40", peak)
	}
}
