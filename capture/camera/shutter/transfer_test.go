package shutter_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// wedged is a Fetcher of a camera that may be wedged on USB.
type wedged struct {
	mu       sync.Mutex // guards what follows
	list     error      // of List; nil: it works
	fetch    error      // of Fetch before it has a file; nil: it works
	takes    time.Duration
	forShots error // what a transfer that is ended says; nil: its context's error
}

func (w *wedged) List(ctx context.Context) (capture.Listing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return capture.Listing{Pictures: []capture.Picture{{Name: "100CANON/IMG_0001", At: time.Now()}, {Name: "100CANON/IMG_0002", At: time.Now()}}}, w.list
}

func (w *wedged) Fetch(ctx context.Context, _ capture.Picture, add capture.AddFile) error {
	w.mu.Lock()
	err, takes, forShots := w.fetch, w.takes, w.forShots
	w.mu.Unlock()
	if err != nil {
		return err
	}
	t := time.NewTimer(takes)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		if forShots != nil {
			return forShots
		}
		return ctx.Err()
	}
	_, err = add(func(io.Writer) (photo.Exposure, error) { return photo.Exposure{}, nil })
	return err
}

func (w *wedged) Close() error { return nil }

// set changes what is wrong.
func (w *wedged) set(change func(*wedged)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

// withWedged is a camera with a relay, whose pictures come by USB.
func withWedged(t *testing.T, f func(t *testing.T, r *rig, w *wedged, power *sim.Line)) {
	t.Helper()
	inBubble(t, nil, func(t *testing.T, r *rig) {
		w := &wedged{}
		if err := r.camera.Close(); err != nil {
			t.Fatal(err)
		}
		r.cfg.Fetch, r.cfg.Path = shutter.FetchGPhoto, ""
		line := r.board.AddLine(camPower)
		power, err := camera.OpenPower(camera.PowerConfig{Line: camPower, WarmUp: 4 * time.Second, OffTime: 2 * time.Second, KeepOn: true}, r.board)
		if err != nil {
			t.Fatal(err)
		}
		r.camera = shutter.New(r.cfg, shutter.Options{Board: r.board, Power: power, Fetcher: w, Dir: r.dir, Zone: r.zone, Log: zerolog.Nop()})
		if _, err := r.camera.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, r, w, line)
	})
}

var errUSB = errors.New("could not claim the USB device")

func TestACameraThatIsWedgedOnUSBIsPowerCycled(t *testing.T) {
	for name, wedge := range map[string]func(*wedged, error){
		"its card can't be looked at": func(w *wedged, err error) { w.list = err },
		"its files don't come":        func(w *wedged, err error) { w.fetch = err },
	} {
		t.Run(name, func(t *testing.T) {
			withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
				w.set(func(w *wedged) { wedge(w, errUSB) })
				power.Watch(func(high bool) {
					if !high {
						w.set(func(w *wedged) { wedge(w, nil) })
					}
				})
				for range 3 { // fetches: the third finds it well at the latest
					l, err := r.camera.List(t.Context())
					if err == nil {
						for _, p := range l.Pictures {
							_ = r.camera.Fetch(t.Context(), p, r.adder(p))
						}
					}
					time.Sleep(time.Minute)
				}
				if n := cycles(power); n != 1 || len(r.photos) == 0 {
					t.Errorf("%d power cycles and %d pictures, want one and some", n, len(r.photos))
				}
			})
		})
	}
}

func TestPowerCyclesForUSBInVainGrowRare(t *testing.T) {
	withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
		w.set(func(w *wedged) { w.list = errUSB })
		for range 31 { // 2, 4, 8 and 16 that fail, and the look that begins with the fourth cycle
			if _, err := r.camera.List(t.Context()); !errors.Is(err, errUSB) {
				t.Fatalf("List: %v, want the Fetcher's error", err)
			}
			time.Sleep(time.Hour)
		}
		if n := cycles(power); n != 4 {
			t.Errorf("%d power cycles for 31 looks that failed, want 4", n)
		}
	})
}

func TestWhatIsNotTheCamerasFaultCostsNoPowerCycle(t *testing.T) {
	for name, once := range map[string]func(t *testing.T, r *rig, w *wedged, p capture.Picture) error{
		"no time": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return r.camera.Fetch(ctx, p, r.adder(p))
		},
		"too little time to begin": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.fetch = context.DeadlineExceeded })
			return r.camera.Fetch(t.Context(), p, r.adder(p))
		},
		"a program that is not there, at a look": func(t *testing.T, r *rig, w *wedged, _ capture.Picture) error {
			w.set(func(w *wedged) { w.list = subprocess.ErrNotStarted })
			_, err := r.camera.List(t.Context())
			return err
		},
		"a program that is not there, at a file": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.fetch = subprocess.ErrNotStarted })
			return r.camera.Fetch(t.Context(), p, r.adder(p))
		},
		"a shot": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.forShots = errors.New("ended too often") })
			done := make(chan error, 1)
			go func() { done <- r.camera.Fetch(t.Context(), p, r.adder(p)) }()
			synctest.Wait()
			if err := r.camera.Fire(t.Context()); err != nil {
				t.Error(err)
			}
			return <-done
		},
		"a queue that is full": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.takes = 0 })
			r.addErr = errors.New("no room")
			return r.camera.Fetch(t.Context(), p, r.adder(p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
				w.set(func(w *wedged) { w.takes = 10 * time.Second })
				for range 8 {
					if err := once(t, r, w, capture.Picture{Name: "100CANON/IMG_0001"}); err == nil {
						t.Errorf("no error")
					}
					time.Sleep(5 * time.Second)
				}
				if err := r.camera.Fire(t.Context()); err != nil {
					t.Error(err)
				}
				if n := cycles(power); n != 0 {
					t.Errorf("%d power cycles, want none", n)
				}
			})
		})
	}
}

func TestAFileThatDoesNotComeAmongOthersThatDoCostsNoPowerCycle(t *testing.T) {
	withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
		for range 5 {
			for _, err := range []error{errUSB, errUSB, nil} {
				w.set(func(w *wedged) { w.fetch = err })
				p := capture.Picture{Name: "100CANON/IMG_0001"}
				if got := r.camera.Fetch(t.Context(), p, r.adder(p)); !errors.Is(got, err) {
					t.Errorf("Fetch: %v, want %v", got, err)
				}
			}
			if _, err := r.camera.List(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := cycles(power); n != 0 {
			t.Errorf("%d power cycles of a camera that delivers, want none", n)
		}
	})
}

// Whoever gave it power: it is asleep after that.
func TestACameraIsWokenAfterAPowerCycleThatALookMade(t *testing.T) {
	withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
		if err := r.camera.Fire(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.set(func(w *wedged) { w.list = errUSB })
		for range 3 { // the third begins with the power cycle
			_, _ = r.camera.List(t.Context())
		}
		before := len(r.half.History())
		if err := r.camera.Fire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := (len(r.half.History()) - before) / 2; cycles(power) != 1 || n != 2 {
			t.Errorf("%d half-presses after %d power cycles, want one to wake it and one for the shot, after one", n, cycles(power))
		}
	})
}
