package wiring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/config"
	"fieldcam/hal"
)

// parse is a configuration of a Mach II with these keys.
func parse(t *testing.T, text string) config.Config {
	t.Helper()
	c, err := config.Parse("fieldcam.toml", []byte("device = \"pole-17\"\nmodel = \"mach2\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const lowPower = `camera.kind = "shutter"
camera.power.line = "camera_power"
camera.shutter.line = "shutter"
camera.shutter.half_line = "half_press"
camera.shutter.path = "/media/camera"
camera.shutter.confirm.line = "exposing"
`

const most = `camera.kind = "vc0706"
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

func TestEachLineThatAConfigurationNamesIsListedWithItsKey(t *testing.T) {
	for _, text := range []string{most, lowPower} {
		keys := map[string]wiring.Line{}
		for _, l := range wiring.Lines(parse(t, text)) {
			if l.Key != "" {
				keys[l.Key] = l
			}
		}
		n := 0
		for _, row := range strings.Split(text, "\n") {
			key, _, _ := strings.Cut(row, " = ")
			if !strings.HasSuffix(key, "line") || key == "line" {
				continue
			}
			n++
			if _, ok := keys[key]; !ok {
				t.Errorf("%s is in no list of lines", key)
			}
		}
		if n != len(keys) || n == 0 {
			t.Errorf("%d lines are in use, want the %d of the file: %v", len(keys), n, keys)
		}
	}
}

func TestALineIsWhereConfigurationAndTableHaveIt(t *testing.T) {
	type place struct {
		line  hal.Line
		stays bool
	}
	for _, c := range []struct {
		text string
		want map[string]place
	}{
		{most, map[string]place{
			"camera_power": {hal.Line{Name: "pinctrl-bcm2711:17"}, false}, // turned round twice
			"heater":       {hal.Line{Name: "HEATER"}, false},
			"fan":          {hal.Line{Name: "FAN"}, false},
			"modem_power":  {hal.Line{Name: "MODEM_POWER"}, true},
			"led_green":    {hal.Line{Name: "GPIO22"}, false},
			"button":       {hal.Line{Name: "BUTTON", ActiveLow: true}, false},
			"shutter":      {hal.Line{Name: "SHUTTER"}, false}, // of the model, and not in use
		}},
		{lowPower, map[string]place{
			"camera_power": {hal.Line{Name: "CAMERA_POWER"}, true},
			"exposing":     {hal.Line{Name: "EXPOSING", ActiveLow: true}, false},
		}},
		{strings.Replace(lowPower, `"exposing"`, `"GPIO5"`, 1), map[string]place{
			"exposing": {hal.Line{Name: "GPIO5", ActiveLow: true}, false},
		}},
		{lowPower + "camera.shutter.confirm.active_high = true\n", map[string]place{
			"exposing": {hal.Line{Name: "EXPOSING"}, false},
		}},
	} {
		all := wiring.Lines(parse(t, c.text))
		for use, want := range c.want {
			if l, ok := wiring.Find(all, use); !ok || l.Line != want.line || l.Stays != want.stays {
				t.Errorf("%s is %+v, want %+v", use, l, want)
			}
		}
	}
}

func TestPortsAreThoseOfTheConfigurationAndElseTheModels(t *testing.T) {
	for _, c := range []struct{ text, path, key string }{
		{"", "/dev/i2c-1", ""},
		{"", "/dev/watchdog0", ""},
		{"camera.kind = \"vc0706\"\ncamera.vc0706.port = \"/dev/ttyAMA3\"\n", "/dev/ttyAMA3", "camera.vc0706.port"},
		{"camera.kind = \"ucam\"\ncamera.ucam.port = \"/dev/ttyAMA3\"\n", "/dev/ttyAMA3", "camera.ucam.port"},
		{"camera.visca.port = \"/dev/ttyAMA4\"\n", "/dev/ttyAMA4", "camera.visca.port"},
		{"power.meter = \"vedirect\"\npower.solar.port = \"/dev/ttyUSB7\"\n", "/dev/ttyUSB7", "power.solar.port"},
		{"modem.ask = \"at\"\nmodem.port = \"/dev/ttyUSB9\"\n", "/dev/ttyUSB9", "modem.port"},
		{"power.meter = \"ina\"\npower.ina.bus = \"/dev/i2c-7\"\n", "/dev/i2c-7", "power.ina.bus"},
		{"power.meter = \"ina\"\nclimate.sensor = \"sht3x\"\n", "/dev/i2c-1", "power.ina.bus, climate.sht3x.bus"},
		{"climate.sensor = \"bme280\"\nclimate.bme280.bus = \"/dev/i2c-7\"\n", "/dev/i2c-7", "climate.bme280.bus"},
		{"power.power_off = \"/sbin/poweroff\"\npower.wake_clock = \"/dev/rtc3\"\n", "/dev/rtc3", "power.wake_clock"},
	} {
		all := wiring.Ports(parse(t, c.text))
		i := slices.IndexFunc(all, func(p wiring.Port) bool { return p.Path == c.path })
		if i < 0 || all[i].Key != c.key || all[i].Text == "" || all[i].Use == "" {
			t.Errorf("%q: %s is not listed under %q: %+v", c.text, c.path, c.key, all)
			continue
		}
		for _, other := range all {
			if other.Use == all[i].Use && other.Key == "" && c.key != "" {
				t.Errorf("%q: the model's %s is listed beside the configuration's", c.text, other.Path)
			}
		}
	}
}

func TestWhatIsSafeIsKnownFromTheLastRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), wiring.FileName)
	if _, err := wiring.Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load of no file: %v, want fs.ErrNotExist", err)
	}
	all := wiring.Lines(parse(t, most))
	if err := wiring.Save(path, all); err != nil {
		t.Fatal(err)
	}
	got, err := wiring.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range all {
		i := slices.IndexFunc(got, func(g wiring.Line) bool { return g.Use == l.Use })
		if driven := l.Key != "" && !l.Input; driven != (i >= 0) {
			t.Errorf("%s is noted %v, want %v", l.Use, i >= 0, driven)
		} else if driven {
			n++
			if got[i].Line != l.Line || got[i].Stays != l.Stays {
				t.Errorf("%s is noted as %+v, want %+v", l.Use, got[i], l)
			}
		}
	}
	if n != len(got) || n == 0 {
		t.Errorf("%d lines are noted, want %d", len(got), n)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := wiring.Save(path, all); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the same lines were written anew (%v)", err)
	}
}

func TestADamagedNoteIsNotBelieved(t *testing.T) {
	path := filepath.Join(t.TempDir(), wiring.FileName)
	for _, text := range []string{
		"", "{", `{"format":2,"lines":[]}`, `{"format":1,"lines":[{"use":"toaster","line":"A","safe":"off"}]}`,
		`{"format":1,"lines":[{"use":"fan","line":"","safe":"off"}]}`, `{"format":1,"lines":[{"use":"fan","line":"A","safe":"on"}]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := wiring.Load(path); err == nil {
			t.Errorf("%q gave %+v, want an error", text, all)
		}
	}
}
