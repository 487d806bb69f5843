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

// The attributes, and their units, which are the kernel's for all drivers: millivolts,
// milliamps, thousandths of a degree and of a percent
// (Documentation/hwmon/sysfs-interface.rst). Of a chip with a shunt in0 is the shunt.
const (
	voltage     = "in1_input"
	current     = "curr1_input"
	temperature = "temp1_input"
	humidity    = "humidity1_input"
)

// nameForm is what can be a driver's name: no path.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$`)

// Check records the name of a sensor that can't be one; there must be one where it is
// used. example is one for people.
func Check(l *invalid.List, name string, used bool, example string) {
	if name == "" && used || name != "" && !nameForm.MatchString(name) {
		l.Add("hwmon", name, `a chip's name in /sys/class/hwmon/*/name, such as "`+example+`"`)
	}
}

// Sensor is one sensor. Its methods may be called from any goroutine.
type Sensor struct{ root, name string }

var (
	_ hal.PowerMeter  = (*Sensor)(nil)
	_ hal.Thermometer = (*Sensor)(nil)
)

// New makes the Sensor whose file "name" says name ("ina226", "sht3x"), below root, in
// which sysfs is at sys: "/". It is looked for at each reading: a driver may come late,
// or anew.
func New(root, name string) *Sensor { return &Sensor{root: root, name: name} }

// Power implements hal.PowerMeter.
func (s *Sensor) Power(ctx context.Context) (p hal.Power, err error) {
	dir, err := s.find(ctx)
	if err != nil {
		return p, err
	}
	if p.Millivolts, err = s.value(dir, voltage); err != nil {
		return hal.Power{}, err
	}
	if p.Milliamps, p.HasCurrent, err = s.optional(dir, current); err != nil {
		return hal.Power{}, err
	}
	return p, nil
}

// Climate implements hal.Thermometer.
func (s *Sensor) Climate(ctx context.Context) (c hal.Climate, err error) {
	dir, err := s.find(ctx)
	if err != nil {
		return c, err
	}
	t, err := s.value(dir, temperature)
	if err != nil {
		return hal.Climate{}, err
	}
	h, has, err := s.optional(dir, humidity)
	if err != nil {
		return hal.Climate{}, err
	}
	return hal.Climate{Celsius: float64(t) / 1000, Humidity: float64(h) / 1000, HasHumidity: has}, nil
}

// optional is an attribute that the sensor need not have.
func (s *Sensor) optional(dir, attribute string) (v int, has bool, err error) {
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
		return "", fmt.Errorf("find sensor %s: %w", s.name, err)
	}
	for _, name := range names {
		text, err := line(name)
		if err != nil || text != s.name {
			continue // one that is just going away is not the one
		}
		if dir != "" {
			return "", fmt.Errorf("find sensor %s: there are two of this name", s.name)
		}
		dir = filepath.Dir(name)
	}
	if dir == "" {
		return "", fmt.Errorf("find sensor %s: the kernel has none of this name (is its driver loaded?)", s.name)
	}
	return dir, nil
}

// value is an attribute's number.
func (s *Sensor) value(dir, attribute string) (int, error) {
	text, err := line(filepath.Join(dir, attribute))
	if err != nil {
		return 0, fmt.Errorf("read sensor %s: %w", s.name, err)
	}
	v, err := Parse(text)
	if err != nil {
		return 0, fmt.Errorf("read %s of sensor %s: %w", attribute, s.name, err)
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
