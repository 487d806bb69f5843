package capture_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

// pair is a camera with a RAW file beside each JPEG.
type pair struct {
	camera
	mu sync.Mutex
	// keeps: the RAW files stay on the camera for now.
	keeps bool
	// hang, where not nil, is what Others waits for, whatever its context does.
	hang chan struct{}
	left []photo.Meta // the shots whose RAW file is on the camera
}

func (p *pair) Begin(photo.Shot) {}

var errRAW = errors.New("the RAW file does not come")

func (p *pair) Others(ctx context.Context, first photo.Meta, add capture.AddOther) error {
	p.mu.Lock()
	keeps, hang := p.keeps, p.hang
	p.left = append(p.left, first)
	left := slices.Clone(p.left)
	p.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if keeps {
		return errRAW
	}
	for _, of := range left {
		_, err := add(of, func(w io.Writer) (photo.Exposure, error) {
			_, err := io.WriteString(w, string(of.ID)) // no two are alike
			return photo.Exposure{Format: "cr2", Attempts: 1}, errors.Join(err, expose(ctx, w, time.Second))
		})
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.left = p.left[1:]
		p.mu.Unlock()
	}
	return nil
}

// set changes what the camera does from now on.
func (p *pair) set(change func(*pair)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// startPair starts a service with the camera; taken are the photos that were told of.
func (s *site) startPair(p *pair) (taken func() []photo.Meta, stop func() error) {
	var mu sync.Mutex
	var all []photo.Meta
	s.service = capture.New(s.cfg, capture.Options{
		Camera: p, Store: s.store, Schedule: s.schedule, Clock: s.clock, Log: zerolog.Nop(),
		Taken: func(m photo.Meta) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, m)
		},
		Problem: func(cause photo.Cause, err error) {
			s.telling.Lock()
			defer s.telling.Unlock()
			if err == nil {
				cause += " over"
			}
			s.problems = append(s.problems, string(cause))
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.service.Run(ctx) }()
	taken = func() []photo.Meta {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
	return taken, func() error {
		cancel()
		return <-done
	}
}

func TestAShotsOtherFilesArePhotosOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		taken, stop := s.startPair(&pair{camera: camera{tb: t}})
		time.Sleep(3*time.Minute + 30*time.Second)
		if err := stop(); err != nil {
			t.Error(err)
		}
		all := taken()
		if len(all) != 8 || len(s.store.photos()) != 8 {
			t.Fatalf("%d photos told and %d stored, want 4 shots of two files", len(all), len(s.store.photos()))
		}
		for i := 0; i < len(all); i += 2 {
			first, other := all[i], all[i+1]
			if first.Shot != "" || other.Shot != first.ID || !other.Slot.Equal(first.Slot) || other.Session != first.Session || other.Format != "cr2" {
				t.Errorf("files %+v and %+v, want the second to be of the first, with its slot", first, other)
			}
		}
		if m := s.store.misses(); len(m) > 0 {
			t.Errorf("misses %v, want none", m)
		}
		if st := s.service.State(); st.Last.Shot != "" {
			t.Errorf("the last photo is %+v, want a shot's first file", st.Last)
		}
	})
}

func TestAFileThatStaysOnTheCameraIsToldOfAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		p := &pair{camera: camera{tb: t}, keeps: true}
		_, stop := s.startPair(p)
		time.Sleep(2*time.Minute + 30*time.Second)
		if got := s.takeProblems(); len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return s != "not-fetched" }) {
			t.Errorf("problems %v, want not-fetched", got)
		}
		if n, m := len(s.store.photos()), s.store.misses(); n != 3 || len(m) > 0 {
			t.Errorf("%d photos and misses %v, want all 3 slots taken", n, m)
		}
		p.set(func(p *pair) { p.keeps = false })
		time.Sleep(time.Minute)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got, want := s.takeProblems(), []string{"not-fetched over"}; !slices.Equal(got, want) {
			t.Errorf("problems %v, want %v", got, want)
		}
		if n := len(s.store.photos()); n != 8 {
			t.Errorf("%d photos, want 4 shots of two files", n)
		}
	})
}

