package capture_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
)

func TestAForwardStepIsNoticedAndItsSlotsAreAccountedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(2*time.Hour + 35*time.Second) // so that it is no matter of the start
		s.clock.step(time.Hour)
		time.Sleep(30 * time.Second)
		stop()
		// The step ends at 35 s past slot 180, too late for it by Config.Late.
		wantCauses(t, s, map[photo.Cause]int{photo.ClockStep: 60})
		s.mustAccount(begin, s.clock.Now())
		if last := s.store.photos()[121]; !last.Taken.Equal(begin.Add(181 * time.Minute)) {
			t.Errorf("the photo after the step was taken at %v, want %v", last.Taken, begin.Add(181*time.Minute))
		}
	})
}

func TestAStepOverOneSlotTakesItLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(5*time.Minute + 45*time.Second)
		s.clock.step(20 * time.Second)
		time.Sleep(11 * time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestASmallStepBackRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 10*time.Second))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(10*time.Minute + 2*time.Second)
		s.clock.step(-55 * time.Second)
		time.Sleep(10 * time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestALargeStepBackTakesTheHourAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(2*time.Hour + 30*time.Second)
		s.clock.step(-time.Hour)
		// One of the repeated slots fails, which is not a miss: it was taken.
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if at := s.clock.Now().Sub(begin); at >= 90*time.Minute && at < 91*time.Minute {
				return errLens
			}
			return expose(ctx, w, time.Second)
		})
		time.Sleep(2 * time.Hour)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		for n := range 180 {
			want := 1
			if n > 60 && n <= 120 && n != 90 {
				want = 2
			}
			if got := s.store.times(begin.Add(time.Duration(n) * time.Minute)); got != want {
				t.Errorf("slot %d is accounted for %d times, want %d", n, got, want)
			}
		}
	})
}

func TestJumpingBackAndForthLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(5*time.Hour + 30*time.Second)
		s.clock.step(-2 * time.Hour)
		time.Sleep(30 * time.Minute)
		s.clock.step(2 * time.Hour) // 30 min beyond what was accounted for
		time.Sleep(time.Minute)
		stop()
		for slot := begin; slot.Before(s.clock.Now()); slot = slot.Add(time.Minute) {
			if s.store.times(slot) == 0 {
				t.Errorf("slot %v is not accounted for", slot)
			}
		}
		wantCauses(t, s, map[photo.Cause]int{photo.ClockStep: 30})
	})
}

func TestABoardThatBootsIn1970DoesNotReportDecades(t *testing.T) {
	right := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 15*time.Minute))
		s.clock.set(time.Unix(30, 0))
		s.clock.vouch(false)
		stop := s.start()
		time.Sleep(40 * time.Second)
		s.clock.set(right)
		time.Sleep(30 * time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		if n := len(s.store.photos()); n != 2 {
			t.Errorf("%d photos in the half hour after the clock was set, want 2", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 15*time.Minute))
		s.clock.set(right)
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(15 * time.Minute) // 07:15 is taken
		stop()
		s.clock.set(time.Unix(30, 0))
		s.clock.vouch(false)
		stop = s.start()
		time.Sleep(16 * time.Minute) // a photo of 1970
		s.clock.set(begin.Add(2 * time.Hour))
		time.Sleep(20 * time.Second)
		if got := s.store.misses(); len(got) != 0 {
			t.Errorf("misses %+v while nobody vouches for the clock, want none", got)
		}
		s.clock.vouch(true)
		time.Sleep(10 * time.Second)
		stop()
		// 07:30 to 08:45 were missed while it was off, 09:00 by the clock.
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 6, photo.ClockStep: 1})
		s.mustAccount(begin, s.clock.Now())
		if n := s.store.times(time.Unix(900, 0)); n != 1 {
			t.Errorf("the slot of 1970 is accounted for %d times, want once", n)
		}
	})
}

func TestALedgerFromAWrongFutureDoesNotHideTheGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(10*time.Minute + 30*time.Second)
		stop()
		s.store.fail(func(st *store) { // a photo by a clock that was a year ahead
			st.taken = append(st.taken, photo.Meta{Slot: begin.AddDate(1, 0, 0), Trigger: photo.Scheduled})
		})
		time.Sleep(10*time.Minute + 15*time.Second)
		stop = s.start()
		time.Sleep(5 * time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 10})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestAJumpThatIsSetBackIsReportedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		restart bool
		want    map[photo.Cause]int
	}{
		// 11 to 70: the service ran while somebody vouched for the clock.
		"with a ledger":      {restart: true, want: map[photo.Cause]int{photo.ClockStep: 60}},
		"at the first start": {want: map[photo.Cause]int{photo.ClockStep: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Minute))
				begin := s.clock.Now()
				stop := s.start()
				time.Sleep(5 * time.Second)
				if c.restart {
					stop()
					stop = s.start()
				}
				time.Sleep(10*time.Minute + 30*time.Second)
				s.clock.step(time.Hour)
				time.Sleep(5*time.Minute + 5*time.Second)
				s.clock.step(-time.Hour)
				time.Sleep(30 * time.Second)
				stop()
				wantCauses(t, s, c.want)
				// 16, in the middle of the jump, is taken.
				s.mustAccount(begin, begin.Add(16*time.Minute))
				if n := len(s.store.photos()); n != 17 {
					t.Errorf("%d photos, want 17: slots 0 to 10, 71 to 75, and 16", n)
				}
			})
		})
	}
}
