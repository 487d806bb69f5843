package power_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/power"
	"fieldcam/hal"
	"fieldcam/hal/vedirect"
)

// simulated runs script with a rig, in simulated time.
func simulated(t *testing.T, change func(*power.Config), script func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { script(newRig(t, change)) })
}

func TestEachRungIsAnEventAndReturnsByItself(t *testing.T) {
	simulated(t, nil, func(r *rig) {
		r.pass(time.Hour, 8000)
		r.wantEvents("full")
		r.pass(20*time.Minute, 7350)
		r.wantEvents("low", "+battery-low/warning", "+power-saving/info")
		if n, limited := r.keeper.Photos(); n != 2 || !limited || r.keeper.Slow() != 1 {
			t.Errorf("%d photos (%v), slow %d, want 2 photos and no slower", n, limited, r.keeper.Slow())
		}
		r.pass(20*time.Minute, 7150)
		r.wantEvents("lower", "+power-saving/warning")
		if n, limited := r.keeper.Photos(); n != 0 || !limited || r.keeper.Slow() != 6 {
			t.Errorf("%d photos (%v), slow %d, want no photos and 6 times slower", n, limited, r.keeper.Slow())
		}
		r.pass(20*time.Minute, 6700)
		r.wantEvents("empty", "+power-saving/critical")
		r.pass(2*time.Hour, 8200)
		r.wantEvents("charged", "-battery-low/warning", "+power-saving/warning", "+power-saving/info", "-power-saving/info")
		r.want("in all", power.UploadLess, power.CaptureOnly, power.Dormant, power.CaptureOnly, power.UploadLess, power.Normal)
		if _, limited := r.keeper.Photos(); limited || len(r.faulty()) != 0 {
			t.Errorf("photos limited %v, faults %v, want neither", limited, r.faulty())
		}
	})
}

// The sensor's lies are told, and cost no photo.
func TestASensorThatLiesMovesNothing(t *testing.T) {
	gone := errors.New("remote I/O error")
	for name, lies := range map[string][]func() (hal.Power, error){
		"12 V and 0":     {millivolts(12000), millivolts(0)},
		"0":              {millivolts(0)},
		"full and empty": {millivolts(8200), millivolts(6100)},
		"gone":           {func() (hal.Power, error) { return hal.Power{}, gone }},
		"now and then":   {millivolts(6100), func() (hal.Power, error) { return hal.Power{}, gone }},
	} {
		t.Run(name, func(t *testing.T) {
			simulated(t, nil, func(r *rig) {
				r.pass(time.Hour, 8000)
				n := 0
				r.feed(func() (hal.Power, error) { n++; return lies[n%len(lies)]() })
				time.Sleep(24 * time.Hour)
				r.want("lied to for a day")
				r.wantEvents("lied to for a day")
				if got := r.faulty(); !slices.Equal(got, []string{"battery meter"}) || r.keeper.State().Known {
					t.Errorf("faults %v, known %v, want the meter's", got, r.keeper.State().Known)
				}
				r.pass(5*time.Minute, 8000)
				if got := r.faulty(); len(got) != 0 {
					t.Errorf("faults %v when it speaks the truth again, want none", got)
				}
			})
		})
	}
}

func TestTheRungSurvivesARestart(t *testing.T) {
	simulated(t, func(c *power.Config) { c.PowerOff = "" }, func(r *rig) {
		r.pass(time.Hour, 8000)
		r.pass(20*time.Minute, 6700)
		dormant := r.keeper.State().Since
		if r.keeper.Dormant(dormant.Add(-1)) || !r.keeper.Dormant(dormant) {
			t.Errorf("dormant since %v is not told so", dormant)
		}
		r.events()
		r.restart()
		if got := r.keeper.Rung(); got != power.Dormant || !r.keeper.Dormant(dormant.Add(time.Minute)) {
			t.Errorf("after a restart: got %v, want dormant", got)
		}
		r.pass(35*time.Minute, 8200)
		awake := r.keeper.State().Since
		r.restart()
		r.want("in all", power.Dormant, power.CaptureOnly)
		for at, want := range map[time.Time]bool{dormant.Add(-1): false, dormant: true, awake.Add(-1): true, awake: false} {
			if got := r.keeper.Dormant(at); got != want {
				t.Errorf("dormant at %v: got %v, want %v", at, got, want)
			}
		}
		if n := r.commands(); n != 0 {
			t.Errorf("%d commands, want none where none is configured", n)
		}
	})
}

// A clock that is set back during dormancy does not end it.
func TestAStepOfTheClockDoesNotEndDormancy(t *testing.T) {
	simulated(t, nil, func(r *rig) {
		r.pass(20*time.Minute, 6700)
		r.clock.Step(-24 * time.Hour)
		r.pass(2*time.Minute, 6700)
		if !r.keeper.Dormant(r.clock.Now()) {
			t.Error("not dormant after the clock was set back, want dormant")
		}
	})
}

