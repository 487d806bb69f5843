package climate

import (
	"slices"
	"time"

	"fieldcam/config/invalid"
	"fieldcam/hal/bme280"
	"fieldcam/hal/hwmon"
	"fieldcam/hal/sht3x"
)

// The sensors.
const (
	SensorNone   = "none"
	SensorSHT3x  = "sht3x"
	SensorBME280 = "bme280"
	SensorHwmon  = "hwmon"
)

// Sensors lists what Config.Sensor can be.
func Sensors() []string { return []string{SensorNone, SensorSHT3x, SensorBME280, SensorHwmon} }

// Celsius is a temperature in whole degrees, -60 to 125.
type Celsius int

const (
	minCelsius = -60
	maxCelsius = 125
)

// Config is how the climate in the box is watched and kept.
type Config struct {
	// Sensor is what measures the temperature, one of Sensors. Default "none".
	Sensor string `toml:"sensor"`
	// Hwmon is the name that the kernel's driver gives the chip, for the sensor
	// "hwmon".
	Hwmon string `toml:"hwmon"`
	// Every is how often it is measured. Default 1m.
	Every time.Duration `toml:"every"`
	// Low and High are the temperatures beyond which it is reported. Defaults -20 and
	// 70.
	Low  Celsius `toml:"low"`
	High Celsius `toml:"high"`

	SHT3x  sht3x.Config  `toml:"sht3x"`
	BME280 bme280.Config `toml:"bme280"`
	Heater Heater        `toml:"heater"`
	Fan    Fan           `toml:"fan"`
}

// Heater is a heater's output.
type Heater struct {
	// Line is its GPIO line. Default empty: there is none.
	Line string `toml:"line"`
	// ActiveLow: the line is electrically low while it heats. Default false.
	ActiveLow bool `toml:"active_low"`
	// OnBelow and OffAbove are where it is switched. Defaults 2 and 6.
	OnBelow  Celsius `toml:"on_below"`
	OffAbove Celsius `toml:"off_above"`
	// SaveFrom is the rung of the power ladder from which on it stays off. Default
	// "capture-only".
	SaveFrom string `toml:"save_from"`
}

// Fan is a fan's output.
type Fan struct {
	// Line is its GPIO line. Default empty: there is none.
	Line string `toml:"line"`
	// ActiveLow: the line is electrically low while it blows. Default false.
	ActiveLow bool `toml:"active_low"`
	// OnAbove and OffBelow are where it is switched. Defaults 50 and 45.
	OnAbove  Celsius `toml:"on_above"`
	OffBelow Celsius `toml:"off_below"`
	// SaveFrom is the rung of the power ladder from which on it stays off. Default
	// "dormant".
	SaveFrom string `toml:"save_from"`
}

// savingRungs lists what SaveFrom can be: the names of package power's rungs but
// the first.
func savingRungs() []string { return []string{"upload-less", "capture-only", "dormant"} }

// Default is what a controller uses unless told otherwise.
func Default() Config {
	return Config{
		Sensor: SensorNone, Every: time.Minute, Low: -20, High: 70, SHT3x: sht3x.Default(), BME280: bme280.Default(),
		Heater: Heater{OnBelow: 2, OffAbove: 6, SaveFrom: "capture-only"}, Fan: Fan{OnAbove: 50, OffBelow: 45, SaveFrom: "dormant"},
	}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if !slices.Contains(Sensors(), c.Sensor) {
		l.Add("sensor", c.Sensor, `"none", "sht3x", "bme280" or "hwmon"`)
	}
	hwmon.Check(&l, c.Hwmon, c.Sensor == SensorHwmon, "sht3x")
	if c.Every < time.Second || c.Every > time.Hour {
		l.Add("every", c.Every, "a duration from 1s to 1h")
	}
	degrees(&l, "low", c.Low)
	degrees(&l, "high", c.High)
	if l.Err() == nil && c.High < c.Low+2*alarmHysteresis {
		l.Add("high", c.High, "-60 to 125 degrees, and at least 4 above low")
	}
	l.Under("sht3x", c.SHT3x.Validate())
	l.Under("bme280", c.BME280.Validate())
	checkOutput(&l, "heater", c.Heater.Line, c.Heater.SaveFrom, c.Sensor)
	checkOutput(&l, "fan", c.Fan.Line, c.Fan.SaveFrom, c.Sensor)
	pair(&l, "heater.on_below", "heater.off_above", c.Heater.OnBelow, c.Heater.OffAbove)
	pair(&l, "fan.off_below", "fan.on_above", c.Fan.OffBelow, c.Fan.OnAbove)
	if c.Heater.Line != "" && c.Heater.Line == c.Fan.Line {
		l.Add("fan.line", c.Fan.Line, "another line than heater.line, or nothing")
	}
	return l.Err()
}

// degrees records a temperature out of all bounds.
func degrees(l *invalid.List, key string, c Celsius) {
	if c < minCelsius || c > maxCelsius {
		l.Add(key, int(c), "-60 to 125 degrees")
	}
}

// pair records two temperatures that make no thermostat.
func pair(l *invalid.List, low, high string, a, b Celsius) {
	degrees(l, low, a)
	switch {
	case b < minCelsius || b > maxCelsius:
		degrees(l, high, b)
	case a >= minCelsius && a <= maxCelsius && b <= a:
		l.Add(high, int(b), "-60 to 125 degrees, and more than climate."+low)
	}
}

// checkOutput records what is wrong with an output.
func checkOutput(l *invalid.List, key, line, saveFrom, sensor string) {
	if line != "" && sensor == SensorNone {
		l.Add(key+".line", line, "nothing, unless there is a climate.sensor to go by")
	}
	if !slices.Contains(savingRungs(), saveFrom) {
		l.Add(key+".save_from", saveFrom, `"upload-less", "capture-only" or "dormant"`)
	}
}
