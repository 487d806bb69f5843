package gphoto_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/gphoto/gphotosim"
)

// What never ends between two shots is a fault in minutes, whichever step it is: begun anew
// for as long as a fetch may take, it makes each of the shots late.
func TestAStepThatTheShotsNeverLeaveTimeForIsAFaultInTime(t *testing.T) {
	for name, f := range map[string]gphotosim.Faults{
		"the search": {DetectTime: 10 * time.Second},
		"all of it":  {Silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSocket(t, gphotosim.Options{})
				s.body.SetFaults(f)
				s.busyWithin(t, 4*time.Second, func(ctx context.Context) { // one that hangs is killed
					ctx, cancel := context.WithTimeout(ctx, 2*time.Hour)
					defer cancel()
					begun := time.Now()
					_, err := s.cam.List(ctx)
					if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "leave a longer pause between shots") {
						t.Errorf("List: %v, want what to change", err)
					}
					if d := time.Since(begun); d > 5*time.Minute {
						t.Errorf("it took %v to say so", d)
					}
				})
			})
		})
	}
}

// A camera that takes longer to tell of itself than the shots leave is asked once an hour
// for all that: its pictures come first.
func TestACameraThatIsSlowToTellOfItselfIsListedBetweenShots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{FolderShots: 100}) // 2 s each
		s.body.Press()
		s.body.SetFaults(gphotosim.Faults{AskTime: 10 * time.Second})
		s.busy(t, func(ctx context.Context) {
			for range 12 {
				ctx, cancel := context.WithTimeout(ctx, 2*time.Hour)
				begun := time.Now()
				if l, err := s.cam.List(ctx); err != nil || len(l.Pictures) == 0 {
					t.Errorf("List: %d pictures, %v", len(l.Pictures), err)
				}
				cancel()
				if d := time.Since(begun); d > 2*time.Minute {
					t.Errorf("it took %v, want little more than a folder between two shots", d)
				}
				time.Sleep(10 * time.Minute)
			}
		})
		if asked, _ := s.body.Asked(); asked != 2 {
			t.Errorf("asked %d times in two hours, want twice", asked)
		}
		if log := s.log.String(); strings.Contains(log, "does not tell of itself") {
			t.Errorf("it is said not to tell of itself, though shots ended the question:\n%s", log)
		}
	})
}

// One that hangs at that question, which ends when it is told to, is listed all the same.
func TestACameraThatNeverEndsToTellOfItselfIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		s.body.Press()
		s.body.SetFaults(gphotosim.Faults{AskTime: time.Hour})
		for range 3 {
			if l, err := s.listFor(t, 5*time.Minute); err != nil || len(l.Pictures) != 1 {
				t.Errorf("List: %d pictures, %v; want its one", len(l.Pictures), err)
			}
			time.Sleep(2 * time.Hour)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// One that has to be killed there is not listed besides: it is wedged.
func TestACameraThatIsWedgedIsNotListedBesides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		s.body.SetFaults(gphotosim.Faults{Silent: true})
		begun := time.Now()
		if _, err := s.listFor(t, 10*time.Minute); err == nil {
			t.Error("List of a camera that hangs: no error")
		}
		if d := time.Since(begun); d > time.Minute {
			t.Errorf("it took %v to say so", d)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A gphoto2 that was killed and left behind may have left the camera in the middle of
// something, though no signal is known to have ended it.
func TestACameraWhoseProgramWasLeftBehindIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, gphotosim.Options{}, 0)
		r.press(1, time.Minute)
		r.run.cut = "left behind"
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := r.cam.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("List: %v, want the end of its time", err)
		}
		r.run.cut = ""
		r.list(1)
		if resets, _ := r.body.Resets(); resets != 1 {
			t.Errorf("%d resets, want one", resets)
		}
		if err := r.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
