package vc0706_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

func TestLostAndDoubledBytesLeaveThePictureIntact(t *testing.T) {
	for name, f := range map[string]vc0706sim.Faults{
		"1% of the parts":            {DropInChunk: 0.01, DoubleInChunk: 0.01},
		"lost in many parts":         {DropInChunk: 0.3},
		"doubled in many parts":      {DoubleInChunk: 0.3},
		"1 of 2000 bytes lost":       {DropByte: 0.0005},
		"1 of 2000 bytes doubled":    {DoubleByte: 0.0005},
		"motion events in between":   {MotionInChunk: 0.3, MotionBeforeReply: 0.5},
		"short motion events":        {MotionInChunk: 0.3, MotionBeforeReply: 0.5, MotionShort: true},
		"errors of six bytes":        {WrongStatus: 0.1, Status: vc0706.StatusNotNow, LongErrors: true},
		"garbage before replies":     {Noise: 0.5, BootGarbage: true},
		"replies short by one byte":  {ShortReply: 0.1},
		"replies that come too late": {Late: 0.2},
		"now and then not received":  {WrongStatus: 0.1, Status: vc0706.StatusNotReceived},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2) {
				run(t, setup{cfg: func(c *vc0706.Config) { c.Resolution = "320x240" }, power: serialtest.KeepOn,
					options: vc0706sim.Options{Seed: seed, Faults: f}}, func(t *testing.T, r *rig) {
					for range 2 {
						r.good(t)
					}
				})
			}
		})
	}
}

func TestASilentCameraIsABoundedError(t *testing.T) {
	const want = "got nothing at any"
	serialtest.Bounded(t, vc0706sim.Faults{Silent: true}, want, bench(setup{}), serialtest.OffBetween, serialtest.KeepOn, serialtest.NoLine)
	serialtest.Bounded(t, vc0706sim.Faults{Dead: true}, want, bench(setup{}), serialtest.OffBetween)
}

func TestGarbageForAnswersIsABoundedError(t *testing.T) {
	serialtest.Bounded(t, vc0706sim.Faults{DropByte: 0.5, DoubleByte: 0.5}, "want", bench(setup{}), serialtest.KeepOn)
}

func TestTruncatedPictureIsAnError(t *testing.T) {
	run(t, setup{options: vc0706sim.Options{Faults: vc0706sim.Faults{Truncate: true}}}, func(t *testing.T, r *rig) {
		r.Bad(t, "want FF D9 at its end")
		r.sim.SetFaults(vc0706sim.Faults{})
		r.good(t)
	})
}

func TestRefusedCommandIsAnErrorThatSaysSo(t *testing.T) {
	for cmd, want := range map[vc0706.Command]string{
		vc0706.CmdFrameControl:  "command 36: want status 00, done, got 04, cannot execute now",
		vc0706.CmdFrameLength:   "ask for the picture's length: command 34",
		vc0706.CmdReadFrame:     "read picture at byte 0",
		vc0706.CmdWriteRegister: "set resolution: command 31",
	} {
		run(t, setup{options: vc0706sim.Options{Faults: vc0706sim.Faults{
			WrongStatus: 1, Status: vc0706.StatusNotNow, StatusOf: cmd}}}, func(t *testing.T, r *rig) {
			err := r.Bad(t, want)
			var status *vc0706.StatusError
			if !errors.As(err, &status) || status.Status != vc0706.StatusNotNow {
				t.Errorf("error %v, want a StatusError", err)
			}
		})
	}
}

func TestCameraThatTakesNoOtherRateIsUsedAsItIs(t *testing.T) {
	run(t, setup{options: vc0706sim.Options{Faults: vc0706sim.Faults{
		WrongStatus: 1, Status: vc0706.StatusWrongFormat, StatusOf: vc0706.CmdBaud}}}, func(t *testing.T, r *rig) { r.good(t) })
}

func TestCameraThatDoesNotTellItsResolutionIsUsedAsItIs(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn, options: vc0706sim.Options{Faults: vc0706sim.Faults{
		WrongStatus: 1, Status: vc0706.StatusNotReceived, StatusOf: vc0706.CmdReadRegister}}}, func(t *testing.T, r *rig) {
		r.good(t)
		start := time.Now()
		r.good(t)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("the second picture took %v, as if reset again", d)
		}
	})
}

