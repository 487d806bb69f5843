// Package hwmon reads the sensors that the kernel has a driver for, from
// /sys/class/hwmon: a power monitor's voltage and current, a thermometer, a
// hygrometer.
//
// Promises: a sensor is found by the name that its driver gives it, never by its
// number, which changes from one start to the next; a name that two have is an
// error; no attribute is read beyond a line; nothing is written.
//
// Out of scope: whether a reading makes sense (agent/power).
package hwmon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"fieldcam/config/invalid"
	"fieldcam/hal"
)

// Config is which sensor. The units are the kernel's, for all drivers: millivolts,
// milliamps, thousandths of a degree and of a percent
// (Documentation/hwmon/sysfs-interface.rst).
type Config struct {
	// Name is what the file "name" of the sensor says: "ina226", "sht3x". Required
	// where the sensor is used.
	Name string `toml:"name"`
	// Voltage is the attribute of a power monitor's voltage. Default "in1_input".
	Voltage string `toml:"voltage"`
	// Current is the attribute of its current; empty: it measures none. Default
	// "curr1_input".
	Current string `toml:"current"`
	// Temperature is the attribute of a thermometer. Default "temp1_input".
	Temperature string `toml:"temperature"`
	// Humidity is the attribute of its humidity; empty: it measures none. Default
	// "humidity1_input".
	Humidity string `toml:"humidity"`
	// Reversed says that a positive current charges the battery. Default false.
	Reversed bool `toml:"reversed"`
}

// Default names the attributes that most drivers have.
func Default() Config {
	return Config{Voltage: "in1_input", Current: "curr1_input", Temperature: "temp1_input", Humidity: "humidity1_input"}
}

// nameForm is what can be a driver's name: it has no dash by the kernel's rule, but
// some have; attributeForm what can be an attribute's.
var (
	nameForm      = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,63}$`)
	attributeForm = regexp.MustCompile(`^(in|curr|temp|humidity)[0-9]{1,3}_[a-z]{1,15}$`)
)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if !nameForm.MatchString(c.Name) {
		l.Add("name", c.Name, `the sensor's name in /sys/class/hwmon/*/name, such as "ina226"`)
	}
	attribute := func(key, got, example string, optional bool) {
		want := "the name of an attribute, such as \"" + example + "\""
		if optional {
			want += ", or nothing"
		}
		if !attributeForm.MatchString(got) && !(optional && got == "") {
			l.Add(key, got, want)
		}
	}
	attribute("voltage", c.Voltage, "in1_input", false)
	attribute("current", c.Current, "curr1_input", true)
	attribute("temperature", c.Temperature, "temp1_input", false)
	attribute("humidity", c.Humidity, "humidity1_input", true)
	return l.Err()
}

// Sensor is one sensor. Its methods may be called from any goroutine.
type Sensor struct {
	c    Config
	root string
}

var (
	_ hal.PowerMeter  = (*Sensor)(nil)
	_ hal.Thermometer = (*Sensor)(nil)
)

// New makes a Sensor below root, in which sysfs is at sys: "/". c must be valid. The
// sensor is looked for at each reading: a driver may come late, or anew.
func New(c Config, root string) *Sensor { return &Sensor{c: c, root: root} }

// Power implements hal.PowerMeter.
func (s *Sensor) Power(ctx context.Context) (p hal.Power, err error) {
	dir, err := s.find(ctx)
	if err != nil {
		return p, err
	}
	if p.Millivolts, err = s.value(dir, s.c.Voltage); err != nil {
		return hal.Power{}, err
	}
	if p.Milliamps, p.HasCurrent, err = s.optional(dir, s.c.Current); err != nil {
		return hal.Power{}, err
	}
	if s.c.Reversed {
		p.Milliamps = -p.Milliamps
	}
	return p, nil
}

// Climate implements hal.Thermometer.
func (s *Sensor) Climate(ctx context.Context) (c hal.Climate, err error) {
	dir, err := s.find(ctx)
	if err != nil {
		return c, err
	}
	t, err := s.value(dir, s.c.Temperature)
	if err != nil {
		return hal.Climate{}, err
	}
	h, has, err := s.optional(dir, s.c.Humidity)
	if err != nil {
		return hal.Climate{}, err
	}
	return hal.Climate{Celsius: float64(t) / 1000, Humidity: float64(h) / 1000, HasHumidity: has}, nil
}

// optional is an attribute that the sensor need not have.
func (s *Sensor) optional(dir, attribute string) (v int, has bool, err error) {
	if attribute == "" {
		return 0, false, nil
	}
	v, err = s.value(dir, attribute)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	return v, err == nil, err
}

// find is the directory of the one sensor with the name.
func (s *Sensor) find(ctx context.Context) (dir string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	names, err := filepath.Glob(filepath.Join(s.root, "sys/class/hwmon/*/name"))
	if err != nil {
		return "", fmt.Errorf("find sensor %s: %w", s.c.Name, err)
	}
	for _, name := range names {
		text, err := line(name)
		if err != nil || text != s.c.Name {
			continue // one that is just going away is not the one
		}
		if dir != "" {
			return "", fmt.Errorf("find sensor %s: there are two of this name", s.c.Name)
		}
		dir = filepath.Dir(name)
	}
	if dir == "" {
		return "", fmt.Errorf("find sensor %s: the kernel has none of this name (is its driver loaded?)", s.c.Name)
	}
	return dir, nil
}

// value is an attribute's number.
func (s *Sensor) value(dir, attribute string) (int, error) {
	text, err := line(filepath.Join(dir, attribute))
	if err != nil {
		return 0, fmt.Errorf("read sensor %s: %w", s.c.Name, err)
	}
	v, err := Parse(text)
	if err != nil {
		return 0, fmt.Errorf("read %s of sensor %s: %w", attribute, s.c.Name, err)
	}
	return v, nil
}

// maxValue is more than any sensor's reading: a thousand volts, amps or degrees.
const maxValue = 1_000_000

// Parse reads an attribute's number, from -1000000 to 1000000.
func Parse(text string) (int, error) {
	v, err := strconv.Atoi(text)
	if err != nil || v < -maxValue || v > maxValue {
		return 0, fmt.Errorf("%.20q: want a number up to %d", text, maxValue)
	}
	return v, nil
}

// maxLine is more than any attribute has.
const maxLine = 128

// line is a file's one line.
func line(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // only read
	b, err := io.ReadAll(io.LimitReader(f, maxLine))
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\n"), nil
}
