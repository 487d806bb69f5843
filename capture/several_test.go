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
			return photo.Exposure{Format: "cr2", Attempts: 1}, expose(ctx, w, time.Second)
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
