package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fieldcam/agent/control"
)

func TestStatusTellsOfTheSupplyInShortLines(t *testing.T) {
	now := time.Date(2027, 1, 5, 7, 0, 0, 0, time.UTC)
	since, drawn, watts, today, degrees, humid := now.Add(-3*time.Hour), 118, 0, 40, -4.26, 87.4
	charged, percent := -1500, 19
	for name, c := range map[string]struct {
		s    control.Status
		want []string
	}{
		"dormant": {control.Status{
			Restart: "power-loss",
			Power: &control.Power{Rung: "dormant", Since: &since, Millivolts: 6712, Milliamps: &drawn,
				Solar: &control.Solar{State: "fault", Fault: "input shut down: battery voltage too high", Watts: &watts, WattHours: &today}},
			Climate: &control.Climate{Celsius: &degrees, Humidity: &humid, Fan: true},
			Upload:  control.Upload{Configured: true, Saving: true},
		}, []string{
			"started    power-loss", "battery    6712 mV, 118 mA are drawn", "power is saved: dormant, since", "solar      fault, 0 W, 40 Wh today\n", "FAULT: input shut down: battery voltage too high",
			"climate    -4.3 °C, 87 % humidity, fan on", "capture    NONE: the battery is nearly empty", "upload     none: the battery is low",
		}},
		"charged": {control.Status{Power: &control.Power{Rung: "normal", Millivolts: 8210, Milliamps: &charged}, Climate: &control.Climate{Heater: true}},
			[]string{"battery    8210 mV, charged with 1500 mA", "climate    NO READING THAT CAN BE BELIEVED, heater on"}},
		"a camera": {control.Status{Camera: &control.Camera{Model: "Canon EOS 2000D", Serial: "000042", BatteryPercent: &percent, AheadSeconds: -3600}},
			[]string{"camera     Canon EOS 2000D, no. 000042, battery 19 %, clock -3600 s"}},
		"a camera that tells little": {control.Status{Camera: &control.Camera{Model: strings.Repeat("Canon ", 20), AheadSeconds: 1}}, []string{"camera     Canon Canon"}},
		"blind":                      {control.Status{Power: &control.Power{Rung: "capture-only"}}, []string{"battery    NO READING THAT CAN BE BELIEVED", "power is saved: capture-only"}},
	} {
		c.s.Now, c.s.TimeZone = now, "UTC"
		var out bytes.Buffer
		printStatus(&out, c.s)
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: want %q in\n%s", name, want, out.String())
			}
		}
		for line := range strings.Lines(out.String()) {
			if utf8.RuneCountInString(line) > 81 {
				t.Errorf("%s: more than 80 columns: %s", name, line)
			}
		}
	}
}
