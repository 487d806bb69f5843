package shutter_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/hal/sim"
)

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
		var at []int // the looks that began with a power cycle
		for n := range 31 {
			before := cycles(power)
			if _, err := r.camera.List(t.Context()); !errors.Is(err, errUSB) {
				t.Fatalf("List: %v, want the Fetcher's error", err)
			}
			if cycles(power) != before {
				at = append(at, n)
			}
			time.Sleep(time.Hour)
		}
		if want := []int{2, 2 + 4, 2 + 4 + 8, 2 + 4 + 8 + 16}; !slices.Equal(at, want) {
			t.Errorf("power cycles after %v looks that failed, want %v", at, want)
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
		"a picture that was not listed": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.fetch = capture.ErrNotListed })
			return r.camera.Fetch(t.Context(), p, r.adder(p))
		},
		"a full disk": func(t *testing.T, r *rig, w *wedged, _ capture.Picture) error {
			w.set(func(w *wedged) { w.list = &fs.PathError{Op: "mkdir", Path: "camera-gphoto", Err: syscall.ENOSPC} })
			_, err := r.camera.List(t.Context())
			return err
		},
		"a shot that ends a file too often": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.forShots = errEndless })
			return r.during(t, t.Context(), func() error { return r.camera.Fetch(t.Context(), p, r.adder(p)) })
		},
		"a shot that ends a look": func(t *testing.T, r *rig, w *wedged, _ capture.Picture) error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			return r.during(t, t.Context(), func() error {
				_, err := r.camera.List(ctx)
				return err
			})
		},
		"a shot that leaves gphoto2 no time to end": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.forShots = errUnheeded })
			fetch, stop := context.WithTimeout(t.Context(), 3*time.Second)
			defer stop()
			hurried, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer cancel()
			return r.during(t, hurried, func() error { return r.camera.Fetch(fetch, p, r.adder(p)) })
		},
		"a shot, as the fetch's time ends": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.forShots, w.ends = errUnheeded, time.Second })
			fetch, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond) // the shot ends it after 1 s
			defer stop()
			return r.during(t, t.Context(), func() error { return r.camera.Fetch(fetch, p, r.adder(p)) })
		},
		"a stop": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.forShots = errUnheeded })
			ctx, stop := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer stop()
			return r.camera.Fetch(ctx, p, r.adder(p))
		},
		"a queue that is full": func(t *testing.T, r *rig, w *wedged, p capture.Picture) error {
			w.set(func(w *wedged) { w.takes = 0 })
			r.addErr = errors.New("no room")
			return r.camera.Fetch(t.Context(), p, r.adder(p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
				w.set(func(w *wedged) { w.looks, w.takes = 10*time.Second, 10*time.Second })
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
