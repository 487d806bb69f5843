package gphoto_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/hal/sim"
)

// An endedRunner has a shot end the run that sets the clock, once the camera has taken it,
// and then the next one that asks what it shows.
type endedRunner struct {
	*gphotosim.Runner
	shot  func() // ends the List that is under way
	ended int
}

func (e *endedRunner) Run(ctx context.Context, s subprocess.Spec) (subprocess.Exit, error) {
	sets := slices.ContainsFunc(s.Argv, func(a string) bool { return strings.HasPrefix(a, "datetime=") })
	asks := slices.Contains(s.Argv, "datetime") && !sets
	if asks && e.ended == 1 {
		e.ended++
		e.shot()
		return subprocess.Exit{}, context.Canceled
	}
	exit, err := e.Runner.Run(ctx, s)
	if sets && e.ended == 0 {
		e.ended++
		e.shot()
		err = context.Canceled
	}
	return exit, err
}

// Where nobody heard whether the camera took its clock, it is asked until it tells: the
// pictures of before and after are told by the clock that each was taken by.
func TestAPictureKeepsItsTimeThoughShotsEndTheSettingAndTheNextQuestion(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Hour, -26 * 365 * 24 * time.Hour, time.Hour} {
		for _, fetched := range []bool{false, true} {
			t.Run(fmt.Sprintf("ahead=%v/fetched=%t", ahead, fetched), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testUnsure(t, ahead, fetched) })
			})
		}
	}
}

func testUnsure(t *testing.T, ahead time.Duration, fetched bool) {
	r := newClockRig(t, gphotosim.Options{}, ahead)
	run := &endedRunner{Runner: r.run.Runner}
	none, err := camera.OpenPower(camera.DefaultPower(), sim.New())
	if err != nil {
		t.Fatal(err)
	}
	r.cam = gphoto.New(r.cfg, gphoto.Options{Power: none, Clock: r.clock, Zone: r.zone, Dir: r.dir, Log: zerolog.Nop(), Runner: run})
	list := func(want int) (l capture.Listing) {
		t.Helper()
		for range 3 { // as the shutter does with one that a shot ended
			ctx, cancel := context.WithCancelCause(t.Context())
			run.shot = func() { cancel(&camera.YieldError{Within: time.Second}) }
			l, err = r.cam.List(ctx)
			cancel(nil)
			if !errors.Is(err, context.Canceled) {
				break
			}
		}
		r.want(l, err, want)
		return l
	}
	r.press(2, 10*time.Minute)
	left, l := 2, list(2)
	if fetched {
		r.fetch(l, 2)
		left = 0
	}
	r.press(3, 10*time.Minute)
	list(left + 3)
	if run.ended != 2 {
		t.Fatalf("%d runs were ended, want 2", run.ended)
	}
	time.Sleep(2 * time.Hour)
	r.press(1, time.Minute)
	list(left + 4)
	if err := r.cam.Close(); err != nil {
		t.Error(err)
	}
}

// A camera that does not take its clock costs Lists ever less time.
func TestAClockThatIsNotTakenIsSetEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, gphotosim.Options{}, time.Hour)
		r.body.SetFaults(gphotosim.Faults{ClockStays: true})
		begun := time.Now()
		for n := range 48 {
			r.press(1, 61*time.Minute)
			r.list(n + 1)
		}
		waited := time.Since(begun) - 48*61*time.Minute
		if waited > 10*time.Minute {
			t.Errorf("48 looks in two days took %v, want one of a minute ever more rarely", waited)
		}
		if err := r.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
