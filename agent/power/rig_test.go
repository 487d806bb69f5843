package power_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/power"
	"fieldcam/hal"
	"fieldcam/hal/sim"
	"fieldcam/hal/vedirect"
)

// rig is a Keeper, what it measures, and what it tells. Its fields but for those
// under mu are the test's.
type rig struct {
	testing.TB
	cfg    power.Config
	keeper *power.Keeper
	health *health.Registry
	clock  *sim.Clock
	path   string
	stop   func()

	mu      sync.Mutex // guards what follows
	power   func() (hal.Power, error)
	charger func() (vedirect.State, error)
	faults  map[string]string
	rungs   []power.Rung
	alarm   time.Time // of the clock that wakes the board
	jammed  bool      // that clock keeps no alarm
	ran     []string  // commands
	mulish  error     // why a command fails
}

// millivolts is a battery that has so many.
func millivolts(mv int) func() (hal.Power, error) {
	return func() (hal.Power, error) { return hal.Power{Millivolts: mv, Milliamps: 120, HasCurrent: true}, nil }
}

func newRig(t testing.TB, change func(*power.Config)) *rig {
	r := &rig{TB: t, cfg: power.Default(), clock: sim.NewClock(), path: filepath.Join(t.TempDir(), power.FileName), faults: map[string]string{}, power: millivolts(8000)}
	r.cfg.Meter = power.MeterINA
	r.cfg.PowerOff = "/usr/bin/systemctl poweroff"
	if change != nil {
		change(&r.cfg)
	}
	if err := r.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r.health = health.New(r.clock, zerolog.Nop())
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

// start is a start of the daemon.
func (r *rig) start() {
	r.Helper()
	o := power.Options{
		Meter: meter{r}, Health: r.health, Fault: r.fault, Clock: r.clock, Path: r.path, RTC: rtc{r},
		PowerOff: r.command, Changed: r.changed, Log: zerolog.Nop(),
	}
	if r.charger != nil {
		o.Solar = charger{r}
	}
	var err error
	if r.keeper, err = power.Load(r.cfg, o); err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan error, 1)
	go func(k *power.Keeper) { ended <- k.Run(ctx) }(r.keeper)
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			r.Error(err)
		}
		r.stop = func() {}
	}
}

func (r *rig) restart() {
	r.Helper()
	r.stop()
	r.start()
}

// feed sets what is measured from now on.
func (r *rig) feed(f func() (hal.Power, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.power = f
}

// pass lets time pass with the battery at that voltage.
func (r *rig) pass(d time.Duration, mv int) {
	r.feed(millivolts(mv))
	time.Sleep(d)
}

func (r *rig) fault(sensor string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.faults, sensor)
	if err != nil {
		r.faults[sensor] = err.Error()
	}
}

func (r *rig) changed(rung power.Rung) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rungs = append(r.rungs, rung)
}

func (r *rig) command(_ context.Context, command []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ran = append(r.ran, strings.Join(command, " "))
	return r.mulish
}

// commands counts those that were run.
func (r *rig) commands() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ran)
}

func (r *rig) want(what string, want ...power.Rung) {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.rungs, want) {
		r.Errorf("%s: the rungs were %v, want %v", what, r.rungs, want)
	}
}

// faulty lists the sensors that are reported.
func (r *rig) faulty() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for sensor := range r.faults {
		all = append(all, sensor)
	}
	slices.Sort(all)
	return all
}

// events are the changes of conditions since the last call.
func (r *rig) events() (all []string) {
	for {
		e, ok := r.health.Unsent()
		if !ok {
			return all
		}
		sign := "-"
		if e.Raised {
			sign = "+"
		}
		all = append(all, fmt.Sprintf("%s%s/%s", sign, e.Name, e.Severity))
		r.health.Sent(e.Seq)
	}
}

func (r *rig) wantEvents(what string, want ...string) {
	r.Helper()
	if got := r.events(); !slices.Equal(got, want) {
		r.Errorf("%s: got the events %v, want %v", what, got, want)
	}
}

type meter struct{ *rig }

func (m meter) Power(ctx context.Context) (hal.Power, error) {
	if err := ctx.Err(); err != nil {
		return hal.Power{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.power()
}

type charger struct{ *rig }

func (c charger) State() (vedirect.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.charger()
}

// rtc is a clock that is an hour behind the controller's.
type rtc struct{ *rig }

func (c rtc) Time() (time.Time, error) {
	return c.clock.Now().Add(-time.Hour).Truncate(time.Second), nil
}

func (c rtc) WakeAt(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.jammed {
		c.alarm = t
	}
	return nil
}

func (c rtc) Wake() (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alarm, nil
}
