package modem_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/agent/modem"
	"fieldcam/agent/modem/at"
	"fieldcam/agent/modem/modemsim"
)

func TestAModemThatIsOnIsLeftAlone(t *testing.T) {
	run(t, setup{}, func(r *rig) {
		r.sleep(time.Hour)
		r.wantOn(0)
		s, restarts, err := r.m.State()
		want := modem.State{Running: true, SIM: at.SIMReady, Registration: at.Home, DBm: -79, HasSignal: true, Operator: at.Operator{Name: "Field, Net", Technology: "LTE"}}
		if s != want || restarts != 0 || err != nil {
			r.Errorf("got %+v, %d restarts, %v, want %+v and none", s, restarts, err, want)
		}
		if n := len(r.key.History()); n != 1 {
			r.Errorf("the key was set %d times, want once, released: %v", n, r.key.History())
		}
	})
}

func TestAModemThatIsOffIsSwitchedOnByOnePress(t *testing.T) {
	for name, timing := range map[string]modemsim.Timing{"sim7000": modemsim.SIM7000(), "eg915u": modemsim.EG915U()} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{off: true, timing: timing, config: func(c *modem.Config) {
				c.Module, c.KeyActiveLow, c.StatusActiveLow = name, true, true
			}}, func(r *rig) {
				r.sleep(3 * time.Minute)
				r.wantOn(1)
				if s, _, err := r.m.State(); err != nil || !s.Registration.On() {
					r.Errorf("got %+v, %v, want it registered", s, err)
				}
			})
		})
	}
}

// TestAToggledModemIsSwitchedOnAgain: it went off when it was told to go on.
func TestAToggledModemIsSwitchedOnAgain(t *testing.T) {
	run(t, setup{off: true, faults: modemsim.Faults{Bounces: true}}, func(r *rig) {
		r.sleep(5 * time.Minute)
		r.wantOn(2)
	})
}

func TestWithoutAStatusLineSilenceIsWaitedForBeforeThePress(t *testing.T) {
	run(t, setup{noStatus: true}, func(r *rig) {
		r.sleep(time.Hour)
		r.wantOn(0)
	})
	run(t, setup{noStatus: true, off: true}, func(r *rig) {
		r.sleep(time.Minute)
		if r.sim.Presses() != 0 {
			r.Error("pressed within a minute: it might have been starting")
		}
		r.sleep(4 * time.Minute)
		r.wantOn(1)
	})
}

func TestADeadKeyIsSaidAndNotHeld(t *testing.T) {
	run(t, setup{off: true, faults: modemsim.Faults{KeyDead: true}}, func(r *rig) {
		r.sleep(10 * time.Minute)
		if _, _, err := r.m.State(); err == nil || !strings.Contains(err.Error(), "STATUS") {
			r.Errorf("got %v, want that STATUS does not follow", err)
		}
		r.sim.SetFaults(modemsim.Faults{})
		r.sleep(8 * time.Minute) // the pause between presses has grown to that
		if _, _, err := r.m.State(); err != nil || !r.sim.On() {
			r.Errorf("got %v, on %t, want it on once the key works", err, r.sim.On())
		}
	})
}

func TestWhatIsWrongWithTheCardOrTheNetworkIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		faults modemsim.Faults
		sim    at.SIM
		reg    at.Registration
	}{
		"no card":    {modemsim.Faults{NoSIM: true}, at.SIMMissing, at.NotSearching},
		"locked":     {modemsim.Faults{Locked: true}, at.SIMLocked, at.NotSearching},
		"denied":     {modemsim.Faults{Denied: true}, at.SIMReady, at.Denied},
		"no network": {modemsim.Faults{Deaf: true}, at.SIMReady, at.Searching},
		"chatty":     {modemsim.Faults{Chatty: true}, at.SIMReady, at.Home},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{faults: test.faults}, func(r *rig) {
				r.sleep(2 * time.Minute)
				if s, _, err := r.m.State(); err != nil || s.SIM != test.sim || s.Registration != test.reg || !s.Running || s.HasSignal == test.faults.Deaf {
					r.Errorf("got %+v, %v, want card %q, registration %q", s, err, test.sim, test.reg)
				}
				r.wantOn(0)
			})
		})
	}
}

func TestASilentModemThatIsOnIsNotToggled(t *testing.T) {
	for _, faults := range []modemsim.Faults{{Silent: true}, {Endless: true}} {
		run(t, setup{faults: faults}, func(r *rig) {
			r.sleep(10 * time.Minute)
			if s, _, err := r.m.State(); err == nil || !s.Running {
				r.Errorf("got %+v, %v, want that it is on and does not answer", s, err)
			}
			r.wantOn(0)
		})
	}
}

func TestAPortThatVanishesIsToldAndFoundAgain(t *testing.T) {
	run(t, setup{}, func(r *rig) {
		r.sleep(2 * time.Minute)
		r.unplug()
		r.sleep(5 * time.Minute)
		if _, _, err := r.m.State(); err == nil || !strings.Contains(err.Error(), r.cfg.Port) {
			r.Errorf("got %v, want that the port is gone", err)
		}
		r.plug()
		r.sleep(5 * time.Minute)
		if s, _, err := r.m.State(); err != nil || s.SIM != at.SIMReady {
			r.Errorf("got %+v, %v, want it found again", s, err)
		}
		r.wantOn(0)
	})
}

func TestTheKeyIsReleasedHoweverItEnds(t *testing.T) {
	// It is asked for 3 s, and then its key is pressed for 1.2 s.
	for after, pressed := range map[time.Duration]bool{10 * time.Millisecond: false, 3500 * time.Millisecond: true, 6 * time.Second: false} {
		run(t, setup{off: true}, func(r *rig) {
			r.sleep(after)
			if r.key.High() != pressed {
				r.Errorf("after %v the key is pressed: %v, want %v", after, !pressed, pressed)
			}
			r.stop() // in the middle of a press, or of the wait for STATUS; looks at the key
		})
	}
}

func TestALineThatIsMissingIsNamedAndFoundLater(t *testing.T) {
	run(t, setup{off: true, config: func(c *modem.Config) { c.PowerLine, c.KeyLine = "", "LATE_KEY" }}, func(r *rig) {
		r.sleep(time.Hour)
		if _, _, err := r.m.State(); err == nil || !strings.Contains(err.Error(), "LATE_KEY") {
			r.Errorf("got %v, want the line named", err)
		}
		r.board.AddLine("LATE_KEY")
		r.sleep(3 * time.Minute)
		if _, _, err := r.m.State(); err == nil || strings.Contains(err.Error(), "no such line") {
			r.Errorf("got %v, want that it is pressed now, to no avail", err)
		}
	})
}
