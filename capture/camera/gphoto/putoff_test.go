package gphoto_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
)

// However much time a power cycle leaves, the shot after it is taken or is put off: gphoto2,
// which is ended before the slot is over, is not begun to be ended in mid-capture, after
// which the camera would have to be recovered again.
func TestAShotAfterARecoveryIsWholeOrPutOff(t *testing.T) {
	const warmUp, detect = time.Second, 300 * time.Millisecond
	taken, put := 0, 0
	for left := 9 * time.Second; left <= 14*time.Second; left += 50 * time.Millisecond {
		run(t, func(_ *gphoto.Config, p *camera.PowerConfig) { p.Line, p.KeepOn, p.WarmUp = powerLine, true, warmUp }, func(t *testing.T, r *rig) {
			r.body.Make(gphotosim.Options{RAW: true, Exposure: 7 * time.Second}) // 9 s in all
			r.shootUntil(t, 1)
			r.body.SetFaults(gphotosim.Faults{HangAt: 1000})
			if _, err := r.cam.Shoot(t.Context(), io.Discard); err == nil {
				t.Fatal("a shot that hung: no error")
			}
			r.body.SetFaults(gphotosim.Faults{ResetHelps: true})
			time.Sleep(camera.DefaultOffTime)
			ctx, cancel := context.WithTimeout(t.Context(), warmUp+detect+left)
			defer cancel()
			switch _, err := r.cam.Shoot(ctx, io.Discard); {
			case err == nil:
				taken++
			case errors.As(err, new(*camera.UnreadyError)):
				put++
			default:
				t.Errorf("with %v left: %v", left, err)
			}
			offs := r.offs()
			r.shootUntil(t, 1)
			if n := r.offs() - offs; n != 0 {
				t.Errorf("with %v left: %d power cycles after it, want none", left, n)
			}
		})
	}
	if taken == 0 || put == 0 {
		t.Errorf("%d shots were taken and %d put off, want some of both", taken, put)
	}
}

// The camera stands as the reset has left it: the slot to which the shot was put off has
// all of its time.
func TestAShotThatWasPutOffAfterAResetCostsNoOther(t *testing.T) {
	putOff(t, func(t *testing.T, r *rig) {
		_, looked := r.body.Resets()
		if _, err := r.cam.Shoot(t.Context(), io.Discard); err != nil {
			t.Error(err)
		}
		if resets, detects := r.body.Resets(); resets != 1 || detects != looked {
			t.Errorf("%d resets, and looked for %d times more; want one, and not", resets, detects-looked)
		}
	})
}

func TestAShotThatFailsAfterItWasPutOffIsFollowedByAReset(t *testing.T) {
	putOff(t, func(t *testing.T, r *rig) {
		r.body.Power(false)
		if _, err := r.cam.Shoot(t.Context(), io.Discard); err == nil {
			t.Error("a camera that is not there: no error")
		}
		r.body.Power(true)
		if _, err := r.cam.Shoot(t.Context(), io.Discard); err != nil {
			t.Error(err)
		}
		if resets, _ := r.body.Resets(); resets != 2 {
			t.Errorf("%d resets, want two", resets)
		}
	})
}

// putOff tests with a camera that hung and was reset, for which too little time was left.
func putOff(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	run(t, nil, func(t *testing.T, r *rig) {
		r.body.Make(gphotosim.Options{Exposure: 7 * time.Second}) // 9 s in all
		r.shootUntil(t, 1)
		r.body.SetFaults(gphotosim.Faults{HangAt: 1000})
		if _, err := r.cam.Shoot(t.Context(), io.Discard); err == nil {
			t.Fatal("a shot that hung: no error")
		}
		r.body.SetFaults(gphotosim.Faults{ResetHelps: true})
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		if _, err := r.cam.Shoot(ctx, io.Discard); !errors.As(err, new(*camera.UnreadyError)) {
			t.Fatalf("got %v, want that the shot is put off", err)
		}
		test(t, r)
	})
}
