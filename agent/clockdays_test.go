package agent_test

import (
	"testing"
	"time"

	"fieldcam/capture/photo"
)

func TestABoardThatBootsIn1970AccountsForItsSlots(t *testing.T) {
	inWorld(t, setup{}, func(w *world) {
		w.unset()
		w.boot()
		w.passUntil(6, 40) // 06:00, 06:15 and 06:30 by the right clock
		w.setRight()
		w.pass(time.Hour)                // 06:45 to 07:30 are taken
		w.blackout(2*time.Hour, w.unset) // 07:45 to 09:30 pass without power
		w.pass(19 * time.Minute)         // the clock goes on from 07:30 meanwhile: 07:45 is taken
		w.setRight()
		w.passUntil(18, 30)
		w.finish().want(w, perDay-3-8, map[photo.Cause]int{photo.ClockStep: 4, photo.NotRunning: 7})
	})
}

func TestAClockThatStepsCostsOnlyWhatItJumpsOver(t *testing.T) {
	inWorld(t, setup{config: everyTenMinutes}, func(w *world) {
		w.boot()
		for _, by := range []time.Duration{
			20 * time.Second, -20 * time.Second, 7 * time.Minute, -7 * time.Minute,
			3 * time.Hour, -3 * time.Hour, -26 * time.Hour, 26 * time.Hour,
		} {
			w.pass(25 * time.Minute)
			w.step(by)
		}
		w.pass(25 * time.Minute)
		w.step(2 * time.Hour)
		w.pass(time.Minute)
		w.restart(w.setRight) // the ledger ends in the future
		w.pass(time.Hour)
		v := w.finish()
		if n := len(v.missed); n != 1 || v.missed[photo.ClockStep] == 0 {
			w.Errorf("missed %v, want only slots that the clock stepped over", v.missed)
		}
	})
}

func TestAClockThatJumpsInTheFirstHourSkipsNoSlotSilently(t *testing.T) {
	inWorld(t, setup{config: everyTenMinutes}, func(w *world) {
		w.boot()
		w.pass(45 * time.Minute)
		w.step(3 * time.Hour)
		w.pass(4 * time.Hour)
		w.setRight() // what it jumped over has passed meanwhile
		w.pass(time.Hour)
		w.finish()
	})
}
