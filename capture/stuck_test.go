package capture_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

func TestASlowCameraMissesTheSlotsInBetweenAsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		begin := s.clock.Now()
		// The picture takes 1 s and the card another 11.
		s.camera.behave(func(_ context.Context, _ int, w io.Writer) error {
			return expose(context.Background(), w, 12*time.Second)
		})
		stop := s.start()
		time.Sleep(60*time.Second - time.Millisecond)
		stop()
		s.mustAccount(begin, s.clock.Now())
		got := s.causes()
		if n := len(s.store.photos()); n+got[photo.Busy] != 12 || n < 4 || len(got) != 1 {
			t.Errorf("%d photos and misses %v, want 12 together, 4 or more photos, and no other cause", n, got)
		}
	})
}

func TestACameraThatNeverComesBackIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		release := make(chan struct{})
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n == 2 {
				<-release
				return errLens
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(10*time.Minute + 30*time.Second)
		if st := s.service.State(); !st.Stuck || !st.Shooting || !st.Slot.At.Equal(begin.Add(time.Minute)) {
			t.Errorf("state %+v, want stuck at slot 1", st)
		}
		if n := len(s.store.misses()); n != 0 {
			t.Errorf("%d misses written while slot 1 is open, want none: a power cut would lose it", n)
		}
		if _, err := s.service.Shoot(t.Context()); !errors.Is(err, capture.ErrBusy) {
			t.Errorf("Shoot while the camera is stuck: %v, want ErrBusy", err)
		}
		close(release)
		time.Sleep(2 * time.Minute)
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantCauses(t, s, map[photo.Cause]int{photo.CameraFault: 1, photo.Busy: 9})
		if first := s.store.misses()[0]; !first.From.Equal(begin.Add(time.Minute)) {
			t.Errorf("the first miss written is %+v, want the slot that hung", first)
		}
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestAPhotoThatComesLateAfterAllIsNoMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		s.camera.behave(func(_ context.Context, n int, w io.Writer) error {
			d := time.Second
			if n == 2 {
				d = 150 * time.Second
			}
			return expose(context.Background(), w, d)
		})
		stop := s.start()
		time.Sleep(6*time.Minute + 30*time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.Busy: 2})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestRunEndsThoughTheCameraDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		release := make(chan struct{})
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n == 2 {
				<-release
			}
			return expose(context.Background(), w, time.Second)
		})
		stop := s.start()
		time.Sleep(5*time.Minute + 30*time.Second)
		asked := time.Now()
		if err := stop(); err == nil {
			t.Error("Run with a camera that is stuck ends without an error")
		}
		if d := time.Since(asked); d > 3*time.Second {
			t.Errorf("Run ended after %v, want 3s at most", d)
		}
		if got := s.store.misses(); len(got) != 0 {
			t.Errorf("misses %+v written at the stop, want none: slot 1 is open, and the next start goes on behind the last", got)
		}
		close(release) // the attempt left behind brings the photo after all
		time.Sleep(2 * time.Second)
		stop = s.start()
		time.Sleep(time.Minute)
		stop()
		if n := len(s.store.photos()); n != 3 {
			t.Errorf("%d photos, want those of slots 0, 1 and 6", n)
		}
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 4})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestAStuckAttemptBlamesWhoeverDoesNotComeBack(t *testing.T) {
	for want, hang := range map[photo.Cause]func(s *site, release chan struct{}){
		photo.CameraFault: func(s *site, release chan struct{}) {
			s.camera.behave(func(context.Context, int, io.Writer) error {
				<-release
				return errLens
			})
		},
		photo.StoreFault: func(s *site, release chan struct{}) { s.store.hang = release },
	} {
		t.Run(string(want), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Minute))
				release := make(chan struct{})
				hang(s, release)
				stop := s.start()
				began := time.Now()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				st := s.service.State()
				if d := st.StuckSince.Sub(began); !st.Stuck || d < 50*time.Second || d > 70*time.Second {
					t.Errorf("stuck %v since %v after the slot, want since its end", st.Stuck, d)
				}
				if s.problems[0] != string(want) {
					t.Errorf("problems %q, want %s first", s.problems, want)
				}
				close(release)
				synctest.Wait()
				if st := s.service.State(); st.Stuck || !st.StuckSince.IsZero() {
					t.Errorf("state %+v after the return, want not stuck", st)
				}
				stop()
			})
		})
	}
}

func TestRunLeavesNoGoroutineBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := newSite(t, every(t, 24*time.Hour))
	s.service = capture.New(s.cfg, capture.Options{Camera: s.camera, Store: s.store, Schedule: s.schedule, Clock: s.clock})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.service.Run(ctx) }()
	for !s.service.State().Running {
		time.Sleep(time.Millisecond)
	}
	shot := make(chan error, 1)
	go func() {
		_, err := s.service.Shoot(ctx)
		shot <- err
	}()
	for s.camera.count() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-shot; err == nil {
		t.Error("Shoot cut short by the stop: no error")
	}
}
