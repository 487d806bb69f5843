package camera_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// keep runs test with a Keeper of a camera that is kept on, in simulated time.
func keep(t *testing.T, test func(t *testing.T, k *camera.Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		board := sim.New()
		board.AddLine("POWER")
		c := camera.DefaultPower()
		c.Line, c.KeepOn = "POWER", true
		p, err := camera.OpenPower(c, board)
		if err != nil {
			t.Fatal(err)
		}
		k := camera.NewKeeper("the camera on the bench", p, zerolog.Nop())
		test(t, k)
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
}

// shoot is a Shoot that ends with failed, behind its Start, for which blame is said.
func shoot(k *camera.Keeper, blame camera.Blame, failed error) error {
	_, err := k.Shoot(context.Background(), func(ctx context.Context) (photo.Exposure, error) {
		if _, err := k.Start(ctx); err != nil {
			return photo.Exposure{}, err
		}
		return photo.Exposure{}, failed
	}, func(context.Context, error) camera.Blame { return blame })
	return err
}

func TestOnlyWhatIsTheCamerasFaultLeadsToARecovery(t *testing.T) {
	fault := errors.New("no answer")
	for name, c := range map[string]struct {
		blame camera.Blame
		err   error
		due   camera.Rung
		on    bool
	}{
		"a good picture":      {camera.Faulty, nil, camera.Retry, true},
		"faulty":              {camera.Faulty, fault, camera.Reset, true},
		"mute":                {camera.Mute, fault, camera.Reset, false},
		"slow":                {camera.Slow, fault, camera.Reset, true},
		"stopped":             {camera.Stopped, fault, camera.Reset, false},
		"blameless":           {camera.Blameless, fault, camera.Retry, true},
		"the writer's":        {camera.Mute, &jpegstream.SinkError{Err: io.ErrShortWrite}, camera.Retry, true},
		"cancelled":           {camera.Mute, context.Canceled, camera.Retry, true},
		"before it was ready": {camera.Mute, &camera.UnreadyError{Err: context.DeadlineExceeded}, camera.Retry, true},
	} {
		keep(t, func(t *testing.T, k *camera.Keeper) {
			if err := shoot(k, camera.Faulty, nil); err != nil {
				t.Fatal(err)
			}
			err := shoot(k, c.blame, c.err)
			if !errors.Is(err, c.err) || c.err != nil && !strings.HasPrefix(err.Error(), "shoot with the camera on the bench: ") {
				t.Errorf("%s: Shoot says %v, want the error itself, and of which camera", name, err)
			}
			if due, on := k.Ladder.Due(), k.Power.IsOn(); due != c.due || on != c.on {
				t.Errorf("%s: rung %d is due, on %v; want %d, %v", name, due, on, c.due, c.on)
			}
		})
	}
}

// In a use that had to start the camera, time was short for that.
func TestACameraThatIsStoppedInItsFirstUseIsLeftOn(t *testing.T) {
	keep(t, func(t *testing.T, k *camera.Keeper) {
		if err := shoot(k, camera.Stopped, context.DeadlineExceeded); err == nil || !k.Power.IsOn() || k.Ladder.Due() != camera.Retry {
			t.Errorf("Shoot: %v, on %v, rung %d is due; want it left on, and nothing due", err, k.Power.IsOn(), k.Ladder.Due())
		}
	})
}

func TestReachClimbsAsFarAsIsDue(t *testing.T) {
	missing := errors.New("got nothing at any rate")
	for name, c := range map[string]struct {
		failures int
		answers  func(booted bool) error
		want     string // what was done
		booted   bool
		err      error
	}{
		"nothing is due":              {0, func(bool) error { return nil }, "find ", false, nil},
		"nothing is due, not found":   {0, func(bool) error { return missing }, "find ", false, missing},
		"a reset is due":              {1, func(bool) error { return nil }, "find reset ", true, nil},
		"a reset is due, not found":   {1, func(booted bool) error { return map[bool]error{false: missing}[booted] }, "find cycle find-booted ", true, nil},
		"and not found after a cycle": {1, func(bool) error { return missing }, "find cycle find-booted ", true, missing},
	} {
		keep(t, func(t *testing.T, k *camera.Keeper) {
			if _, err := k.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range c.failures {
				k.Ladder.Failed()
			}
			did := ""
			start := time.Now()
			booted, err := k.Reach(t.Context(), false, func(booted bool) error {
				if time.Since(start) >= camera.DefaultOffTime+camera.DefaultWarmUp {
					did += "cycle "
				}
				did += map[bool]string{false: "find ", true: "find-booted "}[booted]
				return c.answers(booted)
			}, func() error { did += "reset "; return nil })
			if did != c.want || booted != c.booted || !errors.Is(err, c.err) {
				t.Errorf("%s: did %q, booted %v, %v; want %q, %v, %v", name, did, booted, err, c.want, c.booted, c.err)
			}
		})
	}
}

func TestACycleOfReachGoesOnInTheNextUse(t *testing.T) {
	keep(t, func(t *testing.T, k *camera.Keeper) {
		if _, err := k.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.Ladder.Failed()
		ctx, cancel := context.WithTimeout(t.Context(), camera.DefaultOffTime+time.Second)
		defer cancel()
		_, err := k.Reach(ctx, false, func(bool) error { return io.ErrNoProgress }, func() error { return nil })
		var unready *camera.UnreadyError
		if !errors.As(err, &unready) {
			t.Errorf("Reach without time for the warm-up: %v, want an UnreadyError", err)
		}
		k.Ladder.Failed() // as if it were due: what counts is that it was begun
		start := time.Now()
		if fresh, err := k.Start(t.Context()); err != nil || !fresh || time.Since(start) > camera.DefaultWarmUp-time.Second {
			t.Errorf("the next Start: fresh %v, %v after %v; want the rest of the warm-up", fresh, err, time.Since(start))
		}
	})
}
