package ucam_test

import (
	"testing"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ucam/ucamsim"
)

func TestConformance(t *testing.T) {
	k := cameratest.Kind{
		Faults:   []cameratest.Fault{cameratest.Silent, cameratest.Hangs, cameratest.Truncates},
		Switched: true,
	}
	cameratest.Run(t, k, func(t *testing.T, s cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
		power := func(c *camera.PowerConfig) {
			if s.Power == cameratest.NoLine {
				noLine(c)
			}
			c.KeepOn = s.Power == cameratest.KeptOn
		}
		run(t, setup{power: power}, func(t *testing.T, r *rig) {
			check(t, r.conforming(s))
		})
	})
}

// conforming is the rig as the suite wants it.
func (r *rig) conforming(s cameratest.Setup) cameratest.Rig {
	c := cameratest.Rig{
		Camera: r.cam,
		Break: func(f cameratest.Fault) {
			r.sim.SetFaults(map[cameratest.Fault]ucamsim.Faults{
				cameratest.Silent: {Silent: true}, cameratest.Hangs: {HangAfter: 1500}, cameratest.Truncates: {Truncate: true},
			}[f])
			if f == cameratest.Healthy && s.Power == cameratest.NoLine {
				r.sim.SetPower(false) // whoever has power always is brought back by hand
				r.sim.SetPower(true)
			}
		},
		Picture: func() []byte { p, _ := r.sim.Picture(); return p },
	}
	if s.Power != cameratest.NoLine {
		c.On = r.on
		c.Offs = func() (n int) {
			for _, c := range r.power.History()[1:] {
				if c.High == r.pc.ActiveLow {
					n++
				}
			}
			return n
		}
	}
	return c
}
