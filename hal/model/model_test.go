package model_test

import (
	"slices"
	"strings"
	"testing"

	"fieldcam/config/invalid"
	"fieldcam/hal"
	"fieldcam/hal/model"
	"fieldcam/hal/sim"
)

func TestEachModelIsWhole(t *testing.T) {
	names := map[string]bool{}
	for _, m := range model.Models() {
		names[m.Name] = true
		if m.Title == "" || m.Camera == "" || m.Upload == "" || len(m.Ports) == 0 || m.Battery.Cells == 0 || m.Battery.AlertMillivolts >= m.Battery.MainsMillivolts {
			t.Errorf("%s lacks something: %+v", m.Name, m)
		}
		uses, kernel := map[string]bool{}, map[string]bool{}
		for _, l := range m.Lines {
			if uses[l.Use] || kernel[l.Kernel.Name] || l.Text == "" || !slices.Contains(model.Uses(), l.Use) {
				t.Errorf("%s: line %+v is there twice, or says nothing", m.Name, l)
			}
			uses[l.Use], kernel[l.Kernel.Name] = true, true
			if l.Kernel.Hold {
				t.Errorf("%s: %s is held by the table; that is its user's choice", m.Name, l.Use)
			}
		}
	}
	for _, want := range []string{"pro", "mini", "mach2", "tempo"} {
		if m, ok := model.Find(want); !names[want] || !ok || m.Name != want {
			t.Errorf("no model %s", want)
		}
	}
	if _, ok := model.Find("lite"); ok {
		t.Error("found a model that is none")
	}
}

func TestALineIsOpenedByItsUseWhereTheConfigurationSaysItIs(t *testing.T) {
	b := sim.New()
	relay, kernel := b.AddLine("RELAY"), b.AddLine("CAMERA_POWER")
	button, heater := b.AddLine("BUTTON"), b.AddLine("GPIO5")
	table := model.New("mini", model.Config{Lines: []model.LineConfig{
		{Use: model.CameraPower, Line: "RELAY", ActiveLow: true},
		{Use: model.Heater, Line: "GPIO5"},
	}})
	board := table.Board(b)
	for _, c := range []struct {
		line hal.Line
		at   *sim.Line
		high bool // when on
	}{
		{hal.Line{Name: model.CameraPower}, relay, false},
		{hal.Line{Name: model.CameraPower, ActiveLow: true}, relay, true},
		{hal.Line{Name: "CAMERA_POWER"}, kernel, true},
		{hal.Line{Name: model.Heater}, heater, true},
	} {
		for _, resume := range []bool{false, true} {
			o, err := board.OpenOutput(c.line, true)
			if resume && err == nil {
				err = o.Close()
				if err == nil {
					var on bool
					if o, on, err = board.ResumeOutput(c.line); !on {
						t.Errorf("%+v was on, and is resumed as off", c.line)
					}
				}
			}
			if err != nil {
				t.Fatalf("%+v: %v", c.line, err)
			}
			if c.at.High() != c.high {
				t.Errorf("%+v on: its line is high %v, want %v", c.line, c.at.High(), c.high)
			}
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	i, err := board.OpenInput(hal.Line{Name: model.Button}, hal.InputConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	button.Drive(false)
	if on, err := i.On(); !on || err != nil {
		t.Errorf("the button's line is low: pressed %v, %v, want true", on, err)
	}
	if _, err := board.OpenOutput(hal.Line{Name: model.Fan}, true); err == nil || !strings.Contains(err.Error(), "FAN") {
		t.Errorf("a fan that the board has not: %v, want an error with the kernel's name", err)
	}
}

func TestHoldIsTheUsersChoice(t *testing.T) {
	table := model.New("pro", model.Config{})
	if got := table.Resolve(hal.Line{Name: model.CameraPower, Hold: true}); got != (hal.Line{Name: "CAMERA_POWER", Hold: true}) {
		t.Errorf("resolved to %+v", got)
	}
	if l := table.Lines(); len(l) != len(model.Uses()) {
		t.Errorf("a PRO has %d lines, want all %d", len(l), len(model.Uses()))
	}
}

func TestABadTableIsToldWhole(t *testing.T) {
	c := model.Config{Lines: []model.LineConfig{
		{Use: "heater", Line: "GPIO5"},
		{Use: "heater", Line: "GPIO6"},
		{Use: "toaster", Line: "GPIO7"},
		{Use: "fan"},
		{Use: "shutter", Line: "half_press"},
	}}
	err := c.Validate()
	if n := len(invalid.Values(err)); n != 4 {
		t.Fatalf("Validate: %v: %d values, want 4", err, n)
	}
	text := err.Error()
	for _, want := range []string{"line[1].use", "line[2].use", "line[3].line", "line[4].line"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not tell of %s", text, want)
		}
	}
	if strings.Contains(text, "line[0]") {
		t.Errorf("%q complains of a good line", text)
	}
	if err := (model.Config{}).Validate(); err != nil {
		t.Error(err)
	}
}
