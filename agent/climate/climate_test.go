package climate_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/climate"
	"fieldcam/agent/health"
	"fieldcam/config/invalid"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

const (
	heaterLine = "HEATER"
	fanLine    = "FAN"
)

// box is a controller's box: its air, its lines, and who keeps it.
type box struct {
	*testing.T
	keeper *climate.Keeper
	board  *sim.Board
	health *health.Registry
	saves  atomic.Bool // the power ladder saves the heater
	stop   func()

	mu     sync.Mutex // guards what follows
	air    hal.Climate
	broken error
	faults map[string]bool
}

// Climate is the sensor.
func (b *box) Climate(ctx context.Context) (hal.Climate, error) {
	if err := ctx.Err(); err != nil {
		return hal.Climate{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.air, b.broken
}

// is sets the air, or why it can't be measured, and lets time pass.
func (b *box) is(d time.Duration, celsius float64, err error) {
	b.mu.Lock()
	b.air, b.broken = hal.Climate{Celsius: celsius, Humidity: 60, HasHumidity: true}, err
	b.mu.Unlock()
	time.Sleep(d)
}

func (b *box) fault(sensor string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.faults, sensor)
	if err != nil {
		b.faults[sensor] = true
	}
}

func (b *box) faulty(sensor string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults[sensor]
}

func (b *box) high(line string) bool { return b.board.AddLine(line).High() }

// wants checks the lines.
func (b *box) wants(what string, heater, fan bool) {
	b.Helper()
	if h, f := b.high(heaterLine), b.high(fanLine); h != heater || f != fan {
		b.Errorf("%s: heater %v, fan %v, want %v, %v", what, h, f, heater, fan)
	}
	if s := b.keeper.State(); s.Heater != heater || s.Fan != fan {
		b.Errorf("%s: the state says %+v", what, s)
	}
}

func simulated(t *testing.T, lines []string, script func(b *box)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &box{T: t, board: sim.New(), health: health.New(sim.NewClock(), zerolog.Nop()), faults: map[string]bool{}}
		for _, line := range lines {
			b.board.AddLine(line)
		}
		c := climate.Default()
		c.Sensor, c.Heater.Line, c.Fan.Line = climate.SensorSHT3x, heaterLine, fanLine
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		b.keeper = climate.New(c, climate.Options{
			Sensor: b, Board: b.board, Health: b.health, Fault: b.fault, Log: zerolog.Nop(),
			Saves: func(rung string) bool { return rung == "capture-only" && b.saves.Load() },
		})
		b.air.Celsius = 20
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.keeper.Run(ctx) }()
		b.stop = func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			b.stop = func() {}
		}
		t.Cleanup(func() { b.stop() })
		script(b)
	})
}

func both() []string { return []string{heaterLine, fanLine} }

func TestHeaterAndFanGoByTheTemperatureWithHysteresis(t *testing.T) {
	simulated(t, both(), func(b *box) {
		b.is(10*time.Minute, 20, nil)
		b.wants("20 degrees", false, false)
		for _, s := range []struct {
			celsius     float64
			heater, fan bool
		}{
			{4, false, false}, {2, true, false}, {4, true, false}, {5.9, true, false}, {6, false, false}, {4, false, false},
			{47, false, false}, {50, false, true}, {47, false, true}, {45.1, false, true}, {45, false, false}, {47, false, false},
		} {
			b.is(10*time.Minute, s.celsius, nil)
			b.wants("thermostat", s.heater, s.fan)
		}
	})
}

func TestOutputsAreOffWhereTheSensorIsSilentOrMad(t *testing.T) {
	gone := errors.New("gone")
	simulated(t, both(), func(b *box) {
		b.is(10*time.Minute, -5, nil)
		b.wants("cold", true, false)
		b.is(3*time.Minute, 0, gone)
		b.wants("the sensor is silent", false, false)
		if b.faulty("thermometer") {
			t.Error("a silence of 3 minutes is reported, want not yet")
		}
		b.is(4*time.Minute, 0, gone)
		if !b.faulty("thermometer") || b.keeper.State().Known {
			t.Error("a silence of 7 minutes is not reported")
		}
		b.is(10*time.Minute, -5, nil)
		b.wants("cold again", true, false)
		b.is(10*time.Minute, 130, nil) // all bits set
		b.wants("mad", false, false)
	})
}

