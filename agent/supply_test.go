package agent_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fieldcam/agent/power"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/ina"
	"fieldcam/hal/ina/inasim"
	"fieldcam/hal/sim"
)

// powered is a world that lives on a battery, which an INA226 measures.
type powered struct {
	*world
	battery *sim.Battery
	chip    *inasim.Chip
	rungs   []string // as they were seen, without repeats
}

func inPowered(t *testing.T, change func(*config.Config), script func(p *powered)) {
	t.Helper()
	inWorld(t, setup{config: func(c *config.Config) {
		everyTenMinutes(c)
		c.Power.Meter = power.MeterINA
		if change != nil {
			change(c)
		}
	}}, func(w *world) {
		p := &powered{world: w, battery: sim.NewBattery(sim.TwoCells())}
		c := w.cfg.Power.INA
		p.chip = inasim.New(inasim.Options{Kind: ina.INA226, ShuntMicroohms: c.ShuntMicroohms, Measure: p.measure})
		w.board.AddBus(c.Bus).Attach(uint16(c.Address), p.chip)
		script(p)
	})
}

func (p *powered) measure() (millivolts, milliamps int) {
	got, err := p.battery.Power(context.Background())
	if err != nil {
		return 0, 0
	}
	return got.Millivolts, got.Milliamps
}

// live lets time pass in small steps, with the load that each rung draws, and notes the
// rungs.
func (p *powered) live(d time.Duration) {
	p.Helper()
	const look = 5 * time.Minute
	for until := time.Now().Add(d); time.Now().Before(until); p.pass(look) {
		s := p.life.agent.Status().Power
		if s == nil {
			p.Fatal("no power in the status")
		}
		if n := len(p.rungs); n == 0 || p.rungs[n-1] != s.Rung {
			p.Logf("%s: %s at %d mV, charge %.2f", p.truth().Format(time.DateTime), s.Rung, s.Millivolts, p.battery.Charge())
			p.rungs = append(p.rungs, s.Rung)
		}
		load := map[string]float64{"normal": 110, "upload-less": 100, "capture-only": 80, "dormant": 20}
		p.battery.SetLoad(load[s.Rung])
	}
}

// noonSun shines for ten hours around noon, by the world's clock.
func (p *powered) noonSun(milliamps float64) {
	since := p.dawn.Sub(p.dawn.Truncate(24 * time.Hour))
	epoch := p.epoch.UTC().Sub(p.epoch.UTC().Truncate(24 * time.Hour))
	p.battery.SetSun(sim.Sun{Milliamps: milliamps, Noon: 12*time.Hour - since + epoch, Day: 10 * time.Hour}, 0)
}

// The battery empties in two days, and the sun fills it again: the ladder goes down and
// comes back by itself, each slot is accounted for, and each photo reaches the cloud.
func TestTheLadderCarriesTheControllerThroughDaysWithoutSun(t *testing.T) {
	inPowered(t, nil, func(p *powered) {
		p.boot()
		p.live(50 * time.Hour)
		want := []string{"normal", "upload-less", "capture-only", "dormant"}
		if !slices.Equal(p.rungs, want) {
			p.Fatalf("without sun: the rungs were %v, want %v", p.rungs, want)
		}
		if s := p.life.agent.Status(); s.Power.Millivolts > 6850 || s.Capture.LastMiss != nil {
			p.Errorf("%+v, last miss %+v, want a nearly empty battery, and no miss that is a fault", s.Power, s.Capture.LastMiss)
		}
		p.blackout(2*time.Hour, func() {}) // a brown-out at the bottom
		p.noonSun(1500)
		p.live(40 * time.Hour)
		want = append(want, "capture-only", "upload-less", "normal")
		if !slices.Equal(p.rungs, want) {
			p.Errorf("with sun: the rungs were %v, want %v", p.rungs, want)
		}
		v := p.finish()
		due := p.plan.Count(schedule.Capture, p.dawn, p.truth())
		if n := v.missed[photo.PowerLow]; len(v.missed) != 1 || n < 6*6 || n+v.taken != due {
			p.Errorf("%d taken and missed %v of %d slots, want all others missed as %s", v.taken, v.missed, due, photo.PowerLow)
		}
		events := p.conditions()
		for _, need := range []string{"+battery-low", "-battery-low", "+power-saving", "-power-saving"} {
			if !slices.Contains(events, need) {
				p.Errorf("events %v, want %s among them", events, need)
			}
		}
		saving := 0
		for _, e := range events {
			if e == "+power-saving" {
				saving++
			}
		}
		if saving != 5 { // one for each rung on the way down, and two on the way up
			p.Errorf("events %v: power-saving was raised %d times, want 5", events, saving)
		}
	})
}

