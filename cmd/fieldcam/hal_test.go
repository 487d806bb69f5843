package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// whole is a configuration with every line in use.
const whole = `device = "pole-17"
model = "mach2"
camera.power.line = "camera_power"
camera.power.active_low = true
climate.heater.line = "HEATER"
climate.fan.line = "fan"
climate.sensor = "sht3x"
modem.module = "ec21"
modem.key_line = "modem_key"
modem.power_line = "modem_power"
modem.status_line = "modem_status"
panel.green_line = "GPIO22"
panel.red_line = "led_red"
panel.button_line = "button"

[[hal.line]]
use = "camera_power"
line = "pinctrl-bcm2711:17"
active_low = true
`

func load(t *testing.T, text string) config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fieldcam.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLinesAreThoseOfTheConfigurationAndOfTheModel(t *testing.T) {
	got := map[string]boardLine{}
	for _, l := range boardLines(load(t, whole)) {
		got[l.Use] = l
	}
	for use, want := range map[string]hal.Line{
		"camera_power": {Name: "pinctrl-bcm2711:17"}, // turned round twice
		"heater":       {Name: "HEATER"},
		"fan":          {Name: "FAN"},
		"led_green":    {Name: "GPIO22"},
		"button":       {Name: "BUTTON", ActiveLow: true},
		"shutter":      {Name: "SHUTTER"}, // of the model, and not in use
	} {
		if l := got[use]; l.Line != want || (l.Key == "") != (use == "shutter") {
			t.Errorf("%s is %+v, want %+v", use, l, want)
		}
	}
}

func TestSafeSwitchesOffWhatMustNotStayOn(t *testing.T) {
	for _, kept := range []bool{false, true} {
		text := whole
		if kept {
			text = strings.Replace(text, "camera.power.active_low", "camera.power.keep_on = true\ncamera.power.active_low", 1)
		}
		b := sim.New()
		lines := boardLines(load(t, text))
		on := map[string]*sim.Line{}
		for _, l := range lines {
			on[l.Use] = b.AddLine(l.Line.Name)
			if l.Input {
				continue
			}
			o, err := b.OpenOutput(l.Line, true)
			if err != nil {
				t.Fatal(err)
			}
			if l.Use != "fan" { // somebody else has that one
				o.Close()
			}
		}
		off, err := makeSafe(b, lines)
		if err == nil || !strings.Contains(err.Error(), "fan: ") {
			t.Errorf("with the fan held by another: %v, want that told", err)
		}
		want := []string{"camera_power", "modem_key", "heater", "led_green", "led_red"}
		if kept {
			want = want[1:]
		}
		if !slices.Equal(off, want) {
			t.Errorf("kept %v: switched off %q, want %q", kept, off, want)
		}
		for use, l := range on {
			if use != "button" && use != "modem_status" && use != "exposing" && l.High() == slices.Contains(want, use) {
				t.Errorf("kept %v: %s is high %v", kept, use, l.High())
			}
		}
	}
}

func TestShowTouchesNothingAndTellsAll(t *testing.T) {
	s := newSite(t)
	s.must(os.WriteFile(s.config, []byte(whole), 0o600))
	text := s.do("hal show")
	for _, want := range []string{"Mach II", "7500 mV", "camera_power", "NOT THERE", "/dev/ttyS1", "climate.heater.line"} {
		if !strings.Contains(text, want) {
			t.Errorf("hal show says nothing of %q:\n%s", want, text)
		}
	}
	var h hardware
	s.must(json.Unmarshal([]byte(s.do("hal show --json")), &h))
	if h.Model != "Mach II" || len(h.Lines) != 12 || len(h.Ports) == 0 {
		t.Errorf("hal show --json: %+v", h)
	}
}

func TestNothingIsFiredUnasked(t *testing.T) {
	s := newSite(t)
	for _, c := range [][]string{
		{"hal", "test"},
		{"hal", "test", "--json"},
		{"hal", "test", "--line", "toaster"},
	} {
		r := s.run(strings.NewReader("y\ny\ny\n"), c...)
		if r.code != exitUsage {
			t.Errorf("%q: exit code %d (%s), want a fault in the command line", c, r.code, r.err)
		}
	}
	r := s.run(strings.NewReader(""), "hal", "test", "--line", "heater", "--json")
	if r.code != exitFailure || !strings.Contains(r.out, `"failed"`) {
		t.Errorf("a heater that is not there: exit code %d, %s\n%s", r.code, r.err, r.out)
	}
}

func TestTestRefusesWhileTheDaemonRuns(t *testing.T) {
	s := newSite(t)
	s.daemon()
	for _, c := range []string{"hal test --line heater", "hal safe"} {
		if r := s.run(strings.NewReader(""), strings.Fields(c)...); r.code != exitFailure || !strings.Contains(r.err, "stop it first") {
			t.Errorf("%s: exit code %d, %q, want that the daemon runs", c, r.code, r.err)
		}
	}
}
