package agent_test

import (
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/maintenance"
	"fieldcam/config"
)

// TestAControllerLooksForALostCloudAtOneMomentOfEachRound: its parts share it. Were
// each to have its own, the first to find the cloud would wake the others, and three
// times the mean of a fleet would be back in the first seconds.
func TestAControllerLooksForALostCloudAtOneMomentOfEachRound(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) {
		everyTenMinutes(c)
		c.Maintenance.Spread = 10 * time.Minute
	}}, func(w *world) {
		d := w.keepDiary()
		w.boot()
		w.passUntil(7, 5)
		w.network(linktest.Severed)
		w.passUntil(8, 30)
		begun := w.truth()
		w.pass(2 * time.Hour)
		tries := d.dialed(w, "", begun, w.truth())
		if len(tries) < 3*11 {
			t.Fatalf("%d tries in two hours, want monitor, control link and sessions each 10 min", len(tries))
		}
		const apart = 5 * time.Second
		for _, n := range tries {
			if off := (n.at.Sub(tries[0].at) + apart) % w.cfg.Maintenance.Spread; off > 2*apart {
				t.Errorf("a try %v after the first of its round, want all at one moment", off-apart)
			}
		}
		w.network(linktest.Whole)
		w.finish()
	})
}

// TestAnOutageBesideAWindowThatAWrongClockShowedIsReported, once the clock is right.
func TestAnOutageBesideAWindowThatAWrongClockShowedIsReported(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) {
		everyTenMinutes(c)
		w := maintenance.NewWindow()
		w.Name, w.Start, w.Duration = "move", monday().AddDate(0, 0, -2).Format(time.DateTime), 24*time.Hour
		c.Maintenance.Windows = []maintenance.Window{w}
	}}, func(w *world) {
		w.step(-47 * time.Hour)
		w.boot()
		w.pass(time.Hour)
		w.network(linktest.Severed)
		w.pass(time.Hour)
		if _, raised := w.condition(health.CloudUnreachable); raised {
			t.Error("an alarm in the window")
		}
		w.setRight()
		w.pass(80 * time.Minute)
		if _, raised := w.condition(health.CloudUnreachable); !raised {
			t.Errorf("no alarm 80 min after the clock was set and the window was gone: %v", w.life.agent.Status().Conditions)
		}
	})
}
