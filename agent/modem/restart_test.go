package modem_test

import (
	"testing"
	"time"

	"fieldcam/agent/modem"
	"fieldcam/agent/modem/modemsim"
)

// rarely has a modem be asked seldom, for simulated bytes take real time.
func rarely(c *modem.Config) { c.Every = 10 * time.Minute }

func TestAModemIsRestartedWhereTheCloudIsSilentForHours(t *testing.T) {
	run(t, setup{config: rarely}, func(r *rig) {
		r.sleep(time.Hour)
		r.lose()
		r.sleep(2*time.Hour - time.Minute)
		if r.sim.Starts() != 0 {
			r.Error("restarted before its time")
		}
		r.sleep(25 * time.Minute) // the wait's jitter is 12, and looks are 11 apart
		if _, n, _ := r.m.State(); r.sim.Starts() != 1 || n != 1 {
			r.Errorf("%d starts, %d told, want one", r.sim.Starts(), n)
		}
		r.wantOn(0) // by its command
		r.sleep(4*time.Hour + 40*time.Minute)
		r.wantOn(1) // switched off by command, then the key
		if r.sim.Starts() != 2 {
			r.Errorf("%d starts, want a second one", r.sim.Starts())
		}
		r.lost.Store(0)
		r.sleep(48 * time.Hour)
		r.wantOn(1)
	})
}

func TestRestartsGrowRare(t *testing.T) {
	run(t, setup{config: rarely}, func(r *rig) {
		r.lose()
		r.sleep(6 * 24 * time.Hour)
		// At 2 h, 6, 14 and 30 h, then one a day at the most.
		if n := r.sim.Starts(); n < 7 || n > 9 {
			r.Errorf("%d restarts in 6 days, want some 8", n)
		}
		if !r.sim.On() {
			r.Error("the modem is off")
		}
	})
}

func TestAHungModemLosesItsPower(t *testing.T) {
	run(t, setup{config: func(c *modem.Config) { rarely(c); c.PowerLine = "MODEM_POWER" }}, func(r *rig) {
		r.sleep(time.Minute)
		r.sim.SetFaults(modemsim.Faults{Hung: true, KeyDead: true})
		r.lose()
		r.sleep(3 * time.Hour) // neither the command nor the key helps: both fail, and the power follows at once
		if !r.sim.On() || r.sim.Starts() == 0 {
			r.Fatalf("on %t, %d starts, want it on by its power", r.sim.On(), r.sim.Starts())
		}
		r.sim.SetFaults(modemsim.Faults{})
		r.sleep(15 * time.Minute)
		if _, _, err := r.m.State(); err != nil {
			r.Errorf("got %v, want an answer", err)
		}
		if changes := r.power.History(); len(changes) != 3 || !changes[2].High || changes[2].At.Sub(changes[1].At) < 5*time.Second {
			r.Errorf("power %v, want off for 5 s", changes)
		}
	})
}

func TestNeverMeansNever(t *testing.T) {
	run(t, setup{config: func(c *modem.Config) { rarely(c); c.RestartAfter = 0 }}, func(r *rig) {
		r.lose()
		r.sleep(7 * 24 * time.Hour)
		r.wantOn(0)
		if r.sim.Starts() != 0 {
			r.Errorf("%d restarts, want none", r.sim.Starts())
		}
	})
}
