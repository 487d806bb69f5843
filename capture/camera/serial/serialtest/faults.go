package serialtest

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
)

// shootBound is what a Shoot of a broken camera takes at most.
const shootBound = 30 * time.Second

// Bench makes a rig with such a power.
type Bench[F any] = func(t *testing.T, power func(*camera.PowerConfig), test func(testing.TB, *Rig[F]))

// Bounded gives rigs of run, one with each power, a fault of which each Shoot says want, within
// a bound. Without it the next picture is good.
func Bounded[F any](t *testing.T, fault F, want string, run Bench[F], powers ...func(*camera.PowerConfig)) {
	for _, power := range powers {
		run(t, power, func(t testing.TB, r *Rig[F]) {
			r.sim.SetFaults(fault)
			for range cameratest.Rungs + 2 {
				start := time.Now()
				r.Bad(t, want)
				if d := time.Since(start); d > shootBound {
					t.Errorf("it took %v, want %v at most", d, shootBound)
				}
			}
			var none F
			r.sim.SetFaults(none)
			r.New(t, r.sim.Picture)
		})
	}
}

// Quiet gives a rig of run that is kept on a fault that lasts: the log has a line at info
// for each rung of the ladder, and no more.
func Quiet[F any](t *testing.T, fault F, want string, run Bench[F]) {
	run(t, KeepOn, func(t testing.TB, r *Rig[F]) {
		r.New(t, r.sim.Picture)
		for range 2 {
			r.Log.Reset()
			r.sim.SetFaults(fault)
			for range 10 {
				r.Bad(t, want)
			}
			var none F
			r.sim.SetFaults(none)
			r.New(t, r.sim.Picture)
			if n := strings.Count(r.Log.String(), `"level":"info"`); n != 2 {
				t.Errorf("ten failures with reset and power cycles gave %d lines at info, want 2: one for each rung", n)
			}
		}
	})
}
