package capture_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A clock that is set to a second before a slot leaves no time to find out.
func TestAStepThatIsToldCostsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Hour))
		s.told = func() bool { return true }
		stop := s.start()
		slot := today
		for _, step := range []time.Duration{-20 * time.Minute, 0, 2 * time.Hour, 26 * time.Hour} {
			time.Sleep(15*time.Minute + 7*time.Second)
			slot = slot.Add(step).Truncate(time.Hour).Add(time.Hour)
			s.clock.set(slot.Add(-time.Second))
			s.service.ClockStepped()
			time.Sleep(time.Minute)
			synctest.Wait()
			if last := s.service.State().Last; !last.Slot.Equal(slot) || !last.Taken.Equal(slot) {
				t.Errorf("after a step of the clock to %v before the slot of %v: last photo of %v, taken at %v", time.Second, slot, last.Slot, last.Taken)
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestAClockWhoseStepsAreToldIsLookedAtLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 24*time.Hour))
		var told atomic.Bool
		s.told = told.Load
		stop := s.start()
		time.Sleep(time.Hour)
		hour := func() int {
			s.clock.looked()
			time.Sleep(time.Hour)
			return s.clock.looked()
		}
		alone := hour()
		told.Store(true)
		time.Sleep(time.Minute)
		if n := hour(); 5*n > 2*alone {
			t.Errorf("the clock was looked at %d times in an hour, and %d times where its steps are told: want at most 2 in 5", alone, n)
		}
		told.Store(false) // whoever told is gone
		time.Sleep(time.Minute)
		s.clock.step(24 * time.Hour)
		time.Sleep(11 * time.Second)
		if miss := s.service.State().LastMiss; miss.Slots != 1 {
			t.Errorf("a step over a slot, of which nobody tells: %+v within 11 s, want the slot missed", miss)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
