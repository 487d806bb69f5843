package capture_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

func TestAManualPhotoIsTakenNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		stop := s.start()
		defer stop()
		time.Sleep(20 * time.Second)
		asked := s.clock.Now()
		m, err := s.service.Shoot(t.Context())
		if err != nil || m.Trigger != photo.Manual || m.Session != "" || !m.Taken.Equal(asked) || !m.Slot.Equal(asked) {
			t.Errorf("Shoot = %+v, %v; want a manual photo taken at %v", m, err, asked)
		}
		if st := s.service.State(); st.Last != m || st.Shooting {
			t.Errorf("state %+v, want the photo as the last one", st)
		}
	})
}

func TestManualPhotosNeverDelayASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		begin := s.clock.Now()
		stop := s.start()
		ctx, cancel := context.WithCancel(t.Context())
		asking := make(chan int)
		go func() { // without a pause
			n := 0
			for ctx.Err() == nil {
				if _, err := s.service.Shoot(ctx); err == nil {
					n++
				}
			}
			asking <- n
		}()
		time.Sleep(10*time.Minute - time.Second)
		cancel()
		n := <-asking
		stop()
		if n < 120 {
			t.Errorf("%d manual photos in 10 min, want one or more between any two slots", n)
		}
		for _, m := range s.store.photos() {
			if m.Trigger == photo.Scheduled && !m.Taken.Equal(m.Slot) {
				t.Errorf("slot %v was taken at %v, want on time", m.Slot, m.Taken)
			}
		}
		wantCauses(t, s, map[photo.Cause]int{})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestAManualPhotoThatHangsGivesWayToTheSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n == 2 {
				<-ctx.Done()
				return ctx.Err()
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(30 * time.Second)
		if _, err := s.service.Shoot(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shoot with a camera that hangs: %v, want a deadline exceeded", err)
		}
		time.Sleep(5 * time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		if last := s.service.State().Last; !last.Taken.Equal(begin.Add(time.Minute)) {
			t.Errorf("the slot after it was taken at %v, want on time", last.Taken)
		}
	})
}

func TestAManualPhotoWaitsForTheSlotAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		begin := s.clock.Now()
		s.camera.behave(func(ctx context.Context, _ int, w io.Writer) error { return expose(ctx, w, 4*time.Second) })
		stop := s.start()
		defer stop()
		time.Sleep(time.Second)
		if _, err := s.service.Shoot(t.Context()); !errors.Is(err, capture.ErrBusy) {
			t.Errorf("Shoot where slots leave no time: %v, want ErrBusy", err)
		}
		if d := s.clock.Now().Sub(begin); d > s.cfg.Timeout+time.Second {
			t.Errorf("Shoot waited for %v, want Config.Timeout", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.service.Shoot(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shoot with a deadline of its own: %v, want it exceeded", err)
		}
	})
}

func TestAManualPhotoAskedForJustBeforeASlotFollowsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		defer stop()
		time.Sleep(59500 * time.Millisecond)
		m, err := s.service.Shoot(t.Context())
		if want := begin.Add(61 * time.Second); err != nil || !m.Taken.Equal(want) {
			t.Errorf("Shoot = %+v, %v; want it taken after the slot, at %v", m, err, want)
		}
	})
}

func TestAManualPhotoNeedsARunningService(t *testing.T) {
	s := newSite(t, every(t, time.Minute))
	service := capture.New(s.cfg, capture.Options{Camera: s.camera, Store: s.store, Schedule: s.schedule, Clock: s.clock})
	if _, err := service.Shoot(t.Context()); !errors.Is(err, capture.ErrNotRunning) {
		t.Errorf("Shoot before Run: %v, want ErrNotRunning", err)
	}
}