func TestHangInMidPictureIsBoundedAndTheNextIsGood(t *testing.T) {
	for name, power := range map[string]func(*camera.PowerConfig){"switched": nil, "kept on": serialtest.KeepOn} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{power: power}, func(t *testing.T, r *rig) {
				r.good(t)
				r.sim.SetFaults(vc0706sim.Faults{HangAfter: 1500})
				start := time.Now()
				r.Bad(t, "read picture at byte 0")
				if d := time.Since(start); d > 30*time.Second {
					t.Errorf("a hung camera took %v, want 30s at most", d)
				}
				r.sim.SetFaults(vc0706sim.Faults{})
				r.good(t)
			})
		})
	}
}

func TestFailuresClimbTheRecoveryLadder(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
		r.good(t)
		offs := func() int { return cameratest.Offs(r.Line, r.Power) }
		// It answers, but its pictures are broken.
		r.sim.SetFaults(vc0706sim.Faults{Truncate: true})
		for i, want := range []struct {
			rung    string
			atLeast time.Duration
			offs    int
		}{
			{"plain try", 0, 0},
			{"reset", 2 * time.Second, 0},
			{"power cycle", camera.DefaultOffTime + camera.DefaultWarmUp, 1},
			{"power cycle", camera.DefaultOffTime + camera.DefaultWarmUp, 2},
		} {
			start := time.Now()
			r.Bad(t, "FF D9")
			if d := time.Since(start); d < want.atLeast {
				t.Errorf("failure %d took %v: no %s", i+1, d, want.rung)
			}
			if got := offs(); got != want.offs {
				t.Errorf("after failure %d the power was off %d times, want %d (%s)", i+1, got, want.offs, want.rung)
			}
		}
		for _, c := range r.Line.History() {
			t.Logf("power %v at %v", c.High, c.At)
		}
		r.sim.SetFaults(vc0706sim.Faults{})
		r.good(t)
		if got := offs(); got != 3 {
			t.Errorf("power was off %d times, want 3", got)
		}
		r.good(t)
		if got := offs(); got != 3 {
			t.Errorf("after a good picture the power was off %d times, want 3: back at the ladder's foot", got)
		}
	})
}

func TestWithoutALineTheLadderEndsAtReset(t *testing.T) {
	run(t, setup{power: serialtest.NoLine}, func(t *testing.T, r *rig) {
		r.good(t)
		r.sim.SetFaults(vc0706sim.Faults{Truncate: true})
		for i := range 4 {
			start := time.Now()
			r.Bad(t, "FF D9")
			if d := time.Since(start); i > 0 && d < 2*time.Second {
				t.Errorf("failure %d took %v: no reset", i+1, d)
			}
		}
		r.sim.SetFaults(vc0706sim.Faults{})
		r.good(t)
	})
}

func TestPowerIsOffHoweverAShootEnds(t *testing.T) {
	// At each of these moments of a Shoot the caller loses patience.
	for d := 100 * time.Millisecond; d < 6*time.Second; d += 290 * time.Millisecond {
		run(t, setup{}, func(t *testing.T, r *rig) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			start := time.Now()
			_, err := r.Cam.Shoot(ctx, io.Discard)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shoot with %v: %v, want context.DeadlineExceeded", d, err)
			}
			if took := time.Since(start); took > d+50*time.Millisecond {
				t.Errorf("Shoot with %v took %v", d, took)
			}
			if r.Line.High() {
				t.Errorf("Shoot with %v left the camera on (%v)", d, err)
			}
			r.good(t)
		})
	}
}

func TestALastingFaultFillsNoLog(t *testing.T) {
	serialtest.Quiet(t, vc0706sim.Faults{Truncate: true}, "FF D9", bench(setup{}))
}

// stuckWriter holds up whoever writes.
type stuckWriter struct{ release chan struct{} }

func (w stuckWriter) Write([]byte) (int, error) {
	<-w.release
	return 0, io.ErrClosedPipe
}

func TestCloseSwitchesOffThoughAShootHangs(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
		w := stuckWriter{make(chan struct{})}
		done := make(chan error, 1)
		go func() {
			_, err := r.Cam.Shoot(t.Context(), w)
			done <- err
		}()
		time.Sleep(20 * time.Second)
		if !r.On() {
			t.Fatal("the camera is off, want it on in the middle of a picture")
		}
		start := time.Now()
		if err := r.Cam.Close(); err == nil {
			t.Error("Close while a Shoot hangs: no error")
		}
		if d := time.Since(start); d > time.Second || r.On() {
			t.Errorf("after %v, want 1s at most, the camera is on: %v, want off", d, r.On())
		}
		close(w.release)
		if err := <-done; err == nil || r.On() {
			t.Errorf("Shoot after Close: %v, on %v, want an error and the camera off", err, r.On())
		}
	})
}
