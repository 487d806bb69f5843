package ucam_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"slices"
	"testing"
	"time"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
)

func TestEveryModelDeliversEveryResolution(t *testing.T) {
	for _, model := range []ucam.Model{ucam.ModelUCAM2, ucam.ModelUCAM3, ucam.ModelOV528} {
		for size := range ucam.Resolutions() {
			run(t, setup{
				cfg:     func(c *ucam.Config) { c.Model, c.Resolution = model, size },
				options: ucamsim.Options{Model: model},
			}, func(t *testing.T, r *rig) {
				img, err := jpeg.DecodeConfig(bytes.NewReader(r.good(t)))
				if got := fmt.Sprintf("%dx%d", img.Width, img.Height); err != nil || got != size {
					t.Errorf("%s: picture is %s (%v), want %s", model, got, err, size)
				}
			})
		}
	}
}

func TestCameraIsFoundAndSwitchedAtEveryRate(t *testing.T) {
	for _, before := range ucam.Bauds() {
		for _, want := range ucam.Bauds() {
			run(t, setup{
				cfg:     func(c *ucam.Config) { c.Baud = before },
				power:   serialtest.NoLine,
				options: ucamsim.Options{Picture: skeleton(6000)},
			}, func(t *testing.T, r *rig) {
				r.good(t)
				r.reopen(t, func(c *ucam.Config) { c.Baud = want })
				if _, _, err := r.Shoot(t); err != nil {
					// A rate that no camera finds by itself is that of an earlier
					// configuration, and there is no power to cut: the ladder's last rung
					// looks everywhere.
					if slices.Contains(ucam.AutoBauds(), before) {
						t.Errorf("from %d to %d baud: %v", before, want, err)
					}
					r.Bad(t, "look for the camera")
					r.good(t)
				}
				start := time.Now()
				n := len(r.good(t))
				wire := time.Duration(n) * 10 * time.Second / time.Duration(want)
				if d := time.Since(start); d < wire || d > wire*13/10+time.Second {
					t.Errorf("from %d to %d baud: %d bytes took %v, want about %v", before, want, n, d, wire)
				}
			})
		}
	}
}

func TestEitherPairOfDividersFor115200Works(t *testing.T) {
	for _, d := range ucam.Dividers(115200) {
		run(t, setup{
			cfg: func(c *ucam.Config) { c.Baud = 57600 }, power: serialtest.NoLine,
			options: ucamsim.Options{Dividers: d},
		}, func(t *testing.T, r *rig) {
			r.good(t)
			r.reopen(t, func(c *ucam.Config) { c.Baud = 115200 })
			r.good(t)
		})
	}
}

func TestPackagesMayBeCountedFrom0Or1(t *testing.T) {
	for _, first := range []int{0, 1} {
		for _, size := range []int{64, 65, 128, 512} {
			run(t, setup{
				cfg:     func(c *ucam.Config) { c.Package = size },
				options: ucamsim.Options{FirstPackage: first, Faults: ucamsim.Faults{WrongPackage: 0.05, Corrupt: 0.02}},
			}, func(t *testing.T, r *rig) { r.good(t) })
		}
	}
}

func TestASleepingCameraIsWoken(t *testing.T) {
	for _, model := range []ucam.Model{ucam.ModelUCAM2, ucam.ModelUCAM3, ucam.ModelOV528} {
		run(t, setup{
			cfg: func(c *ucam.Config) { c.Model = model }, power: serialtest.KeepOn,
			options: ucamsim.Options{Model: model, Syncs: 58},
		}, func(t *testing.T, r *rig) {
			for range 3 {
				r.good(t) // which has waited for the exposure, where it slept
				time.Sleep(time.Minute)
			}
			start := time.Now()
			r.good(t)
			awake := time.Since(start) < 1500*time.Millisecond // a picture takes 0.8 s, settling 1.5 s
			if awake != (model == ucam.ModelUCAM3) {
				t.Errorf("%s: a picture after a minute took %v; only a uCAM-III stays awake", model, time.Since(start))
			}
		})
	}
}

func TestSettingsReachTheCamera(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn, cfg: func(c *ucam.Config) {
		c.LightHz, c.Contrast, c.Brightness, c.Exposure, c.Package = 60, 0, 3, 4, 300
	}}, func(t *testing.T, r *rig) {
		r.good(t)
		want := ucamsim.Settings{Size: 0x03, Package: 300, Light: ucam.Light60, Brightness: 3, Exposure: 4}
		if got := r.sim.Settings(); got != want {
			t.Errorf("settings %+v, want %+v", got, want)
		}
	})
	run(t, setup{power: serialtest.KeepOn, options: ucamsim.Options{Model: ucam.ModelUCAM2}, cfg: func(c *ucam.Config) {
		c.Model, c.LightHz = ucam.ModelUCAM2, 50
	}}, func(t *testing.T, r *rig) {
		r.good(t)
		if got := r.sim.Settings(); got.Light != ucam.Light50 || got.SleepAfter != 15*time.Second {
			t.Errorf("settings %+v, want 50 Hz and sleep after 15s", got)
		}
	})
}

func TestACameraThatKnowsLessThanItsModelIsUsedAsItIs(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn, options: ucamsim.Options{Model: ucam.ModelOV528}}, func(t *testing.T, r *rig) {
		for range 3 {
			r.good(t)
		}
		// Both settings that it does not know are told of, once.
		if n := bytes.Count(r.Log.Bytes(), []byte(`"level":"warn"`)); n != 2 {
			t.Errorf("%d warnings, want 2", n)
		}
	})
}

func TestABoardsAddressIsSpoken(t *testing.T) {
	for _, address := range []byte{1, 7} {
		cfg := func(c *ucam.Config) { c.Model, c.Address = ucam.ModelOV528, int(address) }
		run(t, setup{cfg: cfg, options: ucamsim.Options{Model: ucam.ModelOV528, Address: address}}, func(t *testing.T, r *rig) { r.good(t) })
		run(t, setup{cfg: cfg, options: ucamsim.Options{Model: ucam.ModelOV528}}, func(t *testing.T, r *rig) { r.Bad(t, "got nothing at any") })
	}
}
