package wiring

import (
	"slices"

	"fieldcam/agent/climate"
	"fieldcam/agent/modem"
	"fieldcam/agent/power"
	"fieldcam/config"
	"fieldcam/hal/model"
)

// Port is a serial port, a bus or a clock of this controller.
type Port struct {
	Use  string // one of package model's
	Path string
	Text string // what is on it
	// Key is the configuration's key that has the port in use; empty: none.
	Key string
}

// Ports lists the ports: those that c has in use, and of the model's those uses that
// nobody makes. c must be valid.
func Ports(c config.Config) []Port {
	var all []Port
	used := map[string]bool{}
	use := func(name, key, path, text string, inUse bool) {
		if !inUse || path == "" {
			return
		}
		used[name] = true
		for i := range all {
			if all[i].Path == path { // a bus has many devices
				all[i].Key += ", " + key
				return
			}
		}
		all = append(all, Port{Use: name, Path: path, Text: text, Key: key})
	}
	cam := c.Camera
	use(model.PortCamera, "camera.vc0706.port", cam.VC0706.Port, "the serial camera", cam.Kind == config.KindVC0706)
	use(model.PortCamera, "camera.ucam.port", cam.UCAM.Port, "the serial camera", cam.Kind == config.KindUCAM)
	use(model.PortCamera, "camera.visca.port", cam.VISCA.Port, "the control line of zoom and focus", true)
	use(model.PortSolar, "power.solar.port", c.Power.Solar.Port, "the solar charger's VE.Direct", true)
	use(model.PortModem, "modem.port", c.Modem.Port, "the modem's AT commands", c.Modem.Ask == modem.AskAT)
	use(model.PortSensors, "power.ina.bus", c.Power.INA.Bus, "sensors", c.Power.Meter == power.MeterINA)
	use(model.PortSensors, "climate.sht3x.bus", c.Climate.SHT3x.Bus, "sensors", c.Climate.Sensor == climate.SensorSHT3x)
	use(model.PortSensors, "climate.bme280.bus", c.Climate.BME280.Bus, "sensors", c.Climate.Sensor == climate.SensorBME280)
	use(model.PortClock, "power.wake_clock", c.Power.WakeClock, "the battery-backed clock, which wakes the board", c.Power.PowerOff != "")
	m, _ := model.Find(c.Model) // c is valid
	for _, p := range m.Ports {
		taken := slices.ContainsFunc(all, func(other Port) bool { return other.Path == p.Path })
		if !used[p.Use] && !taken {
			all = append(all, Port{Use: p.Use, Path: p.Path, Text: p.Text})
		}
	}
	return all
}
