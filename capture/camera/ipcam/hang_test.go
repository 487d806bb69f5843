package ipcam_test

import (
	"context"
	"io"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/ipcam/ipcamsim"
)

// TestTheSlotAfterAHangIsOnTime: a thousand times the camera hangs in mid-picture, and
// only its power brings it back; each is over within its slot's time and half a second,
// and the next slot has its photo.
func TestTheSlotAfterAHangIsOnTime(t *testing.T) {
	const (
		hangs = 1000
		slot  = 20 * time.Second
		grace = 500 * time.Millisecond // capture's
	)
	run(t, setup{power: func(c *camera.PowerConfig) { c.Line = powerLine }, options: ipcamsim.Options{Width: 40}}, func(t *testing.T, r *rig) {
		shoot := func() (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), slot)
			defer cancel()
			start := time.Now()
			_, err := r.cam.Shoot(ctx, io.Discard)
			return time.Since(start), err
		}
		for n := range hangs {
			r.sim.SetFaults(ipcamsim.Faults{HangHalfway: true, Wedge: true})
			if took, err := shoot(); err == nil || took > slot+grace {
				t.Fatalf("hang %d: %v after %v, want an error within %v", n, err, took, slot+grace)
			}
			r.sim.SetFaults(ipcamsim.Faults{})
			if took, err := shoot(); err != nil || took > slot {
				t.Fatalf("the slot after hang %d: %v after %v, want a photo within %v", n, err, took, slot)
			}
		}
	})
}
