package ucam_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/capture/photo"
	"fieldcam/hal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type shared = serialtest.Rig[ucamsim.Faults]

// rig is a driver on a simulated board with a simulated camera.
type rig struct {
	*shared
	sim *ucamsim.Camera
	cfg ucam.Config
}

// setup says how a rig differs from a camera with small pictures that is switched
// off after each photo.
type setup struct {
	cfg     func(*ucam.Config)
	power   func(*camera.PowerConfig)
	options ucamsim.Options
}

// run runs test with a rig in simulated time.
func run(t *testing.T, s setup, test func(t *testing.T, r *rig)) {
	t.Helper()
	r := &rig{cfg: ucam.Default()}
	r.cfg.Resolution = "160x128" // small pictures keep the tests fast
	if s.cfg != nil {
		s.cfg(&r.cfg)
	}
	if err := r.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	serialtest.Kit[ucamsim.Faults]{
		Port: r.cfg.Port, Power: s.power,
		Sim: func(unpowered bool) serialtest.Sim[ucamsim.Faults] {
			s.options.Unpowered = unpowered
			r.sim = ucamsim.New(s.options)
			return r.sim
		},
		Driver: func(board hal.Board, p *camera.Power, log zerolog.Logger) cameratest.Camera {
			return ucam.New(r.cfg, ucam.Options{Board: board, Power: p, Log: log})
		},
	}.Run(t, func(t *testing.T, s *shared) {
		r.shared = s
		r.Fine = func(photo.Exposure) error {
			if r.sim.Early() > 0 {
				return errors.New("taken before the exposure had settled")
			}
			return nil
		}
		test(t, r)
	})
}

// reopen closes the driver and makes another, with another configuration.
func (r *rig) reopen(t *testing.T, change func(*ucam.Config)) {
	t.Helper()
	change(&r.cfg)
	r.Open(t)
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
