package capture_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
)

// TestAYearAheadForMinutesCostsNoYear: a second start with a clock that is wrong
// must not leave slots behind that count as accounted for when they come.
func TestAYearAheadForMinutesCostsNoYear(t *testing.T) {
	for name, unsynced := range map[string]bool{"not synced": true, "synced": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Minute))
				begin := s.clock.Now()
				stop := s.start()
				time.Sleep(10*time.Minute + 30*time.Second) // slots 0 to 10
				stop()
				time.Sleep(10 * time.Minute) // 11 to 20 pass without power
				s.clock.step(365 * 24 * time.Hour)
				s.clock.vouch(!unsynced)
				stop = s.start()
				time.Sleep(3 * time.Minute) // 21 to 23 pass by another clock
				s.clock.step(-365 * 24 * time.Hour)
				s.clock.vouch(true)
				right := s.clock.Now()
				time.Sleep(10 * time.Minute) // 24 to 33 are taken
				if unsynced {
					wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 10, photo.ClockStep: 3})
					s.mustAccount(begin, s.clock.Now())
				}
				missed := func(n int, want photo.Cause) {
					t.Helper()
					slot := begin.Add(time.Duration(n) * time.Minute)
					if got, ok := s.store.at(slot); !ok || got.cause != want {
						t.Errorf("slot %d: %+v, %t, want it missed as %s", n, got, ok, want)
					}
				}
				missed(20, photo.NotRunning)
				missed(23, photo.ClockStep)

				s.camera.behave(func(context.Context, int, io.Writer) error { return errLens })
				time.Sleep(time.Minute) // 34 fails
				s.camera.behave(func(ctx context.Context, _ int, w io.Writer) error { return expose(ctx, w, time.Second) })
				missed(34, photo.CameraFault)
				time.Sleep(time.Minute) // 35 is taken
				for range 2 {
					stop()
					time.Sleep(10 * time.Minute)
					stop = s.start()
					time.Sleep(time.Minute)
				}
				stop()
				missed(40, photo.NotRunning)
				missed(50, photo.NotRunning)
				for slot := right.Add(-time.Minute); slot.Before(s.clock.Now()); slot = slot.Add(time.Minute) {
					if !s.store.Accounted(slot.Truncate(time.Minute)) {
						t.Errorf("slot %v is not accounted for", slot)
					}
				}
			})
		})
	}
}

// TestAPowerCutDoesNotLoseAGapOfAnUnsyncedClock: what is written behind a gap must
// not hide it from the next start.
func TestAPowerCutDoesNotLoseAGapOfAnUnsyncedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 15*time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(time.Hour + time.Minute)
		stop()
		s.clock.vouch(false)
		for range 3 {
			time.Sleep(5 * time.Hour)
			stop = s.start()
			time.Sleep(20 * time.Minute) // a photo
			s.store.fail(func(st *store) { st.dead = true })
			stop()
			s.store.fail(func(st *store) { st.dead = false })
		}
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 60})
		s.mustAccount(begin, s.clock.Now().Add(-5*time.Minute))
	})
}

// TestALongGapWaitsForASyncedClock: months are believed once somebody vouches for
// the clock, and photos are taken meanwhile.
func TestALongGapWaitsForASyncedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 24*time.Hour))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(time.Hour)
		stop()
		time.Sleep(100 * 24 * time.Hour)
		s.clock.vouch(false)
		stop = s.start()
		time.Sleep(2 * 24 * time.Hour)
		wantCauses(t, s, map[photo.Cause]int{})
		s.clock.vouch(true)
		time.Sleep(time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 100})
		s.mustAccount(begin, s.clock.Now())
	})
}

// TestAClockChipsResetIsNoTime: chips that lost their battery begin in 2000.
func TestAClockChipsResetIsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Hour))
		s.clock.set(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
		s.clock.vouch(false)
		stop := s.start()
		time.Sleep(10 * time.Second) // a photo of 2000
		stop()
		s.clock.set(today.Add(time.Minute))
		s.clock.vouch(true)
		stop = s.start()
		time.Sleep(time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
	})
}
