package ucam_test

import (
	"cmp"
	"testing"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ucam/ucamsim"
)

func faults() []cameratest.Fault {
	return []cameratest.Fault{cameratest.Silent, cameratest.Hangs, cameratest.Truncates}
}

func TestConformance(t *testing.T) {
	cameratest.Run(t, cameratest.Kind{Faults: faults(), Switched: true}, conforming(setup{}))
}

// pictureBytes is about the size of a conforming rig's pictures at least.
const pictureBytes = 5000

// conforming makes rigs as s says for the suites.
func conforming(s setup) cameratest.Runner {
	return func(t *testing.T, c cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
		s := s
		s.power = func(p *camera.PowerConfig) {
			if c.Power == cameratest.NoLine {
				noLine(p)
			}
			p.KeepOn = c.Power == cameratest.KeptOn
			p.WarmUp = cmp.Or(c.WarmUp, p.WarmUp)
		}
		run(t, s, func(t *testing.T, r *rig) { check(t, r.conforming(c)) })
	}
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
		HangAt:  func(part float64) { r.sim.SetFaults(ucamsim.Faults{HangAfter: 1 + int(part*pictureBytes)}) },
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
