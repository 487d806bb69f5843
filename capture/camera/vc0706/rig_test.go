package vc0706_test

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/hal"
)

type shared = serialtest.Rig[vc0706sim.Faults]

// rig is a driver on a simulated board with a simulated camera.
type rig struct {
	*shared
	sim *vc0706sim.Camera
}

// setup says how a rig differs from a small-picture camera that is switched off after
// each photo.
type setup struct {
	cfg     func(*vc0706.Config)
	power   func(*camera.PowerConfig)
	options vc0706sim.Options
}

// run runs test with a rig in simulated time.
func run(t *testing.T, s setup, test func(t *testing.T, r *rig)) {
	t.Helper()
	cfg := vc0706.Default()
	cfg.Resolution = "160x120" // small pictures keep the tests fast
	if s.cfg != nil {
		s.cfg(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &rig{}
	serialtest.Kit[vc0706sim.Faults]{
		Port: cfg.Port, Power: s.power,
		Sim: func(unpowered bool) serialtest.Sim[vc0706sim.Faults] {
			s.options.Unpowered = unpowered
			r.sim = vc0706sim.New(s.options)
			return r.sim
		},
		Driver: func(board hal.Board, p *camera.Power, log zerolog.Logger) cameratest.Camera {
			return vc0706.New(cfg, board, p, log)
		},
	}.Run(t, func(t *testing.T, made *shared) {
		r.shared = made
		r.Fine = func(e photo.Exposure) error {
			if want := cmp.Or(s.options.Version, "VC0706 1.00"); e.Camera != want {
				return fmt.Errorf("want one of a %s", want)
			}
			return nil
		}
		test(t, r)
	})
}

// good takes a picture that must be the one that the camera took last.
func (r *rig) good(t *testing.T) []byte {
	t.Helper()
	p, _ := r.New(t, r.sim.Picture)
	return p
}

// skeleton is serialtest's, for Options.Picture.
func skeleton(n int) func(now time.Time, shots int) []byte {
	return func(_ time.Time, shots int) []byte { return serialtest.Skeleton(n, shots) }
}
