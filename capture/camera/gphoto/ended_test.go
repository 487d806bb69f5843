package gphoto_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/camera/subprocess"
)

// A camera whose transfer was killed may be in the middle of it.
func TestAKilledTransferIsFollowedByAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		s.body.Press()
		s.body.SetFaults(gphotosim.Faults{Silent: true})
		if _, err := s.listFor(t, 5*time.Second); err == nil {
			t.Error("List of a camera that hangs: no error")
		}
		s.body.SetFaults(gphotosim.Faults{})
		for range 2 {
			if l, err := s.listFor(t, time.Minute); err != nil || len(l.Pictures) != 1 {
				t.Errorf("List: %d pictures, %v", len(l.Pictures), err)
			}
		}
		if resets, _ := s.body.Resets(); resets != 1 {
			t.Errorf("%d resets, want one", resets)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// gphoto2 takes 1.5 s to close a camera once it is interrupted, and the camera hangs where
// it is killed before: a shot that is due waits so long.
func TestAShotLetsTheTransferThatItEndsCloseTheCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		const before = 200 // 4 s
		for range before {
			s.body.Press()
		}
		s.body.SetFaults(gphotosim.Faults{EndTime: 1500 * time.Millisecond})
		fired := make(chan error, 1)
		go func() {
			time.Sleep(time.Second)
			fired <- s.cam.Fire(t.Context())
		}()
		l, err := s.listFor(t, time.Minute)
		if err != nil || len(l.Pictures) < before {
			t.Errorf("List: %d pictures, %v", len(l.Pictures), err)
		}
		if err := <-fired; err != nil {
			t.Errorf("Fire: %v", err)
		}
		if resets, _ := s.body.Resets(); resets != 0 {
			t.Errorf("%d resets, want none: nothing was killed", resets)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A stop that comes while a shot waits for that waits no longer than any other.
func TestAStopCutsTheWaitForATransferThatYieldsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		for range 200 {
			s.body.Press()
		}
		s.body.SetFaults(gphotosim.Faults{EndTime: 1900 * time.Millisecond})
		ctx, stop := context.WithCancel(t.Context())
		listed, fired := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := s.cam.List(ctx)
			listed <- err
		}()
		time.Sleep(time.Second)
		go func() { fired <- s.cam.Fire(ctx) }()
		time.Sleep(1200 * time.Millisecond) // it waits a second before it ends the transfer
		begun := time.Now()
		stop()
		if err := s.fetcher.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		for what, done := range map[string]chan error{"List": listed, "Fire": fired} {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want that it was stopped", what, err)
			}
		}
		if d := time.Since(begun); d > 500*time.Millisecond {
			t.Errorf("the stop took %v, want what package capture waits for a camera at most", d)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// However long a shot can wait, gphoto2 has no more than what any program has to end.
func TestATransferThatYieldsEndsInTheTimeOfAnyProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		for range 200 {
			s.body.Press()
		}
		s.body.SetFaults(gphotosim.Faults{EndTime: time.Minute})
		ctx, cancel := context.WithCancelCause(t.Context())
		const after = 3 * time.Second
		time.AfterFunc(after, func() { cancel(&camera.YieldError{Within: time.Minute}) })
		begun := time.Now()
		if _, err := s.fetcher.List(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("List: %v, want that it was ended", err)
		}
		if d := time.Since(begun) - after; d > subprocess.DefaultInterrupt+time.Second {
			t.Errorf("it ended after %v", d)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
