package serialtest

import (
	"testing"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
)

// HangBytes is how much of a picture there must be at least for Runner's rigs.
const HangBytes = 5000

// Broken are the faults of a simulated camera that Kind has.
type Broken[F any] struct {
	Silent, Truncates F
	// Hangs is a camera that hangs after so many bytes of a picture.
	Hangs func(after int) F
}

// Runner gives the suites of cameratest rigs of run, which makes one with such a power.
func (b Broken[F]) Runner(run Bench[F]) cameratest.Runner {
	return func(t *testing.T, s cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
		power := func(c *camera.PowerConfig) {
			c.Line = ""
			s.Configure(c, powerLine)
		}
		run(t, power, func(t testing.TB, r *Rig[F]) { check(t, b.rig(r, s)) })
	}
}

func (b Broken[F]) rig(r *Rig[F], s cameratest.Setup) cameratest.Rig {
	c := cameratest.Rig{
		Camera: r.Cam,
		Break: func(f cameratest.Fault) {
			r.sim.SetFaults(map[cameratest.Fault]F{
				cameratest.Silent: b.Silent, cameratest.Hangs: b.Hangs(HangBytes / 4), cameratest.Truncates: b.Truncates,
			}[f])
			if f == cameratest.Healthy && s.Power == cameratest.NoLine {
				r.sim.SetPower(false) // whoever has power always is brought back by hand
				r.sim.SetPower(true)
			}
		},
		HangAt:  func(part float64) { r.sim.SetFaults(b.Hangs(1 + int(part*HangBytes))) },
		Picture: func() []byte { p, _ := r.sim.Picture(); return p },
	}
	if s.Power != cameratest.NoLine {
		c.On = r.On
		c.Offs = func() int { return cameratest.Offs(r.Line, r.Power) }
	}
	return c
}

// Skeleton is a JPEG of about n bytes of picture data, which differ from shot to
// shot: large ones cost no drawing.
func Skeleton(n, shot int) []byte {
	p := []byte("\xFF\xD8\xFF\xFE\x00\x06skel\xFF\xDA\x00\x02")
	for i := range n {
		p = append(p, byte((i>>8^i^shot)%251))
	}
	return append(p, 0xFF, 0xD9)
}
