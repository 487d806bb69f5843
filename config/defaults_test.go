package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fieldcam/agent/power"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/hal/model"
)

func TestWhatAModelsTableSaysIsTheDefault(t *testing.T) {
	for _, m := range model.Models() {
		c := accepted(t, "device = 'x'\nmodel = '"+m.Name+"'")
		serial, bus := m.Port(model.PortCamera), m.Port(model.PortSensors)
		for key, is := range map[string]bool{
			"camera.kind":             c.Camera.Kind == m.Camera,
			"camera.vc0706.port":      c.Camera.VC0706.Port == serial,
			"camera.ucam.port":        c.Camera.UCAM.Port == serial,
			"modem.port":              c.Modem.Port == m.Port(model.PortModem),
			"power.wake_clock":        c.Power.WakeClock == m.Port(model.PortClock),
			"power.ina.bus":           c.Power.INA.Bus == bus,
			"climate.sht3x.bus":       c.Climate.SHT3x.Bus == bus,
			"climate.bme280.bus":      c.Climate.BME280.Bus == bus,
			"power.solar.port":        c.Power.Solar.Port == "",
			"power.battery.chemistry": c.Power.Battery.Chemistry == m.Battery.Chemistry,
			"power.battery.cells":     c.Power.Battery.Cells == m.Battery.Cells,
			"power.battery.alert_mv":  c.Power.Battery.AlertMillivolts == m.Battery.AlertMillivolts,
			"power.battery.mains_mv":  c.Power.Battery.MainsMillivolts == m.Battery.MainsMillivolts,
			"session": slices.ContainsFunc(c.Sessions, func(s schedule.Session) bool { return s.Order == schedule.OldestFirst }) ==
				(m.Upload == "end-of-day"),
		} {
			if !is {
				t.Errorf("%s: %s is not as in the table", m.Name, key)
			}
		}
		shown := config.Show(c)
		for _, want := range []string{fmt.Sprintf("kind = %q", m.Camera), fmt.Sprintf("alert_mv = %d", m.Battery.AlertMillivolts)} {
			if !strings.Contains(shown, want+"\n") {
				t.Errorf("%s: the effective configuration does not show %s as it is by default", m.Name, want)
			}
		}
		if strings.Contains(shown, "# default") {
			t.Errorf("%s: what the file leaves out is shown as no default:\n%s", m.Name, shown)
		}
	}
}

func TestWhatTheFileSaysGoesBeforeTheModelsTable(t *testing.T) {
	for _, m := range append(config.Models(), "") {
		text := "device = 'x'\nmodel = '" + m + "'\n"
		if m == "" {
			text = "device = 'x'\n"
		}
		c := accepted(t, text+`camera.kind = "ucam"
camera.ucam.port = "/dev/a"
modem.port = "/dev/b"
power.wake_clock = "/dev/c"
power.ina.bus = "/dev/d"
climate.sht3x.bus = "/dev/e"
power.battery.chemistry = "lead"
power.battery.cells = 6
power.battery.alert_mv = 12100
power.meter = "vedirect"
power.solar.port = "/dev/f"
`)
		got := []any{c.Camera.Kind, c.Camera.UCAM.Port, c.Modem.Port, c.Power.WakeClock, c.Power.INA.Bus, c.Climate.SHT3x.Bus,
			c.Power.Battery.Chemistry, c.Power.Battery.Cells, c.Power.Battery.AlertMillivolts, c.Power.Battery.MainsMillivolts, c.Power.Solar.Port}
		want := []any{"ucam", "/dev/a", "/dev/b", "/dev/c", "/dev/d", "/dev/e", "lead", 6, 12100, 0, "/dev/f"}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", m, got, want)
		}
	}
}

func TestAnotherBatteryHasNotTheVoltagesOfTheModels(t *testing.T) {
	for _, text := range []string{"power.battery.chemistry = 'lifepo4'", "power.battery.cells = 4", "[power.battery]\nchemistry = 'lead'\ncells = 12"} {
		b := accepted(t, "device = 'x'\n"+text).Power.Battery
		if b.AlertMillivolts != 0 || b.MainsMillivolts != 0 {
			t.Errorf("%s: low below %d mV, mains lost below %d mV, want the chemistry's", text, b.AlertMillivolts, b.MainsMillivolts)
		}
	}
	c := accepted(t, "device = 'x'\npower.meter = 'vedirect'")
	if tempo, _ := model.Find("tempo"); c.Power.Meter != power.MeterVEDirect || c.Power.Solar.Port != tempo.Port(model.PortSolar) {
		t.Errorf("the charger is on %q, want the model's port", c.Power.Solar.Port)
	}
}

func TestTheTableOfOneCameraChoosesItsKind(t *testing.T) {
	for text, want := range map[string]string{
		"[camera.vc0706]\nbaud = 38400":                          "vc0706",
		"camera.ucam.model = 'ucam2'":                            "ucam",
		"camera.command = { timeout = '30s' }":                   "command",
		"[camera.ucam]\n[camera.vc0706]":                         "gphoto", // the model's
		"[camera.power]\nline = 'GPIO17'":                        "gphoto",
		"[camera]\nkind = 'vc0706'\n[camera.ucam]\nbaud = 57600": "vc0706",
	} {
		if got := accepted(t, "device = 'x'\n"+text).Camera.Kind; got != want {
			t.Errorf("%q: the kind is %s, want %s", text, got, want)
		}
	}
}
