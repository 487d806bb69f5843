package capture_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

// slewed is a clock that is brought to the right time without a step: it goes faster by
// rate, or slower, from its start on.
type slewed struct {
	*clock
	rate float64
	from time.Time
}

func (c slewed) Now() time.Time {
	now := c.clock.Now()
	return now.Add(time.Duration(float64(now.Sub(c.from)) * c.rate))
}

func TestASlewIsNoStepAndAStepIs(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		step  time.Duration
		steps int
	}{
		{0, 0, 0},
		{0.0005, 0, 0}, // the kernel's
		{0.083, 0, 0},  // chrony's, 2.5 s in a sleep of 30 s
		{-0.083, 0, 0},
		{0.083, 20 * time.Second, 1},
		{-0.083, -20 * time.Second, 1},
		{0, 5 * time.Second, 1},
	} {
		for _, told := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Minute))
				var log bytes.Buffer // read when Run has returned
				service := capture.New(s.cfg, capture.Options{
					Camera: s.camera, Store: s.store, Schedule: s.schedule, Told: func() bool { return told },
					Clock: slewed{s.clock, c.rate, s.clock.Now()}, Log: zerolog.New(&log),
				})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- service.Run(ctx) }()
				time.Sleep(time.Hour + 5*time.Second)
				if c.step != 0 {
					s.clock.step(c.step)
					service.ClockStepped()
				}
				time.Sleep(time.Hour)
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if n := strings.Count(log.String(), "clock stepped"); n != c.steps {
					t.Errorf("slewed by %v, stepped by %v, told %v: %d steps in the log, want %d", c.rate, c.step, told, n, c.steps)
				}
			})
		}
	}
}

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
		// One of the repeated slots fails: the photo that it has stands.
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
			if got, _ := s.store.at(begin.Add(time.Duration(n) * time.Minute)); got.photos != want {
				t.Errorf("slot %d has %d photos, want %d", n, got.photos, want)
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
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
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
		if a, _ := s.store.at(time.Unix(900, 0)); a.photos != 1 {
			t.Errorf("the slot of 1970 has %d photos, want 1", a.photos)
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
			st.keep(photo.Meta{Slot: begin.AddDate(1, 0, 0), Trigger: photo.Scheduled})
		})
		time.Sleep(10*time.Minute + 15*time.Second)
		stop = s.start()
		time.Sleep(5 * time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 10})
		s.mustAccount(begin, s.clock.Now())
	})
}

// TestAJumpThatIsSetBackIsReportedOnce: a clock that somebody vouched for jumps
// from slot 10 to slot 70, and is set back at what is slot 15 by then. 11 to 15
// have passed meanwhile, and no photo is of them: ClockStep, from the jump. 16 and
// those after it were reported too, but come after all: photos take the place.
func TestAJumpThatIsSetBackIsReportedOnce(t *testing.T) {
	for name, restart := range map[string]bool{"with a ledger": true, "at the first start": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Minute))
				begin := s.clock.Now()
				stop := s.start()
				time.Sleep(5 * time.Second)
				if restart {
					stop()
					stop = s.start()
				}
				time.Sleep(10*time.Minute + 30*time.Second)
				s.clock.step(time.Hour)
				time.Sleep(5*time.Minute + 5*time.Second)
				s.clock.step(-time.Hour)
				time.Sleep(30 * time.Second)
				wantCauses(t, s, map[photo.Cause]int{photo.ClockStep: 5 + 54}) // 11 to 15, and 17 to 70
				s.mustAccount(begin, begin.Add(16*time.Minute))
				if n := len(s.store.photos()); n != 17 {
					t.Errorf("%d photos, want 17: slots 0 to 10, 71 to 75, and 16", n)
				}
				time.Sleep(64 * time.Minute) // to slot 80
				stop()
				wantCauses(t, s, map[photo.Cause]int{photo.ClockStep: 5})
				for n := range 81 {
					want := 1
					switch {
					case n > 10 && n <= 15:
						want = 0
					case n > 70 && n <= 75:
						want = 2
					}
					if got, ok := s.store.at(begin.Add(time.Duration(n) * time.Minute)); !ok || got.photos != want {
						t.Errorf("slot %d: %+v, %t, want %d photos", n, got, ok, want)
					}
				}
			})
		})
	}
}
