package gphoto_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// socket is a camera that its remote socket fires, and gphoto2 fetches from.
type socket struct {
	body    *gphotosim.Body
	cam     *shutter.Camera
	fetcher *gphoto.Camera
	log     safeBuffer // gphoto2's
}

func newSocket(t *testing.T, o gphotosim.Options) *socket {
	t.Helper()
	return newSocketOf(t, o, nil)
}

// newSocketOf is newSocket; change, where not nil, changes gphoto2's configuration and the
// board's clock before.
func newSocketOf(t *testing.T, o gphotosim.Options, change func(*gphoto.Config, *sim.Clock)) *socket {
	t.Helper()
	board, clock, fetch := sim.New(), sim.NewClock(), gphoto.Default()
	if change != nil {
		change(&fetch, clock)
	}
	s := &socket{body: gphotosim.NewBody(o)}
	board.AddLine("SHUTTER").Watch(func(high bool) {
		if high {
			s.body.Press()
		}
	})
	none, err := camera.OpenPower(camera.DefaultPower(), board)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fetcher := gphoto.New(fetch, gphoto.Options{
		Power: none, Clock: clock, Zone: time.UTC, Dir: dir, Log: zerolog.New(&s.log), Runner: &gphotosim.Runner{Body: s.body},
	})
	s.fetcher = fetcher
	cfg := shutter.Default()
	cfg.Line, cfg.Maker, cfg.Fetch = "SHUTTER", shutter.Panasonic, shutter.FetchGPhoto
	s.cam = shutter.New(cfg, shutter.Options{Board: board, Fetcher: fetcher, Dir: dir, Zone: time.UTC, Log: zerolog.Nop()})
	return s
}

// busy fires it each 5 s while do runs; each shot must be on time.
func (s *socket) busy(t *testing.T, do func(context.Context)) {
	t.Helper()
	s.busyWithin(t, 3*time.Second, do)
}

// busyWithin is busy, where shots may take so long.
func (s *socket) busyWithin(t *testing.T, most time.Duration, do func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case due := <-tick.C:
				if err := s.cam.Fire(ctx); err != nil && ctx.Err() == nil {
					t.Errorf("Fire: %v", err)
				}
				if d := time.Since(due); d > most {
					t.Errorf("a shot took %v", d)
				}
			}
		}
	})
	do(ctx)
	cancel()
	wg.Wait()
	if err := s.cam.Close(); err != nil {
		t.Error(err)
	}
}

// With a shot each 5 s a card of 600 files, which takes 12 s to list, is listed and
// fetched folder by folder between the shots, and what ends for them is no failure.
func TestALargeCardIsListedBetweenShots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{FolderShots: 100})
		const shots = 600
		for range shots {
			s.body.Press()
		}
		s.busy(t, func(ctx context.Context) {
			begun := time.Now()
			l, err := s.cam.List(ctx)
			if err != nil || len(l.Pictures) < shots {
				t.Errorf("List: %d pictures of %d, %v", len(l.Pictures), shots, err)
			}
			if d := time.Since(begun); d > 2*time.Minute {
				t.Errorf("it took %v, want little more than a folder between two shots", d)
			}
			got := 0
			for _, p := range l.Pictures[:min(20, len(l.Pictures))] {
				err := s.cam.Fetch(ctx, p, func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
					_, err := fill(io.Discard)
					got++
					return photo.Meta{ID: "x", Slot: p.At, Taken: p.At}, err
				})
				if err != nil {
					t.Errorf("Fetch: %v", err)
				}
			}
			if got != 20 {
				t.Errorf("%d pictures fetched, want 20", got)
			}
			if resets, _ := s.body.Resets(); resets != 0 {
				t.Errorf("the camera was reset %d times, want never: nothing failed", resets)
			}
		})
	})
}

// A folder that takes longer than the shots leave is never listed: that is said, with what
// to change, instead of trying for as long as the fetch may take.
func TestACardThatTheShotsLeaveNoTimeForIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		for range 600 {
			s.body.Press()
		}
		s.busy(t, func(ctx context.Context) {
			begun := time.Now()
			_, err := s.cam.List(ctx)
			if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "leave a longer pause between shots") {
				t.Errorf("List: %v, want what to change", err)
			}
			if d := time.Since(begun); d > 5*time.Minute {
				t.Errorf("it took %v to say so", d)
			}
		})
	})
}

// A camera that is fired by gphoto2 itself, each 10 s, has as little time beside the shots:
// RAW files that were left come all the same.
func TestFilesThatWereLeftComeBetweenShots(t *testing.T) {
	run(t, func(c *gphoto.Config, _ *camera.PowerConfig) {}, func(t *testing.T, r *rig) {
		r.body.Make(gphotosim.Options{RAW: true, FolderShots: 80}) // 3.5 s a folder: gphoto2 is ended 4 s after a shot, a second before the slot
		for range 300 {                                            // others', from before: 12 s to list
			r.body.Press()
		}
		s := &store{tb: t, bytes: map[photo.ID][]byte{}}
		slot := func(n int) {
			if err := r.slot(t, s, n); err != nil {
				t.Fatalf("slot %d: %v", n, err)
			}
		}
		r.body.SetFaults(gphotosim.Faults{KeepRAW: true})
		for n := range 5 {
			slot(n)
		}
		r.body.SetFaults(gphotosim.Faults{})
		for n := range 80 { // 13 min
			slot(5 + n)
		}
		raws := 0
		for _, f := range s.formats() {
			if f == "cr2" {
				raws++
			}
		}
		if raws != 85 {
			t.Errorf("%d RAW files of 85 shots", raws)
		}
	})
}
