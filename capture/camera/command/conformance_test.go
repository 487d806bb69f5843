package command_test

import (
	"testing"
	"testing/synctest"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/subprocess/programsim"
)

func TestConformance(t *testing.T) {
	for name, s := range map[string]setup{"stdout": {cfg: toStdout}, "file": {cfg: toFile}} {
		t.Run(name, func(t *testing.T) {
			cameratest.Run(t, cameratest.Kind{Faults: cameratest.Faults(), Switched: true}, conforming(s))
		})
	}
}

// conforming makes rigs as s says for the suites.
func conforming(s setup) cameratest.Runner {
	return func(t *testing.T, c cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
		s := s
		s.power = func(p *camera.PowerConfig) { c.Configure(p, powerLine) }
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, s)
			defer r.Cam.Close()
			check(t, r.conforming(c))
		})
	}
}

// conforming is the rig as the suites want it.
func (r *rig) conforming(s cameratest.Setup) cameratest.Rig {
	deaf := false
	c := cameratest.Rig{
		Camera: r.Cam,
		Break: func(f cameratest.Fault) {
			r.device.fail(map[cameratest.Fault]programsim.Faults{
				cameratest.Silent:    {Hang: true, Deaf: true},
				cameratest.Hangs:     {HangAt: r.device.order.Size / 2},
				cameratest.Truncates: {CutAt: r.device.order.Size / 2},
			}[f])
		},
		HangAt: func(part float64) { // gently or not
			deaf = !deaf
			r.device.fail(programsim.Faults{HangAt: 1 + int(part*float64(r.device.order.Size-1)), Deaf: deaf})
		},
		Picture: r.picture,
		Busy:    takes * 3 / 4,
	}
	if s.Power != cameratest.NoLine {
		c.On, c.Offs = r.device.line.High, r.offs
		c.Busy += camera.DefaultWarmUp
		if s.Power == cameratest.KeptOn {
			c.Busy -= camera.DefaultWarmUp
		}
	}
	return c
}
