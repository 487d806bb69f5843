package power_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/agent/power"
	"fieldcam/config/invalid"
)

func TestConfigRefusesWhatNoBatteryIs(t *testing.T) {
	for key, changes := range map[string][]func(*power.Config){
		"meter":                 {func(c *power.Config) { c.Meter = "volts" }},
		"hwmon":                 {func(c *power.Config) { c.Meter = power.MeterHwmon }, func(c *power.Config) { c.Hwmon = "../x" }},
		"every":                 {func(c *power.Config) { c.Every = 0 }, func(c *power.Config) { c.Every = time.Hour }},
		"down_after":            {func(c *power.Config) { c.DownAfter = 0 }},
		"up_after":              {func(c *power.Config) { c.UpAfter = 25 * time.Hour }},
		"blind_after":           {func(c *power.Config) { c.BlindAfter = time.Minute }},
		"wake_every":            {func(c *power.Config) { c.WakeEvery = time.Minute }},
		"less_photos":           {func(c *power.Config) { c.LessPhotos = 0 }},
		"slow_by":               {func(c *power.Config) { c.SlowBy = 0 }},
		"power_off":             {func(c *power.Config) { c.PowerOff = "poweroff" }, func(c *power.Config) { c.PowerOff = "/x\n" }},
		"wake_clock":            {func(c *power.Config) { c.WakeClock = "rtc0" }},
		"solar.port":            {func(c *power.Config) { c.Meter = power.MeterVEDirect }, func(c *power.Config) { c.Solar.Port = "ttyUSB0" }},
		"ina.address":           {func(c *power.Config) { c.INA.Address = 1 }},
		"battery.chemistry":     {func(c *power.Config) { c.Battery.Chemistry = "nimh" }},
		"battery.cells":         {func(c *power.Config) { c.Battery.Cells = 0 }, func(c *power.Config) { c.Battery.Cells = 25 }},
		"battery.alert_mv":      {func(c *power.Config) { c.Battery.AlertMillivolts = 12000 }},
		"battery.mains_mv":      {func(c *power.Config) { c.Battery.MainsMillivolts = -1 }},
		"battery.hysteresis_mv": {func(c *power.Config) { c.Battery.HysteresisMillivolts = 2000 }},
		"battery.dormant_mv":    {func(c *power.Config) { c.Battery.DormantMillivolts = 100 }},
	} {
		for i, change := range changes {
			c := power.Default()
			change(&c)
			got := invalid.Values(c.Validate())
			if len(got) != 1 || got[0].Key != key {
				t.Errorf("%s, %d: got %v", key, i, got)
			}
		}
	}
	c := power.Default()
	c.Battery.LessMillivolts = 7000 // below capture_mv's
	if got := invalid.Values(c.Validate()); !slices.ContainsFunc(got, func(v *invalid.Value) bool { return v.Key == "battery.less_mv" }) {
		t.Errorf("rungs in the wrong order: got %v", got)
	}
}

func TestEachChemistryHasThresholdsThatFit(t *testing.T) {
	for _, chemistry := range power.Chemistries() {
		for _, cells := range []int{1, 2, 4, 6, 12, 24} {
			c := power.Default()
			c.Battery.Chemistry, c.Battery.Cells = chemistry, cells
			if err := c.Validate(); err != nil {
				t.Errorf("%s, %d cells: %v", chemistry, cells, err)
			}
		}
	}
}
