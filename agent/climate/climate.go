// Package climate watches the temperature and the humidity in the box, and keeps a
// heater and a fan by them.
//
// Promises:
//   - An output is on only while a temperature that can be believed (agent/reading)
//     asks for it, and the power ladder allows it. It is off from the moment its line
//     is taken, while the sensor is silent, and when Run has returned.
//   - It is switched at two temperatures, and no oftener than each switchEvery.
//   - A line that can't be had is reported and tried again; nothing else waits for it.
//
// Out of scope: the sensors' protocols (hal).
package climate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/reading"
	"fieldcam/hal"
)

const (
	// switchEvery is the least time from switching an output on to the next time: a
	// heater's relay is made for so many.
	switchEvery = time.Minute
	// alarmHysteresis is how far within the limits the temperature must be for the
	// condition to end, in degrees.
	alarmHysteresis = 2
)

// plausible is what a sensor in a box can measure. Readings that agree are within
// four degrees of their median: a fan or a heater changes the air by as much in
// minutes.
func plausible() reading.Range { return reading.Range{Low: -45, High: 110, Tolerance: 4} }

// Board opens the outputs. A hal.Board is one.
type Board interface {
	OpenOutput(line hal.Line, on bool) (hal.Output, error)
}

// Conditions is where what is wrong is told. *health.Registry is one.
type Conditions interface {
	Raise(name health.Name, severity health.Severity, text string)
	Clear(name health.Name)
}

// Options are what a Keeper works with. Board, Health and Fault are required.
type Options struct {
	// Sensor measures; nil: nothing does.
	Sensor hal.Thermometer
	Board  Board
	Health Conditions
	// Fault is told that a sensor or a line can't be used, with the reason, or with
	// nil that it can. It must not wait.
	Fault func(sensor string, err error)
	// Saves tells whether the power ladder stands on the rung of that name, or a
	// deeper one. It must not wait. nil: never.
	Saves func(rung string) bool
	Log   zerolog.Logger
}

// State is how it is in the box.
type State struct {
	// Known tells whether there is a reading that can be believed; Climate is it.
	Known   bool
	Climate hal.Climate
	// Heater and Fan tell whether they are on.
	Heater, Fan bool
}

// Keeper keeps the climate. Its methods may be called from any goroutine.
type Keeper struct {
	c Config
	o Options

	mu    sync.Mutex // guards state
	state State

	// Of Run's goroutine.
	filter  *reading.Filter
	outputs []*output
}

// New makes a Keeper, which takes no line before Run; c must be valid.
func New(c Config, o Options) *Keeper {
	if o.Saves == nil {
		o.Saves = func(string) bool { return false }
	}
	k := &Keeper{c: c, o: o, filter: reading.New(plausible())}
	if h := c.Heater; h.Line != "" {
		k.outputs = append(k.outputs, &output{
			name: "heater", line: hal.Line{Name: h.Line, ActiveLow: h.ActiveLow}, saveFrom: h.SaveFrom,
			t: thermostat{on: float64(h.OnBelow), off: float64(h.OffAbove)}, told: func(s *State, on bool) { s.Heater = on },
		})
	}
	if f := c.Fan; f.Line != "" {
		k.outputs = append(k.outputs, &output{
			name: "fan", line: hal.Line{Name: f.Line, ActiveLow: f.ActiveLow}, saveFrom: f.SaveFrom,
			t: thermostat{on: float64(f.OnAbove), off: float64(f.OffBelow), cools: true}, told: func(s *State, on bool) { s.Fan = on },
		})
	}
	return k
}

// State is a consistent snapshot.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// Run keeps the climate until ctx ends, and returns once the outputs are off. It
// runs once at a time.
func (k *Keeper) Run(ctx context.Context) (err error) {
	defer func() {
		for _, o := range k.outputs {
			err = errors.Join(err, k.close(o))
		}
	}()
	if k.o.Sensor == nil {
		<-ctx.Done()
		return nil
	}
	reading.Watch(ctx, k.c.Every, k.look)
	return nil
}

// look measures once, judges, and switches.
func (k *Keeper) look(ctx context.Context) {
	c, ok, err := reading.Take(ctx, k.filter, k.o.Sensor.Climate, func(c hal.Climate) float64 { return c.Celsius })
	if !ok {
		return
	}
	celsius, known := k.filter.Believed()
	k.mu.Lock()
	k.state.Known = known
	if known {
		k.state.Climate.Celsius = celsius
	}
	if err == nil {
		k.state.Climate.Humidity, k.state.Climate.HasHumidity = min(max(c.Humidity, 0), 100), c.HasHumidity
	}
	k.mu.Unlock()
	k.judge(celsius, known, c, err)
	for _, o := range k.outputs {
		k.keep(o, celsius, known)
	}
}

// judge tells of a temperature out of bounds, and of a sensor that says nothing.
func (k *Keeper) judge(celsius float64, known bool, c hal.Climate, err error) {
	if fault, told := k.filter.Fault(err, fmt.Sprintf("%.1f degrees", c.Celsius)); told {
		k.o.Fault("thermometer", fault)
	}
	if !known {
		return
	}
	const name = health.Temperature
	low, high := float64(k.c.Low), float64(k.c.High)
	switch {
	case celsius < low:
		k.o.Health.Raise(name, name.Severity(), fmt.Sprintf("%.1f degrees in the box, less than %d", celsius, k.c.Low))
	case celsius > high:
		k.o.Health.Raise(name, name.Severity(), fmt.Sprintf("%.1f degrees in the box, more than %d", celsius, k.c.High))
	case celsius >= low+alarmHysteresis && celsius <= high-alarmHysteresis:
		k.o.Health.Clear(name)
	}
}
