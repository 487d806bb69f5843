package agent_test

import (
	"context"
	"testing"
	"time"

	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/capture/photo"
	"fieldcam/config"
)

// A day's morning with another make of camera, which falls silent for a while: the
// judge of every world holds for its photos too.
func TestADaemonWithAUCAMAccountsForEverySlot(t *testing.T) {
	const port = "/dev/ttyS2"
	inWorld(t, setup{config: func(c *config.Config) {
		c.Camera.Kind, c.Camera.UCAM.Port, c.Camera.UCAM.Resolution = config.KindUCAM, port, "160x128"
	}}, func(w *world) {
		cam := ucamsim.New(ucamsim.Options{Name: device, Now: w.clock.Now, Unpowered: true})
		w.board.AddLine(powerLine).Watch(cam.SetPower)
		ctx, unplug := context.WithCancel(w.Context())
		served := make(chan error, 1)
		line := w.board.AddPort(port)
		go func() { served <- cam.Serve(ctx, line) }()
		w.boot()
		w.passUntil(7, 0)
		cam.SetFaults(ucamsim.Faults{Silent: true})
		w.passUntil(8, 0)
		cam.SetFaults(ucamsim.Faults{DropInPackage: 0.01, Corrupt: 0.01})
		w.pass(2 * time.Hour)
		cam.SetFaults(ucamsim.Faults{})
		v := w.finish()
		if silent := v.missed[photo.CameraFault]; v.taken < 3*silent || silent == 0 {
			w.Errorf("%d photos, missed %v; want camera faults in the hour of silence, and photos for all else", v.taken, v.missed)
		}
		unplug()
		if err := <-served; err != nil {
			w.Errorf("simulated camera: %v", err)
		}
	})
}
