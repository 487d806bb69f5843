package capture_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

// roll is a camera that keeps its pictures. It outlives each service.
type roll struct {
	tb testing.TB

	mu       sync.Mutex
	ahead    time.Duration // of package time, for which the site's clock begins at today
	begin    time.Time     // by package time, when the site's clock showed today
	pictures []capture.Picture
	gone     map[string]bool // fetched, as the driver remembers
	fired    int
	// drop, if not nil, tells which shots leave no picture, from 1.
	drop func(n int) bool
	// fireErr, listErr and fetchErr, if not nil, fail.
	fireErr, listErr error
	fetchErr         func(name string) error
	// during, if not nil, is called in each Fetch, and exposed in each Fire whose picture is
	// on the camera already.
	during, exposed func()
	// forgetful: what is fetched is not remembered, as where the power goes.
	forgetful bool
	learned   time.Duration // what List says of the clock
	stuck     chan struct{}
	// bytes are what pictures are made of, beside their names: nothing where not told.
	bytes map[string]string
}

func newRoll(tb testing.TB) *roll {
	return &roll{tb: tb, begin: time.Now(), gone: map[string]bool{}}
}

func (r *roll) Fire(context.Context) error {
	r.mu.Lock()
	err, exposed := r.fireErr, r.exposed
	if err == nil {
		r.fired++
		if r.drop == nil || !r.drop(r.fired) {
			r.expose()
		}
	}
	r.mu.Unlock()
	if exposed != nil {
		exposed()
	}
	return err
}

// expose takes a picture. The camera's clock has whole seconds.
func (r *roll) expose() {
	at := today.Add(time.Since(r.begin) + r.ahead).Truncate(time.Second)
	r.pictures = append(r.pictures, capture.Picture{Name: fmt.Sprintf("IMG_%04d", len(r.pictures)+1), At: at})
}

// count is how many shots were fired.
func (r *roll) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fired
}

func (r *roll) change(f func(*roll)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r)
}

func (r *roll) List(context.Context) (capture.Listing, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stuck != nil {
		<-r.stuck
	}
	l := capture.Listing{Ahead: r.learned}
	for _, p := range r.pictures {
		if !r.gone[p.Name] {
			l.Pictures = append(l.Pictures, p)
		}
	}
	return l, r.listErr
}

func (r *roll) Fetch(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	r.mu.Lock()
	fetchErr, during, forgetful := r.fetchErr, r.during, r.forgetful
	r.mu.Unlock()
	if during != nil {
		during()
	}
	if fetchErr != nil {
		if err := fetchErr(p.Name); err != nil {
			return err
		}
	}
	_, err := add(func(w io.Writer) (photo.Exposure, error) {
		_, err := io.WriteString(w, r.bytes[p.Name]+p.Name)
		return photo.Exposure{Format: "jpg", Attempts: 1}, err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && !forgetful {
		r.gone[p.Name], r.learned = true, r.ahead
	}
	return err
}

// newRollSite is a site in Low Power Mode.
func newRollSite(tb testing.TB, interval time.Duration) (*site, *roll) {
	s := newSite(tb, every(tb, interval))
	s.roll = newRoll(tb)
	return s, s.roll
}

// fetch fetches, later than the least time after the fetch before, and between two
// whole seconds, where no slot is.
func (s *site) fetch() capture.Fetched {
	s.tb.Helper()
	time.Sleep(5 * time.Minute)
	if time.Now().Nanosecond() == 0 {
		time.Sleep(500 * time.Millisecond)
	}
	f, err := s.service.Fetch(context.Background())
	if err != nil || !f.Done {
		s.tb.Errorf("Fetch = %+v, %v; want it done", f, err)
	}
	return f
}

// wantFrames checks that each photo of a slot is the picture that was fired for it:
// picture n of the slot n-1 intervals after begin.
func (s *site) wantFrames(begin time.Time, interval time.Duration, frames ...int) {
	s.tb.Helper()
	want := map[string]time.Time{}
	for _, n := range frames {
		sum := sha256.Sum256(fmt.Appendf(nil, "IMG_%04d", n))
		want[hex.EncodeToString(sum[:])] = begin.Add(time.Duration(n-1) * interval)
	}
	n := 0
	for _, m := range s.store.photos() {
		if m.Trigger != photo.Scheduled {
			continue
		}
		n++
		if slot, ok := want[m.SHA256]; !ok || !slot.Equal(m.Slot) {
			s.tb.Errorf("photo of slot %v is the picture of %v", m.Slot, slot)
		}
	}
	if n != len(frames) {
		s.tb.Errorf("%d photos of slots, want %d", n, len(frames))
	}
}
