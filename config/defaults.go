package config

import (
	"fieldcam/agent/climate"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/modem"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/panel"
	"fieldcam/agent/power"
	"fieldcam/capture"
	"fieldcam/capture/picture"
	"fieldcam/capture/schedule"
	"fieldcam/hal/model"
	"fieldcam/queue"
	"fieldcam/queue/second"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

// defaultModel is the model of a file that names none.
const defaultModel = "tempo"

// Default is everything but the device's name, for the model of a file that names
// none.
func Default() Config { return DefaultFor(defaultModel) }

// DefaultFor is everything but the device's name, for the model of that name: what its
// table (package hal/model) says of the camera, the battery, the ports and the uploads,
// and each package's own. Of a model that there is not it is what the packages say.
func DefaultFor(name string) Config {
	c := Config{
		Model:     name,
		TimeZone:  "UTC",
		Log:       Log{Level: "info"},
		Camera:    defaultCamera(),
		Capture:   capture.Default(),
		Checks:    picture.Default(),
		Sessions:  schedule.DefaultFor(name),
		Queue:     queue.Default(),
		Copy:      second.Default(),
		Retry:     session.Default(),
		Upload:    upload.Default(),
		MQTT:      mqtt.Default(),
		Heartbeat: heartbeat.Default(), Maintenance: maintenance.Default(),
		Power: power.Default(), Climate: climate.Default(),
		Modem: modem.Default(), Panel: panel.Default(),
	}
	m, ok := model.Find(name)
	if !ok {
		return c
	}
	c.Camera.Kind = m.Camera
	c.Camera.VC0706.Port, c.Camera.UCAM.Port = m.Port(model.PortCamera), m.Port(model.PortCamera)
	b := &c.Power.Battery
	b.Chemistry, b.Cells = m.Battery.Chemistry, m.Battery.Cells
	b.AlertMillivolts, b.MainsMillivolts = m.Battery.AlertMillivolts, m.Battery.MainsMillivolts
	c.Power.INA.Bus, c.Power.WakeClock = m.Port(model.PortSensors), m.Port(model.PortClock)
	c.Climate.SHT3x.Bus, c.Climate.BME280.Bus = m.Port(model.PortSensors), m.Port(model.PortSensors)
	c.Modem.Port = m.Port(model.PortModem)
	return c
}

// complete gives the keys that the file leaves out, and whose default goes by what it
// says elsewhere, their values; given tells whether the file has a key or a table.
func (c *Config) complete(given func(path string) bool) {
	if !given("camera.kind") {
		// A file with one camera's table means that camera.
		var tables []string
		for _, k := range kinds() {
			if given("camera." + k.name) {
				tables = append(tables, k.name)
			}
		}
		if len(tables) == 1 {
			c.Camera.Kind = tables[0]
		}
	}
	b := &c.Power.Battery
	if given("power.battery.chemistry") || given("power.battery.cells") {
		// The model's voltages are those of the model's battery.
		if !given("power.battery.alert_mv") {
			b.AlertMillivolts = 0
		}
		if !given("power.battery.mains_mv") {
			b.MainsMillivolts = 0
		}
	}
	m, _ := model.Find(c.Model) // none: Validate says so
	if c.Power.Meter == power.MeterVEDirect && !given("power.solar.port") {
		c.Power.Solar.Port = m.Port(model.PortSolar)
	}
}
