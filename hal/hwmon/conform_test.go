package hwmon_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"fieldcam/hal"
	"fieldcam/hal/haltest"
	"fieldcam/hal/hwmon"
)

// kernel is a root whose one chip can be set, and broken.
func kernel(t testing.TB) (root string, set func(map[string]int), fail func(error)) {
	t.Helper()
	root = t.TempDir()
	dir := filepath.Join(root, "sys/class/hwmon/hwmon3")
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put("name", "chip")
	set = func(values map[string]int) {
		for name, v := range values {
			put(name, fmt.Sprint(v))
		}
	}
	set(map[string]int{"in1_input": 8000, "curr1_input": 0, "temp1_input": 20000, "humidity1_input": 50000})
	fail = func(err error) {
		name := "chip"
		if err != nil {
			name = "gone"
		}
		put("name", name)
	}
	return root, set, fail
}

func TestTheMeterConforms(t *testing.T) {
	haltest.PowerMeters(t, func(t *testing.T, check func(testing.TB, haltest.PowerRig)) {
		root, set, fail := kernel(t)
		check(t, haltest.PowerRig{Meter: hwmon.New(root, "chip"), Break: fail, Supply: func(p hal.Power) {
			set(map[string]int{"in1_input": p.Millivolts, "curr1_input": p.Milliamps})
		}})
	})
}

func TestTheThermometerConforms(t *testing.T) {
	haltest.Thermometers(t, func(t *testing.T, check func(testing.TB, haltest.ClimateRig)) {
		root, set, fail := kernel(t)
		check(t, haltest.ClimateRig{Meter: hwmon.New(root, "chip"), Break: fail, Step: 0.001, Air: func(c hal.Climate) {
			set(map[string]int{"temp1_input": int(c.Celsius * 1000), "humidity1_input": int(c.Humidity * 1000)})
		}})
	})
}