// A sensor that lies costs no photo, and is reported.
func TestAMeterThatLiesCostsNoPhoto(t *testing.T) {
	inPowered(t, nil, func(p *powered) {
		p.boot()
		p.live(time.Hour)
		p.chip.BrownOut()
		p.live(time.Hour)
		p.board.AddBus(p.cfg.Power.INA.Bus).SetStuck(true)
		p.live(2 * time.Hour)
		p.board.AddBus(p.cfg.Power.INA.Bus).SetStuck(false)
		p.live(20 * time.Minute)
		p.battery.SetCharge(0) // 6000 mV, and then 8400 again, in turns
		for range 30 {
			p.pass(20 * time.Second)
			p.battery.SetCharge(1)
			p.pass(20 * time.Second)
			p.battery.SetCharge(0)
		}
		p.battery.SetCharge(1)
		p.live(time.Hour)
		if !slices.Equal(p.rungs, []string{"normal"}) {
			p.Errorf("the rungs were %v, want normal throughout", p.rungs)
		}
		v := p.finish()
		v.want(p.world, p.plan.Count(schedule.Capture, p.dawn, p.truth()), map[photo.Cause]int{})
		p.wantConditions("+sensor-fault", "-sensor-fault", "+sensor-fault", "-sensor-fault")
	})
}

// machine is the /proc and /sys of a world's board.
type machine struct {
	*world
	boots int
}

func (m *machine) put(name, text string) {
	m.Helper()
	path := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		m.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		m.Fatal(err)
	}
}

// start is a start of the kernel, whose watchdog tells of the reset before.
func (m *machine) start(status string) {
	m.Helper()
	m.boots++
	m.put("proc/sys/kernel/random/boot_id", fmt.Sprintf("boot-%d", m.boots))
	m.put("sys/class/watchdog/watchdog0/bootstatus", status)
}

// A board that is powered down on the last rung wakes by its clock, looks at its
// battery, and lives again with the sun; the slots between are accounted for.
func TestABoardThatSleepsThroughTheNightAccountsForItsSlots(t *testing.T) {
	inPowered(t, func(c *config.Config) { c.Power.PowerOff = "/sbin/poweroff now" }, func(p *powered) {
		m := &machine{world: p.world}
		p.root = t.TempDir()
		m.start("0")
		clock := sim.NewRTC(p.truth(), nil)
		p.rtc = func(string) hal.RTC { return clock }
		var off atomic.Bool
		p.powerOff = func(_ context.Context, command []string) error {
			if !slices.Equal(command, []string{"/sbin/poweroff", "now"}) {
				t.Errorf("got the command %q", command)
			}
			off.Store(true)
			return nil
		}
		p.battery.SetCharge(0.07)
		p.boot()
		p.live(20 * time.Minute)
		slept := 0
		for ; off.Swap(false) && slept < 100; slept++ {
			alarm, err := clock.Wake()
			now, _ := clock.Time()
			if err != nil || !alarm.After(now) {
				t.Fatalf("powered down at %v with the alarm at %v, %v", now, alarm, err)
			}
			p.restart(func() { // systemd stops the daemon, and the kernel starts anew
				p.battery.SetLoad(2)
				time.Sleep(alarm.Sub(now))
				m.start("0")
			})
			if slept == 6 {
				p.noonSun(1500)
			}
			p.live(40 * time.Minute) // more than it takes for the next power down, or to recover
		}
		p.live(3 * time.Hour)
		if got := p.life.agent.Status(); slept < 7 || slept > 30 || got.Power.Rung != "normal" || got.Restart != "reboot" {
			t.Errorf("slept %d times, power %+v, started for %q; want some hours of sleep, and all well", slept, got.Power, got.Restart)
		}
		v := p.finish()
		due := p.plan.Count(schedule.Capture, p.dawn, p.truth())
		if n := v.missed[photo.PowerLow]; len(v.missed) != 1 || n < 6*slept || n+v.taken != due {
			t.Errorf("%d taken and missed %v of %d slots, want all others missed as %s", v.taken, v.missed, due, photo.PowerLow)
		}
	})
}

func TestAResetAndRepeatedRestartsAreToldWithTheirCause(t *testing.T) {
	inWorld(t, setup{config: everyTenMinutes}, func(w *world) {
		m := &machine{world: w}
		w.root = t.TempDir()
		m.start("0")
		w.boot()
		w.pass(20 * time.Minute)
		w.wantConditions()
		w.blackout(time.Minute, func() { m.start("32") })
		w.pass(2 * time.Hour)
		w.wantConditions("+watchdog-fired", "-watchdog-fired")
		if got := w.life.agent.Status().Restart; got != "watchdog" {
			t.Errorf("started for %q, want watchdog", got)
		}
		for range 3 {
			w.blackout(time.Minute, func() { m.start("0") })
			w.pass(10 * time.Minute)
		}
		w.wantConditions("+watchdog-fired", "-watchdog-fired", "+repeated-restarts")
		for _, c := range w.life.agent.Status().Conditions {
			if c.Text != "4 in a day: power-loss 3, watchdog 1" {
				t.Errorf("got %+v, want the causes", c)
			}
		}
		w.pass(24 * time.Hour)
		w.finish()
		w.wantConditions("+watchdog-fired", "-watchdog-fired", "+repeated-restarts", "-repeated-restarts")
	})
}
