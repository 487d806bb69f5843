package capture_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

func TestASlowStoreDoesNotMakeAPhotoLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		s.approach = 2 * time.Millisecond
		s.store.slow = 100 * time.Millisecond
		time.Sleep(time.Second)
		begin := s.clock.Now()
		var asked []time.Time
		s.camera.behave(noting(s, &asked))
		stop := s.start()
		time.Sleep(21 * time.Second)
		stop()
		if len(asked) != 4 {
			t.Fatalf("the camera was asked at %v, want 4 slots", asked)
		}
		for i, at := range asked {
			want := begin.Add(4*time.Second + time.Duration(i)*5*time.Second)
			if m := s.store.photos()[i]; !at.Equal(want) || !m.Taken.Equal(want) {
				t.Errorf("asked at %v, taken at %v, want %v", at, m.Taken, want)
			}
		}
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestAnEarlyPhotoWhoseSlotDoesNotComeLeavesNothing(t *testing.T) {
	for _, what := range []string{"step", "pause", "stop"} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, every(t, 5*time.Second))
			s.approach = 2 * time.Millisecond
			var pause atomic.Bool
			s.paused = func(time.Time) bool { return pause.Load() }
			begin := s.clock.Now()
			stop := s.start()
			time.Sleep(9900 * time.Millisecond) // the store has begun
			switch what {
			case "step":
				s.clock.step(-20 * time.Second)
			case "pause":
				pause.Store(true)
			case "stop":
				if err := stop(); err != nil {
					t.Error(err)
				}
				stop = s.start()
			}
			time.Sleep(30 * time.Second)
			stop()
			if err := s.account(begin, s.clock.Now()); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			taken := map[time.Time]int{}
			for _, m := range s.store.photos() {
				taken[m.Slot]++
				if late := m.Taken.Sub(m.Slot); late < 0 || late > time.Second || taken[m.Slot] > 1 {
					t.Errorf("%s: photo %+v, want it on time and once", what, m)
				}
			}
			if pause.Load() && len(taken) != 2 {
				t.Errorf("%s: %d photos, want those before it", what, len(taken))
			}
		})
	}
}

// An Add that goes on for hours keeps the store from compacting its index.
func TestAnEarlyPhotoWhoseSlotDoesNotComeEndsSoon(t *testing.T) {
	for what, change := range map[string]func(s *site, pause *atomic.Bool){
		"pause":     func(_ *site, pause *atomic.Bool) { pause.Store(true) },
		"step back": func(s *site, _ *atomic.Bool) { s.clock.step(-10 * time.Minute) },
		"no slot":   func(s *site, _ *atomic.Bool) { s.clock.set(time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)) },
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Hour))
				s.approach = 2 * time.Millisecond
				var pause atomic.Bool
				s.paused = func(time.Time) bool { return pause.Load() }
				stop := s.start()
				time.Sleep(time.Minute)
				next, _ := s.schedule.Next(schedule.Capture, s.clock.Now())
				time.Sleep(next.At.Sub(s.clock.Now()) - 100*time.Millisecond)
				synctest.Wait()
				adding := func() (n int) {
					s.store.fail(func(st *store) { n = st.adding })
					return n
				}
				if n := adding(); n != 1 {
					t.Errorf("the store adds %d photos just before the slot, want 1", n)
				}
				change(s, &pause)
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if n := adding(); n != 0 {
					t.Errorf("the store adds %d photos yet, want none", n)
				}
				stop()
			})
		})
	}
}

func TestSlotsOfAPauseAreAccountedForAndNoProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		begin := s.clock.Now()
		from, until := begin.Add(time.Hour), begin.Add(5*time.Hour)
		s.paused = func(at time.Time) bool { return !at.Before(from) && at.Before(until) }
		stop := s.start()
		time.Sleep(3*time.Hour + time.Second)
		s.store.fail(func(st *store) { st.dead = true }) // the power goes in the pause
		calls := s.store.callCount()
		stop()
		s.store.fail(func(st *store) { st.dead = false })
		time.Sleep(30 * time.Minute)
		stop = s.start()
		time.Sleep(2*time.Hour + 30*time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.Paused: 4 * 720})
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
		if n, p := len(s.store.photos()), s.takeProblems(); n != 2*720+1 || len(p) > 0 {
			t.Errorf("%d photos, problems %v; want %d and none", n, p, 2*720+1)
		}
		if calls > 2*6+1 {
			t.Errorf("%d writes in 2 h of a pause, want one each 10 min", calls)
		}
	})
}

// A pause within it stays a pause.
func TestSlotsWithoutPowerAreAccountedForAndNoProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		within := func(from, until time.Duration) func(time.Time) bool {
			return func(at time.Time) bool { return !at.Before(begin.Add(from)) && at.Before(begin.Add(until)) }
		}
		s.powerLow, s.paused = within(time.Hour, 20*time.Hour), within(3*time.Hour, 4*time.Hour)
		stop := s.start()
		time.Sleep(5*time.Hour + time.Second)
		stop()
		time.Sleep(10 * time.Hour) // the board is off
		stop = s.start()
		time.Sleep(6*time.Hour - time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.PowerLow: 18 * 60, photo.Paused: 60})
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
		if n, p := len(s.store.photos()), s.takeProblems(); n != 2*60 || len(p) > 0 {
			t.Errorf("%d photos, problems %v; want %d and none", n, p, 2*60)
		}
	})
}

// noting is a camera that notes when it is asked.
func noting(s *site, asked *[]time.Time) func(ctx context.Context, n int, w io.Writer) error {
	return func(ctx context.Context, _ int, w io.Writer) error {
		*asked = append(*asked, s.clock.Now())
		return expose(ctx, w, time.Second)
	}
}
