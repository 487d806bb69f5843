package command_test

import (
	"testing"
	"testing/synctest"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/command"
	"fieldcam/capture/camera/subprocess/programsim"
)

func TestConformance(t *testing.T) {
	for name, cfg := range map[string]func(*command.Config){"stdout": toStdout, "file": toFile} {
		t.Run(name, func(t *testing.T) {
			cameratest.Run(t, cameratest.Kind{
				Faults:   []cameratest.Fault{cameratest.Silent, cameratest.Hangs, cameratest.Truncates},
				Switched: true,
			}, func(t *testing.T, s cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
				synctest.Test(t, func(t *testing.T) { conform(t, cfg, s, check) })
			})
		})
	}
}

func conform(t *testing.T, cfg func(*command.Config), s cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
	r := newRig(t, setup{cfg: cfg, power: func(c *camera.PowerConfig) {
		if s.Power != cameratest.NoLine {
			c.Line, c.KeepOn = powerLine, s.Power == cameratest.KeptOn
		}
	}})
	defer r.cam.Close()
	c := cameratest.Rig{
		Camera: r.cam,
		Break: func(f cameratest.Fault) {
			r.device.order.Faults = map[cameratest.Fault]programsim.Faults{
				cameratest.Silent:    {Hang: true, Deaf: true},
				cameratest.Hangs:     {HangAt: programsim.DefaultSize / 2},
				cameratest.Truncates: {CutAt: programsim.DefaultSize / 2},
			}[f]
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
	check(t, c)
}
