package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/linux"
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

func TestSafeSwitchesOffWhatMustNotStayOn(t *testing.T) {
	for _, kept := range []bool{false, true} {
		text := whole
		if kept {
			text = strings.Replace(text, "camera.power.active_low", "camera.power.keep_on = true\ncamera.power.active_low", 1)
		}
		b := sim.New()
		lines := wiring.Lines(load(t, text))
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
		off, err := makeSafe(b, known{lines: lines, from: fromConfig})
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

func TestABrokenConfigurationKeepsNoLineOn(t *testing.T) {
	s := newSite(t)
	s.must(wiring.Save(filepath.Join(s.state, wiring.FileName), wiring.Lines(load(t, whole))))
	s.must(os.WriteFile(s.config, []byte(whole+"\n[[["), 0o600))
	p := &places{config: s.config, state: s.state}
	b, on := boardOf(t, load(t, whole))
	off, err := makeSafe(b, p.drivenLines())
	want := []string{"camera_power", "modem_key", "heater", "fan", "led_green", "led_red"}
	if err != nil || !slices.Equal(off, want) {
		t.Errorf("after the configuration was spoilt: switched off %q, %v, want %q", off, err, want)
	}
	for _, use := range want {
		if on[use].High() {
			t.Errorf("%s is on still", use)
		}
	}
	if !on["modem_power"].High() {
		t.Error("the modem's power was switched off")
	}
	r := s.run(strings.NewReader(""), "hal", "safe")
	if !strings.Contains(r.err, "the daemon's last run") || !strings.Contains(r.err, "cannot be used") {
		t.Errorf("it does not say where the lines are from: %q", r.err)
	}
}

func TestWithoutConfigurationAndLastRunTheModelsTableIsMadeSafe(t *testing.T) {
	for _, text := range []string{"", "{"} {
		s := newSite(t)
		s.must(os.Remove(s.config))
		if text != "" {
			s.must(os.WriteFile(filepath.Join(s.state, wiring.FileName), []byte(text), 0o600))
		}
		b := sim.New()
		heater, modem := b.AddLine("HEATER"), b.AddLine("MODEM_POWER")
		for _, l := range []*sim.Line{heater, modem} {
			l.Drive(true)
		}
		k := (&places{config: s.config, state: s.state}).drivenLines()
		if why := k.why; !errors.Is(why, fs.ErrNotExist) || !strings.Contains(why.Error(), "read noted lines") {
			t.Errorf("with %q for the last run: %v, want that there is no configuration, and what is wrong with that", text, why)
		}
		off, err := makeSafe(b, k)
		if err != nil || !slices.Equal(off, []string{"heater"}) || heater.High() || !modem.High() {
			t.Errorf("switched off %q, %v: heater %v, modem %v", off, err, heater.High(), modem.High())
		}
	}
}

func TestALineThatIsNotThereIsToldUnlessItIsOfTheTableAlone(t *testing.T) {
	lines := wiring.Lines(load(t, "device = \"pole-17\"\nclimate.sensor = \"sht3x\"\nclimate.heater.line = \"HEATER\"\npanel.red_line = \"LED_RED\"\n"))
	for from, told := range map[origin]bool{fromConfig: true, fromLastRun: true, fromModel: false} {
		b := sim.New()
		b.AddLine("LED_RED")
		off, err := makeSafe(b, known{lines: lines, from: from})
		if !slices.Equal(off, []string{"led_red"}) || errors.Is(err, hal.ErrNoLine) != told || told && !strings.Contains(err.Error(), "heater: ") {
			t.Errorf("by %s: switched off %q, %v; want the light, and the heater told %v", from, off, err, told)
		}
	}
}

func TestWhatTheLastRunDroveIsMadeSafeThoughTheConfigurationNamesItNoLonger(t *testing.T) {
	s := newSite(t)
	s.must(wiring.Save(filepath.Join(s.state, wiring.FileName), wiring.Lines(load(t, whole))))
	// GPIO22 was a light, and is the modem's power now: it stays.
	s.must(os.WriteFile(s.config, []byte("device = \"pole-17\"\nmodem.power_line = \"GPIO22\"\n"), 0o600))
	b, on := boardOf(t, load(t, whole))
	off, err := makeSafe(b, (&places{config: s.config, state: s.state}).drivenLines())
	if want := []string{"camera_power", "modem_key", "heater", "fan", "led_red"}; err != nil || !slices.Equal(off, want) {
		t.Errorf("switched off %q, %v, want %q", off, err, want)
	}
	if !on["led_green"].High() {
		t.Error("the line that is the modem's power now was switched off")
	}
}

// boardOf is a board with the lines of c, where each output was left on.
func boardOf(t *testing.T, c config.Config) (*sim.Board, map[string]*sim.Line) {
	t.Helper()
	b, on := sim.New(), map[string]*sim.Line{}
	for _, l := range wiring.Lines(c) {
		on[l.Use] = b.AddLine(l.Line.Name)
		if l.Input {
			continue
		}
		o, err := b.OpenOutput(l.Line, true)
		if err == nil {
			err = o.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b, on
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
	for c, want := range map[string]string{
		"hal test":                    "nobody to ask",
		"hal test --json":             "asks nobody",
		"hal test --line toaster":     `no line "toaster"`,
		"hal test --line modem_power": "may be how you are connected", // nobody can type that it may be cut
		"hal test --line heater --line modem_key --json": "may be how you are connected",
	} {
		r := s.run(strings.NewReader("y\ny\ny\n"), strings.Fields(c)...)
		if r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%q: exit code %d (%s), want a fault in the command line: %s", c, r.code, r.err, want)
		}
	}
	r := s.run(strings.NewReader(""), "hal", "test", "--line", "heater", "--json")
	if r.code != exitFailure || !strings.Contains(r.out, `"failed"`) {
		t.Errorf("a heater that is not there: exit code %d, %s\n%s", r.code, r.err, r.out)
	}
}

func TestALineThatIsAbsentIsAFaultOnlyWhereItIsUsed(t *testing.T) {
	cfg := load(t, "device = \"pole-17\"\nclimate.sensor = \"sht3x\"\nclimate.heater.line = \"heater\"\n\n[[hal.line]]\nuse = \"heater\"\nline = \"NO_SUCH_HEATER\"\n"+
		"[[hal.line]]\nuse = \"fan\"\nline = \"NO_SUCH_FAN\"\n")
	lines, err := chooseLines(wiring.Lines(cfg), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !lines[0].Input || lines[len(lines)-1].Input {
		t.Errorf("the walk goes through %+v, want the inputs first", lines)
	}
	lines = slices.DeleteFunc(lines, func(l wiring.Line) bool { return l.Use != "heater" && l.Use != "fan" })
	board := linux.New()
	w := &tour{look: board.Look, config: cfg, quiet: true, ports: []wiring.Port{
		{Use: "modem", Path: "/dev/no-such-modem"}, {Use: "camera", Path: "/dev/no-such-camera", Key: "camera.vc0706.port"},
	}}
	w.walk = walk.Walk{Board: board}
	err = w.run(t.Context(), lines)
	got := map[string]string{}
	for _, r := range w.results {
		got[r.Item] = r.Outcome
	}
	want := map[string]string{"heater": walk.Failed, "fan": walk.Absent, "/dev/no-such-modem": walk.Absent, "/dev/no-such-camera": walk.Failed}
	if !maps.Equal(got, want) || err == nil || !strings.Contains(err.Error(), "2 of 4") {
		t.Errorf("%v, %v, want %v", got, err, want)
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
