package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

// midnight is when a bubble's clock begins.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// taken adds photos that were taken at those times after midnight, in order of
// their numbers.
func (q *fakeQueue) taken(first uint64, after ...time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, d := range after {
		seq := first + uint64(i)
		q.waiting[seq] = photo.Meta{ID: photo.NewID(midnight.Add(d), seq), Taken: midnight.Add(d), Size: 1000}
	}
}

// took is how often photo seq was acknowledged.
func (q *fakeQueue) took(seq uint64) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.acked[seq]
}

// chosen is an upload session of as many photos as possible, changed by change.
func chosen(name, from, until string, every time.Duration, change func(*schedule.Session)) schedule.Session {
	s := uploads(from, until, every, 0)
	s.Name = name
	change(&s)
	return s
}

// runAll is run with several sessions.
func runAll(t *testing.T, q *fakeQueue, c *fakeCloud, all []schedule.Session, test func(t *testing.T, r *session.Runner)) {
	t.Helper()
	runOptions(t, session.Options{}, q, c, all, test)
}

// runOptions is runAll with other options.
func runOptions(t *testing.T, o session.Options, q *fakeQueue, c *fakeCloud, all []schedule.Session, test func(t *testing.T, r *session.Runner)) {
	t.Helper()
	o.Queue, o.Uploader = q, c
	runWith(t, session.Default(), o, all, test)
	for seq, n := range q.acked {
		if n != 1 {
			t.Errorf("photo %d was acknowledged %d times, want once", seq, n)
		}
	}
	if c.most > 1 {
		t.Errorf("%d photos were under way at a time, want one", c.most)
	}
}

// runWith runs a Runner of o and those sessions in a bubble, and test beside it.
// Run must end soon after its context, whatever is under way.
func runWith(t *testing.T, cfg session.Config, o session.Options, all []schedule.Session, test func(t *testing.T, r *session.Runner)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if o.Clock == nil {
			o.Clock = &clock{}
		}
		o.Schedule = plan(t, all)
		r := session.New(cfg, o)
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
}

// plan is a weekly schedule in UTC.
func plan(tb testing.TB, all []schedule.Session) *schedule.Schedule {
	tb.Helper()
	s, err := schedule.New(time.UTC, schedule.Plan{Sessions: all})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// wantSent checks what the cloud was sent, in order.
func wantSent(t *testing.T, c *fakeCloud, want ...uint64) {
	t.Helper()
	if got := c.attempts(); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

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
	runAll(t, q, c, []schedule.Session{s}, test)
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

// until sleeps until so long after midnight.
func until(d time.Duration) { time.Sleep(time.Until(midnight.Add(d))) }

// since are the tries from so long after midnight on.
func (c *fakeCloud) since(d time.Duration) (all []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range c.at {
		if at.Sub(midnight) >= d {
			all = append(all, at.Sub(midnight))
		}
	}
	return all
}

// day is a session of the whole day.
func day() []schedule.Session {
	return []schedule.Session{uploads("00:00", "23:59", 15*time.Minute, 0)}
}
