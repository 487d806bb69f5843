package shutter_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/camera/shutter"
	"fieldcam/hal/sim"
)

// onUSB is a camera that the shutter fires and gphoto2 fetches from, with a relay.
func onUSB(t *testing.T) (cam *shutter.Camera, body *gphotosim.Body, power *sim.Line) {
	t.Helper()
	board, dir := sim.New(), t.TempDir()
	body = gphotosim.NewBody(gphotosim.Options{FolderShots: 100})
	board.AddLine(fullLine).Watch(func(high bool) {
		if high {
			body.Press()
		}
	})
	power = board.AddLine(camPower)
	power.Watch(func(high bool) {
		body.Power(high)
		if !high {
			body.SetFaults(gphotosim.Faults{})
		}
	})
	none, err := camera.OpenPower(camera.DefaultPower(), board)
	if err != nil {
		t.Fatal(err)
	}
	relay, err := camera.OpenPower(camera.PowerConfig{Line: camPower, WarmUp: 4 * time.Second, OffTime: 2 * time.Second, KeepOn: true}, board)
	if err != nil {
		t.Fatal(err)
	}
	fetcher := gphoto.New(gphoto.Default(), gphoto.Options{
		Power: none, Clock: sim.NewClock(), Zone: time.UTC, Dir: dir, Log: zerolog.Nop(), Runner: &gphotosim.Runner{Body: body},
	})
	cfg := shutter.Default()
	cfg.Line, cfg.Maker, cfg.Fetch = fullLine, shutter.Panasonic, shutter.FetchGPhoto
	cam = shutter.New(cfg, shutter.Options{Board: board, Power: relay, Fetcher: fetcher, Dir: dir, Zone: time.UTC, Log: zerolog.Nop()})
	t.Cleanup(func() {
		if err := cam.Close(); err != nil {
			t.Error(err)
		}
	})
	return cam, body, power
}

// However often it is fired. Where each shot ends gphoto2, which hangs, two of them tell in
// the same fetch, which goes on where the cycle is over before the next shot; else it takes
// two fetches that fail.
func TestACameraThatIsWedgedOnUSBIsPowerCycledBetweenShots(t *testing.T) {
	for every, fetches := range map[time.Duration]int{5 * time.Second: 2, 10 * time.Second: 1, time.Minute: 3, 6 * time.Minute: 3} {
		t.Run(every.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cam, body, power := onUSB(t)
				ctx, stop := context.WithCancel(t.Context())
				var shots sync.WaitGroup
				shots.Go(func() {
					tick := time.NewTicker(every)
					defer tick.Stop()
					for {
						select {
						case <-ctx.Done():
							return
						case due := <-tick.C:
							shot, done := context.WithDeadline(ctx, due.Add(every-min(every/10, time.Second))) // as package capture has it
							_ = cam.Fire(shot)
							done()
						}
					}
				})
				look := func() error {
					ctx, done := context.WithTimeout(ctx, time.Hour)
					defer done()
					_, err := cam.List(ctx)
					return err
				}
				time.Sleep(every)
				if err := look(); err != nil {
					t.Error(err)
				}
				body.SetFaults(gphotosim.Faults{Silent: true})
				var err error
				for range fetches {
					err = look()
					time.Sleep(10 * time.Minute)
				}
				if n := cycles(power); n != 1 || err != nil {
					t.Errorf("%d power cycles, and then %v; want one, and a look that works", n, err)
				}
				stop()
				shots.Wait()
			})
		})
	}
}

// gphoto2 may end for each shot though the camera hangs: that it never comes to an end tells.
func TestACameraWhoseCardIsNeverListedBetweenShotsIsPowerCycled(t *testing.T) {
	withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
		w.set(func(w *wedged) { w.looks, w.forShots = time.Minute, errEndless })
		for n := range 2 { // the shot that ends the second one begins with a power cycle
			err := r.during(t, t.Context(), func() error {
				_, err := r.camera.List(t.Context())
				return err
			})
			if !errors.Is(err, errEndless) || cycles(power) != n {
				t.Errorf("look %d: %v, and %d power cycles; want that it has no end, and %d", n+1, err, cycles(power), n)
			}
		}
	})
}

// What is ended, or does not begin, does not say that the camera is well.
func TestALookThatCameToNoEndExcusesNoCamera(t *testing.T) {
	for name, between := range map[string]func(t *testing.T, r *rig) error{
		"it never began, for a shot": func(t *testing.T, r *rig) error {
			fired := make(chan error, 1)
			go func() { fired <- r.camera.Fire(t.Context()) }()
			time.Sleep(10 * time.Millisecond) // the shot has the camera
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := r.camera.List(ctx)
			if err := <-fired; err != nil {
				t.Error(err)
			}
			return err
		},
		"it had no time": func(t *testing.T, r *rig) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := r.camera.List(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			withWedged(t, func(t *testing.T, r *rig, w *wedged, power *sim.Line) {
				for range 2 {
					w.set(func(w *wedged) { w.list = errUSB })
					if _, err := r.camera.List(t.Context()); !errors.Is(err, errUSB) {
						t.Errorf("List: %v, want the Fetcher's error", err)
					}
					w.set(func(w *wedged) { w.list, w.looks = nil, 10*time.Second })
					if err := between(t, r); !errors.Is(err, context.DeadlineExceeded) && cycles(power) == 0 {
						t.Errorf("List: %v, want that there was no time", err)
					}
				}
				if err := r.camera.Fire(t.Context()); err != nil {
					t.Error(err)
				}
				if n := cycles(power); n != 1 {
					t.Errorf("%d power cycles after two looks that failed, want one", n)
				}
			})
		})
	}
}

// Nobody is told of a power cycle that cannot be.
func TestACameraWithoutARelayIsNotSaidToBePowerCycled(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		if err := r.camera.Close(); err != nil {
			t.Fatal(err)
		}
		none, err := camera.OpenPower(camera.DefaultPower(), r.board)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		r.cfg.Fetch, r.cfg.Path = shutter.FetchGPhoto, ""
		w := &wedged{list: errUSB, fetch: errUSB}
		r.camera = shutter.New(r.cfg, shutter.Options{Board: r.board, Power: none, Fetcher: w, Dir: r.dir, Zone: r.zone, Log: zerolog.New(&log)})
		for range 4 {
			if _, err := r.camera.List(t.Context()); !errors.Is(err, errUSB) {
				t.Errorf("List: %v, want the Fetcher's error", err)
			}
			if err := r.camera.Fetch(t.Context(), capture.Picture{}, r.adder(capture.Picture{})); !errors.Is(err, errUSB) {
				t.Errorf("Fetch: %v, want the Fetcher's error", err)
			}
		}
		w.set(func(w *wedged) { w.list = nil })
		for range 3 {
			if err := r.camera.Fire(t.Context()); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(2 * time.Minute)
		if _, err := r.camera.List(t.Context()); err != nil { // there is nothing new
			t.Error(err)
		}
		said := log.String()
		if strings.Contains(said, "its power is cycled") || !strings.Contains(said, `"power_cycle":false`) {
			t.Errorf("the log says %s", said)
		}
	})
}
