package vc0706_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPicturesComeWholeAndNew(t *testing.T) {
	for name, power := range map[string]func(*camera.PowerConfig){
		"switched": nil, "kept on": serialtest.KeepOn, "no line": serialtest.NoLine,
		"active low": func(c *camera.PowerConfig) { c.ActiveLow = true },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{power: power}, func(t *testing.T, r *rig) {
				first := r.good(t)
				time.Sleep(time.Minute)
				second := r.good(t)
				if bytes.Equal(first, second) {
					t.Error("the second picture is the first")
				}
				img, err := jpeg.DecodeConfig(bytes.NewReader(second))
				if err != nil || img.Width != 160 || img.Height != 120 {
					t.Errorf("picture is %dx%d (%v), want 160x120", img.Width, img.Height, err)
				}
			})
		})
	}
}

func TestCameraIsFoundAndSwitchedAtEveryRate(t *testing.T) {
	for _, stored := range []int{9600, 19200, 38400, 57600, 115200} {
		for _, want := range []int{9600, 57600, 115200} {
			run(t, setup{
				cfg:     func(c *vc0706.Config) { c.Baud = want },
				power:   serialtest.KeepOn,
				options: vc0706sim.Options{Baud: stored},
			}, func(t *testing.T, r *rig) {
				r.good(t)
				start := time.Now()
				p := r.good(t)
				// Also at the rate asked for: the picture takes its time, and no
				// more than a tenth and a second of talk on top.
				wire := time.Duration(len(p)) * 10 * time.Second / time.Duration(want)
				if d := time.Since(start); d < wire || d > wire*11/10+time.Second {
					t.Errorf("stored %d, wanted %d: %d bytes took %v, want about %v", stored, want, len(p), d, wire)
				}
			})
		}
	}
}

func TestEitherDivisorOf57600Works(t *testing.T) {
	for _, o := range []vc0706sim.Options{{Divisor57600: 0x1C4C}, {Divisor57600: 0x1C1C}, {Mute57600: true}} {
		run(t, setup{cfg: func(c *vc0706.Config) { c.Baud = 57600 }, options: o}, func(t *testing.T, r *rig) {
			r.good(t)
		})
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestPictureIsStreamedInSmallParts(t *testing.T) {
	run(t, setup{cfg: func(c *vc0706.Config) { c.Resolution = "640x480" }}, func(t *testing.T, r *rig) {
		largest := 0
		if _, err := r.Cam.Shoot(t.Context(), writer(func(p []byte) (int, error) {
			largest = max(largest, len(p))
			return len(p), nil
		})); err != nil {
			t.Fatal(err)
		}
		if largest > 8<<10 {
			t.Errorf("a part has %d bytes, want 8 KiB at most", largest)
		}
	})
}

func TestResolutionAndCompressionAreSet(t *testing.T) {
	sizes := make(map[int]int)
	for _, ratio := range []int{0, 20, 200} {
		run(t, setup{cfg: func(c *vc0706.Config) { c.Resolution = "320x240"; c.Compression = ratio }}, func(t *testing.T, r *rig) {
			p := r.good(t)
			img, err := jpeg.DecodeConfig(bytes.NewReader(p))
			if err != nil || img.Width != 320 {
				t.Errorf("picture is %dx%d (%v), want 320x240", img.Width, img.Height, err)
			}
			sizes[ratio] = len(p)
			start := time.Now()
			r.good(t)
			// It was stored: no second reset, which takes 2.5 s beside the warm-up.
			if d := time.Since(start); d > 6*time.Second {
				t.Errorf("the second picture took %v, as if reset again", d)
			}
		})
	}
	if sizes[20] <= sizes[0] || sizes[0] <= sizes[200] {
		t.Errorf("sizes by compression %v, want smaller files for larger ratios", sizes)
	}
}

func TestDeviceNumberIsSpoken(t *testing.T) {
	run(t, setup{cfg: func(c *vc0706.Config) { c.Number = 7 }, options: vc0706sim.Options{Number: 7}}, func(t *testing.T, r *rig) { r.good(t) })
	run(t, setup{cfg: func(c *vc0706.Config) { c.Number = 7 }}, func(t *testing.T, r *rig) { r.Bad(t, "got nothing at any") })
}

func TestCancelEndsABlockedReadAtOnce(t *testing.T) {
	run(t, setup{power: serialtest.NoLine, options: vc0706sim.Options{Faults: vc0706sim.Faults{Silent: true}}}, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		_, err := r.Cam.Shoot(ctx, io.Discard)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Shoot: %v, want context.Canceled", err)
		}
		if d := time.Since(start); d != 100*time.Millisecond {
			t.Errorf("Shoot ended after %v, want 100ms", d)
		}
		r.sim.SetFaults(vc0706sim.Faults{})
		r.good(t)
	})
}

func TestFaultOfTheWriterIsNotTheCameras(t *testing.T) {
	run(t, setup{}, func(t *testing.T, r *rig) {
		full := errors.New("no space left on device")
		for range 3 {
			if _, err := r.Cam.Shoot(t.Context(), writer(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
				t.Errorf("Shoot: %v, want the writer's error", err)
			}
		}
		r.good(t)
		offs := 0
		for _, c := range r.Line.History() {
			if !c.High {
				offs++
			}
		}
		if offs != 5 { // once at first, and after each of four Shoots
			t.Errorf("the power went off %d times, want 5: no power cycle", offs)
		}
	})
}
