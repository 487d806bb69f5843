package agent_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
)

// A board without a battery-backed clock goes on from its newest photo, until somebody
// tells it the time, hours or days later.
func TestAResetIsToldForAnHourAlsoWhereTheClockIsNotSet(t *testing.T) {
	inWorld(t, setup{config: everyTenMinutes}, func(w *world) {
		m := &machine{world: w}
		w.root = t.TempDir()
		m.start("0")
		w.boot()
		w.pass(20 * time.Minute)
		w.blackout(3*time.Hour, func() {
			m.start("32")
			w.unset()
		})
		w.pass(10 * time.Minute)
		w.setRight() // by three hours
		w.pass(20 * time.Minute)
		told := func(c control.Condition) bool { return c.Name == health.WatchdogFired }
		for _, want := range []bool{true, false} {
			if all := w.life.agent.Status().Conditions; slices.ContainsFunc(all, told) != want {
				t.Errorf("conditions %+v, want the reset told: %v", all, want)
			}
			w.pass(time.Hour)
		}
		w.finish()
	})
}