func TestTheBoardIsPoweredDownOnlyWithAnAlarm(t *testing.T) {
	simulated(t, nil, func(r *rig) {
		r.pass(20*time.Minute, 7150)
		if n := r.commands(); n != 0 {
			t.Errorf("%d commands on capture-only, want none", n)
		}
		r.mu.Lock()
		r.jammed = true
		r.mu.Unlock()
		r.pass(20*time.Minute, 6700)
		if n, faults := r.commands(), r.faulty(); n != 0 || !slices.Equal(faults, []string{"wake alarm"}) {
			t.Errorf("%d commands and faults %v without an alarm, want none and the alarm's", n, faults)
		}
		r.mu.Lock()
		r.jammed = false
		r.mu.Unlock()
		r.pass(11*time.Minute, 6700)
		if n, faults := r.commands(), r.faulty(); n != 1 || len(faults) != 0 {
			t.Errorf("%d commands, faults %v, want one and none", n, faults)
		}
		r.mu.Lock()
		alarm, ran := r.alarm, r.ran
		r.mu.Unlock()
		if in := alarm.Sub(r.clock.Now().Add(-time.Hour)); in < 45*time.Minute || in > time.Hour || ran[0] != "/usr/bin/systemctl poweroff" {
			t.Errorf("%v: wakes in %v, want an hour after the command", ran, in)
		}
	})
}

// A board that wakes looks at its battery first, and stays up while that recovers.
func TestABoardThatWakesStaysUpWhileItsBatteryRecovers(t *testing.T) {
	simulated(t, nil, func(r *rig) {
		r.pass(15*time.Minute, 6700)
		before := r.commands()
		r.stop()
		time.Sleep(time.Hour)
		r.feed(millivolts(6900)) // better, and within the hysteresis
		r.start()
		time.Sleep(4*time.Minute + 50*time.Second)
		if n := r.commands() - before; n != 0 {
			t.Errorf("%d commands within 5 minutes of a start, want none", n)
		}
		time.Sleep(40 * time.Second)
		if n := r.commands() - before; n != 1 {
			t.Errorf("%d commands after 5 minutes, want one", n)
		}
		r.stop()
		time.Sleep(time.Hour)
		r.feed(millivolts(7300))
		r.start()
		time.Sleep(35 * time.Minute)
		if n := r.commands() - before; n != 1 || r.keeper.Rung() != power.CaptureOnly {
			t.Errorf("%d commands, rung %v with a battery that recovers, want one and capture-only", n, r.keeper.Rung())
		}
	})
}

func TestTheMainsAreLostAndReturn(t *testing.T) {
	simulated(t, func(c *power.Config) { c.Battery.Mains = true }, func(r *rig) {
		for _, mv := range []int{8300, 8050, 8150, 8050, 8240, 8260} { // 8100, and 150 of hysteresis
			r.pass(10*time.Minute, mv)
		}
		r.wantEvents("mains", "+mains-lost/warning", "-mains-lost/warning")
	})
}

func TestAChargersFaultIsToldAndItsSilence(t *testing.T) {
	simulated(t, nil, func(r *rig) {
		r.stop()
		speak := func(s vedirect.State, err error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.charger = func() (vedirect.State, error) { return s, err }
		}
		speak(vedirect.State{Charging: "bulk"}, nil)
		r.start()
		time.Sleep(10 * time.Minute)
		if s := r.keeper.State().Solar; s == nil || s.Charging != "bulk" {
			t.Errorf("got %+v, want the charger's state", s)
		}
		speak(vedirect.State{Charging: "fault", FaultCode: 33, Fault: "panel voltage too high"}, nil)
		time.Sleep(20 * time.Second) // less than a look
		speak(vedirect.State{Charging: "bulk"}, nil)
		time.Sleep(2 * time.Minute)
		r.wantEvents("a short fault")
		speak(vedirect.State{Charging: "fault", FaultCode: 33, Fault: "panel voltage too high"}, nil)
		time.Sleep(2 * time.Minute)
		r.wantEvents("a fault", "+solar-fault/warning")
		if c := r.health.Active(); len(c) != 1 || !strings.Contains(c[0].Text, "panel voltage too high") {
			t.Errorf("got %+v, want what the charger says", c)
		}
		speak(vedirect.State{Charging: "bulk"}, nil)
		time.Sleep(2 * time.Minute)
		r.wantEvents("over", "-solar-fault/warning")
		speak(vedirect.State{}, vedirect.ErrSilent)
		time.Sleep(6 * time.Minute)
		if got := r.faulty(); !slices.Equal(got, []string{"solar charger"}) || r.keeper.State().Solar != nil {
			t.Errorf("faults %v of a silent charger, want its", got)
		}
	})
}

func TestWithoutAMeterThereIsNoLadder(t *testing.T) {
	simulated(t, nil, func(r *rig) {
		r.pass(20*time.Minute, 6700)
		r.stop()
		r.cfg.Meter = power.MeterNone
		r.start()
		at := r.clock.Now()
		time.Sleep(time.Hour)
		if got := r.keeper.Rung(); got != power.Normal || r.keeper.Dormant(at) || !r.keeper.Dormant(at.Add(-time.Minute)) {
			t.Errorf("got %v, want normal from the start on", got)
		}
	})
}
