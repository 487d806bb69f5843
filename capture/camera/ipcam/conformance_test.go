package ipcam_test

import (
	"cmp"
	"testing"
	"testing/synctest"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ipcam/ipcamsim"
)

func TestConformance(t *testing.T) {
	for name, s := range map[string]setup{
		"address": {},
		"digest":  {options: ipcamsim.Options{Username: user, Password: password, Digest: true, NonceUses: 2}},
		"onvif":   {cfg: onvif, options: ipcamsim.Options{Username: user, Password: password, Digest: true}},
	} {
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
		s.options.Boot = cmp.Or(c.WarmUp, s.options.Boot)
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, s)
			defer r.sim.Close()
			defer r.Cam.Close()
			check(t, r.conforming(c))
		})
	}
}

// conforming is the rig as the suite wants it.
func (r *rig) conforming(s cameratest.Setup) cameratest.Rig {
	c := cameratest.Rig{
		Camera: r.Cam,
		Break: func(f cameratest.Fault) {
			r.sim.SetFaults(map[cameratest.Fault]ipcamsim.Faults{
				cameratest.Silent:    {Silent: true},
				cameratest.Hangs:     {HangHalfway: true, Wedge: s.Power != cameratest.NoLine},
				cameratest.Truncates: {EndHalfway: true},
			}[f])
		},
		Picture: func() []byte { p, _ := r.sim.Picture(); return p },
	}
	if s.Power != cameratest.NoLine {
		c.On, c.Offs = r.line.High, r.offs
	}
	return c
}