func TestOtherFilesThatHangCostNoPhotoOfTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 10*time.Second))
		p := &pair{camera: camera{tb: t}, hang: make(chan struct{})}
		taken, stop := s.startPair(p)
		time.Sleep(25 * time.Second)
		if st := s.service.State(); !st.Stuck {
			t.Errorf("state %+v, want stuck", st)
		}
		close(p.hang)
		p.set(func(p *pair) { p.hang = nil })
		time.Sleep(10 * time.Second)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if all := taken(); len(all) == 0 || !all[0].Slot.Equal(today) {
			t.Errorf("photos %v, want the one whose other file hung", all)
		}
		for _, m := range s.store.misses() {
			if m.Cause != photo.Busy || !m.From.After(today) {
				t.Errorf("miss %+v, want only busy ones of later slots", m)
			}
		}
	})
}

// forgetful is a camera that does not know, after a power cut, that its earlier shot's
// RAW file is in the store, and brings it again; and one of a shot that the store never
// heard of.
type forgetful struct {
	pair
	again  photo.Meta // whose RAW file it brings again; its ID is empty before it is told
	gave   []photo.ID // the photos of those
	orphan photo.Shot // of which it brings a JPEG, once
}

func (f *forgetful) Others(ctx context.Context, first photo.Meta, add capture.AddOther) error {
	for _, of := range []photo.Meta{f.again, first} {
		if of.ID == "" {
			continue
		}
		m, err := add(of, func(w io.Writer) (photo.Exposure, error) {
			_, err := io.WriteString(w, "RAW of "+string(of.ID))
			return photo.Exposure{Format: "cr2", Attempts: 1}, err
		})
		if err != nil {
			return err
		}
		f.gave = append(f.gave, m.ID)
	}
	f.again = first
	if f.orphan.Slot.IsZero() {
		return nil
	}
	of := photo.Meta{Slot: f.orphan.Slot, Session: f.orphan.Session, Trigger: f.orphan.Trigger, Taken: f.orphan.Taken}
	f.orphan = photo.Shot{}
	_, err := add(of, func(w io.Writer) (photo.Exposure, error) {
		_, err := io.WriteString(w, "orphan")
		return photo.Exposure{Format: "jpg", Attempts: 1}, err
	})
	return err
}

func TestAFileThatTheStoreHasIsNotAddedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		f := &forgetful{pair: pair{camera: camera{tb: t}}}
		o := capture.Options{Camera: f, Store: s.store, Schedule: s.schedule, Clock: s.clock, Log: zerolog.Nop()}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute+30*time.Second)
		defer cancel()
		if err := capture.New(s.cfg, o).Run(ctx); err != nil {
			t.Error(err)
		}
		if got := len(s.store.photos()); got != 6 {
			t.Errorf("%d photos, want 3 shots of two files", got)
		}
		if len(f.gave) != 5 || f.gave[1] != f.gave[0] || f.gave[3] != f.gave[2] {
			t.Errorf("adding gave %v, want the same photo for the same file", f.gave)
		}
	})
}

func TestAShotThatTheStoreNeverHeardOfGetsItsOwnSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		lost := photo.Shot{Slot: today.Add(-time.Minute), Session: "yard", Trigger: photo.Scheduled, Taken: today.Add(-time.Minute)}
		f := &forgetful{pair: pair{camera: camera{tb: t}}, orphan: lost}
		o := capture.Options{Camera: f, Store: s.store, Schedule: s.schedule, Clock: s.clock, Log: zerolog.Nop(), Site: photo.Place{Latitude: 52.5163}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := capture.New(s.cfg, o).Run(ctx); err != nil {
			t.Error(err)
		}
		all := s.store.photos()
		if len(all) != 3 || !s.store.Taken(lost.Slot) {
			t.Fatalf("photos %+v, want a shot of two files and the one of the slot before", all)
		}
		if m := all[2]; m.Shot != "" || !m.Slot.Equal(lost.Slot) || m.Session != "yard" || m.Site.Latitude == 0 {
			t.Errorf("photo %+v, want the first one of its own slot, at the site", m)
		}
	})
}