func TestTheHeaterIsOffWherePowerIsSavedAndTheFanNotYet(t *testing.T) {
	simulated(t, both(), func(b *box) {
		b.is(10*time.Minute, -5, nil)
		b.saves.Store(true)
		b.is(2*time.Minute, -5, nil)
		b.wants("cold, and power is saved", false, false)
		b.is(10*time.Minute, 60, nil)
		b.wants("hot, and power is saved", false, true)
		b.saves.Store(false)
		b.is(10*time.Minute, -5, nil)
		b.wants("cold", true, false)
	})
}

func TestOutputsAreOffAtTheEndAndNeverOnAtTheStart(t *testing.T) {
	simulated(t, both(), func(b *box) {
		b.is(10*time.Minute, -5, nil)
		b.stop()
		b.wants("stopped", false, false)
		if h := b.board.AddLine(heaterLine).History(); len(h) != 3 || h[0].High {
			t.Errorf("the heater's line was %v, want low, high, low", h)
		}
	})
}

func TestALineThatIsMissingIsReportedAndTakenLater(t *testing.T) {
	simulated(t, []string{heaterLine}, func(b *box) {
		b.is(10*time.Minute, 60, nil)
		if !b.faulty("fan") || b.faulty("heater") {
			t.Errorf("faults %v, want the fan's", b.faults)
		}
		b.board.AddLine(fanLine)
		b.is(2*time.Minute, 60, nil)
		b.wants("the line is there", false, true)
		if b.faulty("fan") {
			t.Error("the fan is reported still")
		}
	})
}

func TestTheTemperatureIsReportedOutOfItsBounds(t *testing.T) {
	simulated(t, both(), func(b *box) {
		for _, c := range []float64{20, 71, 69, 71, 67, -21, -19, -17} {
			b.is(10*time.Minute, c, nil)
		}
		var got []bool
		for {
			e, ok := b.health.Unsent()
			if !ok {
				break
			}
			if e.Name != health.Temperature {
				t.Errorf("got the event %+v", e)
			}
			got = append(got, e.Raised)
			b.health.Sent(e.Seq)
		}
		if !slices.Equal(got, []bool{true, false, true, false}) {
			t.Errorf("raised %v, want once for the heat and once for the cold", got)
		}
	})
}

func TestConfigRefusesWhatIsNoThermostat(t *testing.T) {
	for key, change := range map[string]func(*climate.Config){
		"sensor":           func(c *climate.Config) { c.Sensor = "finger" },
		"hwmon":            func(c *climate.Config) { c.Sensor = climate.SensorHwmon },
		"every":            func(c *climate.Config) { c.Every = 0 },
		"low":              func(c *climate.Config) { c.Low = -61 },
		"high":             func(c *climate.Config) { c.High = -18 },
		"sht3x.address":    func(c *climate.Config) { c.SHT3x.Address = 1 },
		"bme280.bus":       func(c *climate.Config) { c.BME280.Bus = "" },
		"heater.line":      func(c *climate.Config) { c.Heater.Line = "GPIO5" }, // no sensor
		"heater.save_from": func(c *climate.Config) { c.Heater.SaveFrom = "normal" },
		"heater.off_above": func(c *climate.Config) { c.Heater.OffAbove = 2 },
		"heater.on_below":  func(c *climate.Config) { c.Heater.OnBelow = 126 },
		"fan.on_above":     func(c *climate.Config) { c.Fan.OnAbove = 45 },
		"fan.save_from":    func(c *climate.Config) { c.Fan.SaveFrom = "" },
		"fan.line": func(c *climate.Config) {
			c.Sensor, c.Heater.Line, c.Fan.Line = climate.SensorSHT3x, "GPIO5", "GPIO5"
		},
	} {
		c := climate.Default()
		change(&c)
		if got := invalid.Values(c.Validate()); len(got) != 1 || got[0].Key != key {
			t.Errorf("%s: got %v", key, got)
		}
	}
	if err := climate.Default().Validate(); err != nil {
		t.Error(err)
	}
}
