package command_test

import (
	"context"
	"io"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/subprocess/programsim"
)

// TestTheSlotAfterAHangIsOnTime: a thousand programs that hang in mid-picture, gently
// or not; each is over within its slot's time and half a second, and the next slot has its
// photo.
func TestTheSlotAfterAHangIsOnTime(t *testing.T) {
	const (
		hangs = 1000
		slot  = 20 * time.Second
		grace = 500 * time.Millisecond // capture's
	)
	run(t, setup{power: func(c *camera.PowerConfig) { c.Line = powerLine }}, func(t *testing.T, r *rig) {
		shoot := func() (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), slot)
			defer cancel()
			start := time.Now()
			_, err := r.cam.Shoot(ctx, io.Discard)
			return time.Since(start), err
		}
		r.device.order.Size = programsim.MinSize // the test is about time
		for n := range hangs {
			r.device.order.Faults = programsim.Faults{HangAt: 1 + n*programsim.MinSize/hangs, Deaf: n%2 == 1}
			if took, err := shoot(); err == nil || took > slot+grace {
				t.Fatalf("hang %d: %v after %v, want an error within %v", n, err, took, slot+grace)
			}
			r.device.order.Faults = programsim.Faults{}
			if took, err := shoot(); err != nil || took > slot {
				t.Fatalf("the slot after hang %d: %v after %v, want a photo within %v", n, err, took, slot)
			}
		}
	})
}
