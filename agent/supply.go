package agent

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"fieldcam/agent/climate"
	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/agent/power"
	"fieldcam/hal"
	"fieldcam/hal/bme280"
	"fieldcam/hal/hwmon"
	"fieldcam/hal/ina"
	"fieldcam/hal/sht3x"
	"fieldcam/hal/vedirect"
)

// supply is the battery, its charger and the climate: what is measured, and what
// is saved.
type supply struct {
	power   *power.Keeper
	solar   *vedirect.Charger // nil: none
	climate *climate.Keeper
	faults  *sensorFaults
}

// makeSupply makes the parts that measure. Nothing is opened yet, but the rung of the
// last run is taken over: the first slot goes by it.
func (a *Agent) makeSupply() {
	c := a.o.Config
	a.supply.faults = &sensorFaults{health: a.health, bad: map[string]string{}}
	o := power.Options{
		Meter: a.batteryMeter(), Health: a.health, Fault: a.supply.faults.tell, Clock: a.clock,
		Path: filepath.Join(a.o.StateDir, power.FileName), PowerOff: runCommand, Changed: a.rungChanged, Log: a.log,
	}
	if a.o.RTC != nil {
		o.RTC = a.o.RTC(c.Power.WakeClock)
	}
	if a.o.PowerOff != nil {
		o.PowerOff = a.o.PowerOff
	}
	if c.Power.Solar.Port != "" {
		a.supply.solar = vedirect.New(vedirect.Config{Port: c.Power.Solar.Port}, a.o.Board, a.log)
		o.Solar = a.supply.solar
		if c.Power.Meter == power.MeterVEDirect {
			o.Meter = a.supply.solar
		}
	}
	var damaged error
	if a.supply.power, damaged = power.Load(c.Power, o); damaged != nil {
		a.log.Error().Err(damaged).Msg("power ladder begins anew")
	}
	a.supply.climate = climate.New(c.Climate, climate.Options{
		Sensor: a.thermometer(), Board: a.o.Board, Health: a.health, Fault: a.supply.faults.tell, Log: a.log,
		Saves: a.supply.power.Saves,
	})
}

// batteryMeter is the configured one, but for the solar charger; nil: none.
func (a *Agent) batteryMeter() hal.PowerMeter {
	c := a.o.Config.Power
	switch c.Meter {
	case power.MeterINA:
		return ina.New(c.INA, a.o.Board)
	case power.MeterHwmon:
		return hwmon.New(a.root(), c.Hwmon)
	}
	return nil
}

// thermometer is the configured one; nil: none.
func (a *Agent) thermometer() hal.Thermometer {
	c := a.o.Config.Climate
	switch c.Sensor {
	case climate.SensorSHT3x:
		return sht3x.New(c.SHT3x, a.o.Board)
	case climate.SensorBME280:
		return bme280.New(c.BME280, a.o.Board)
	case climate.SensorHwmon:
		return hwmon.New(a.root(), c.Hwmon)
	}
	return nil
}

// root is where /sys and /proc are.
func (a *Agent) root() string {
	if a.o.Root == "" {
		return "/"
	}
	return a.o.Root
}

// supplyParts are the parts that measure.
func (a *Agent) supplyParts() []part {
	parts := []part{{"power", a.supply.power.Run}, {"climate", a.supply.climate.Run}}
	if a.supply.solar != nil {
		parts = append(parts, part{"solar charger", a.supply.solar.Run})
	}
	return parts
}

// rungChanged tells the cloud how it will be heard of from now on.
func (a *Agent) rungChanged(power.Rung) { a.heart.LinkUp() }

// sensorFaults puts the faults of several sensors into one condition. Its methods
// may be called from any goroutine.
type sensorFaults struct {
	health *health.Registry

	mu  sync.Mutex        // guards bad
	bad map[string]string // why, by the sensor's name
}

// tell says that a sensor fails, or with nil that it does not.
func (f *sensorFaults) tell(sensor string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		delete(f.bad, sensor)
	} else {
		f.bad[sensor] = err.Error()
	}
	const name = health.SensorFault
	if len(f.bad) == 0 {
		f.health.Clear(name)
		return
	}
	all := make([]string, 0, len(f.bad))
	for sensor, why := range f.bad {
		all = append(all, sensor+": "+why)
	}
	slices.Sort(all)
	f.health.Raise(name, name.Severity(), strings.Join(all, "; "))
}

// powerStatus is how the supply is, nil where nothing measures it.
func (a *Agent) powerStatus() *control.Power {
	c := a.o.Config.Power
	if c.Meter == power.MeterNone && c.Solar.Port == "" {
		return nil
	}
	s := a.supply.power.State()
	p := &control.Power{Rung: s.Rung.String()}
	if !s.Since.IsZero() {
		p.Since = &s.Since
	}
	if s.Known {
		p.Millivolts = s.Power.Millivolts
		if s.Power.HasCurrent {
			p.Milliamps = &s.Power.Milliamps
		}
	}
	if v := s.Solar; v != nil {
		p.Solar = &control.Solar{State: v.Charging, Tracker: v.Tracker, Fault: v.Fault, Watts: v.PanelWatts, WattHours: v.TodayWattHours}
	}
	return p
}

// climateStatus is the air in the box, nil where nothing measures it.
func (a *Agent) climateStatus() *control.Climate {
	if a.o.Config.Climate.Sensor == climate.SensorNone {
		return nil
	}
	s := a.supply.climate.State()
	c := &control.Climate{Heater: s.Heater, Fan: s.Fan}
	if s.Known {
		c.Celsius = &s.Climate.Celsius
		if s.Climate.HasHumidity {
			c.Humidity = &s.Climate.Humidity
		}
	}
	return c
}

// supplyMessage puts the supply and the climate into the status for the hub.
func supplyMessage(m *message.Status, s control.Status) {
	if p := s.Power; p != nil {
		m.Power = &message.Power{Rung: p.Rung, Millivolts: int64(p.Millivolts)}
		if p.Milliamps != nil {
			m.Power.Milliamps = int64(*p.Milliamps)
		}
		if v := p.Solar; v != nil {
			m.Power.Solar = &message.Solar{State: v.State, Fault: v.Fault}
			if v.Watts != nil {
				m.Power.Solar.Watts = int64(*v.Watts)
			}
			if v.WattHours != nil {
				m.Power.Solar.WattHours = int64(*v.WattHours)
			}
		}
	}
	if c := s.Climate; c != nil && c.Celsius != nil {
		const tenth = 10
		m.Climate = &message.Climate{Decidegrees: int64(*c.Celsius * tenth)}
		if c.Humidity != nil {
			m.Climate.Humidity = int64(*c.Humidity)
		}
	}
	m.Restart = s.Restart
}
