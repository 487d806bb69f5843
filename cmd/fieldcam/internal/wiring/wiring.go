// Package wiring is what a controller's lines and ports are used for: those of its
// model's table, where the configuration has them, and which of them it uses.
//
// Promises: each line and port that the configuration names is in the list, with the key
// that names it; a line's safe level is told, and is known after the configuration has
// been spoilt (Save, Load).
//
// Out of scope: opening them.
package wiring

import (
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/model"
)

// Line is a line of this controller.
type Line struct {
	Use   string
	Line  hal.Line // in the kernel; Hold is not told
	Input bool
	Text  string // what it means that it is on
	// Key is the configuration's key that has the line in use; empty: none.
	Key string
	// Stays says that the line is left as it is when the daemon ends: what it gives
	// power to works on. The safe level of all others that are driven is off.
	Stays bool
}

// Lines lists the lines: the table's, where c has them. c must be valid.
func Lines(c config.Config) []Line {
	table := model.New(c.Model, c.HAL)
	all := Table(table)
	use := func(name, key, line string, activeLow, stays bool) {
		if line == "" {
			return
		}
		for i := range all {
			if all[i].Use == name {
				all[i].Line = table.Resolve(hal.Line{Name: line, ActiveLow: activeLow})
				all[i].Key, all[i].Stays = key, stays
			}
		}
	}
	p, s, m, n := c.Camera.Power, c.Camera.Shutter, c.Modem, c.Panel
	lowPower := c.Camera.Kind == config.KindShutter
	use(model.CameraPower, "camera.power.line", p.Line, p.ActiveLow, p.KeepOn || lowPower)
	if lowPower {
		use(model.Shutter, "camera.shutter.line", s.Line, s.ActiveLow, false)
		use(model.HalfPress, "camera.shutter.half_line", s.HalfLine, s.ActiveLow, false)
		exposing := s.Confirm.Input()
		use(model.Exposing, "camera.shutter.confirm.line", exposing.Name, exposing.ActiveLow, false)
	}
	use(model.ModemPower, "modem.power_line", m.PowerLine, m.PowerActiveLow, true)
	use(model.ModemKey, "modem.key_line", m.KeyLine, m.KeyActiveLow, false)
	use(model.ModemStatus, "modem.status_line", m.StatusLine, m.StatusActiveLow, false)
	use(model.Heater, "climate.heater.line", c.Climate.Heater.Line, c.Climate.Heater.ActiveLow, false)
	use(model.Fan, "climate.fan.line", c.Climate.Fan.Line, c.Climate.Fan.ActiveLow, false)
	use(model.LEDGreen, "panel.green_line", n.GreenLine, n.GreenActiveLow, false)
	use(model.LEDRed, "panel.red_line", n.RedLine, n.RedActiveLow, false)
	use(model.Button, "panel.button_line", n.ButtonLine, n.ButtonActiveLow, false)
	return all
}

// Table lists the lines of a table, of which nobody says that they are used.
func Table(t model.Table) []Line {
	var all []Line
	for _, l := range t.Lines() {
		// What the modem draws its power from is nobody's to switch off unasked.
		all = append(all, Line{Use: l.Use, Line: l.Kernel, Input: l.Input, Text: l.Text, Stays: l.Use == model.ModemPower})
	}
	return all
}

// Cuts tells whether a change of the line can take the network away over which a
// person has come.
func (l Line) Cuts() bool { return l.Use == model.ModemPower || l.Use == model.ModemKey }

// Find gives the line of a use.
func Find(all []Line, use string) (Line, bool) {
	for _, l := range all {
		if l.Use == use {
			return l, true
		}
	}
	return Line{}, false
}
