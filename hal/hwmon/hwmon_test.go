package hwmon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/config/invalid"
	"fieldcam/hal"
	"fieldcam/hal/hwmon"
)

// machine is a root with sensors: each a name and its attributes.
func machine(t *testing.T, sensors ...map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for i, attributes := range sensors {
		dir := filepath.Join(root, "sys/class/hwmon", "hwmon"+string(rune('0'+i)))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range attributes {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

func TestASensorIsFoundByItsName(t *testing.T) {
	root := machine(t,
		map[string]string{"name": "cpu_thermal", "temp1_input": "48312"},
		map[string]string{"name": "ina226", "in0_input": "3", "in1_input": "12874", "curr1_input": "-241"},
		map[string]string{"name": "sht3x", "temp1_input": "-4250", "humidity1_input": "87125"})
	if got, err := hwmon.New(root, "ina226").Power(t.Context()); err != nil || got != (hal.Power{Millivolts: 12874, Milliamps: -241, HasCurrent: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := hwmon.New(root, "sht3x").Climate(t.Context()); err != nil || got != (hal.Climate{Celsius: -4.25, Humidity: 87.125, HasHumidity: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := hwmon.New(root, "cpu_thermal").Climate(t.Context()); err != nil || got != (hal.Climate{Celsius: 48.312}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestASensorThatIsMissingDoubledOrMadIsAnError(t *testing.T) {
	root := machine(t,
		map[string]string{"name": "twice", "in1_input": "1"}, map[string]string{"name": "twice", "in1_input": "1"},
		map[string]string{"name": "mad", "in1_input": "twelve", "temp1_input": "1e6"},
		map[string]string{"name": "endless", "in1_input": strings.Repeat("1", 1000)},
		map[string]string{"name": "bare"})
	for _, name := range []string{"none", "twice", "mad", "endless", "bare"} {
		s := hwmon.New(root, name)
		if got, err := s.Power(t.Context()); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
		if got, err := s.Climate(t.Context()); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

func TestANameIsNoPath(t *testing.T) {
	for name, want := range map[string]bool{"ina226": true, "cpu_thermal": true, "w1-slave": true, "": false, "..": false, "../x": false, "a/b": false, "*": false} {
		var l invalid.List
		hwmon.Check(&l, name, true, "ina226")
		if got := l.Err() == nil; got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"12874", "-4250", "", "1e6", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := hwmon.Parse(s); err == nil && (v > 1_000_000 || v < -1_000_000) {
			t.Errorf("%q: got %d", s, v)
		}
	})
}
