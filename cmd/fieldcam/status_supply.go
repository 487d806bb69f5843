package main

import (
	"fmt"
	"strings"

	"fieldcam/agent/control"
	"fieldcam/agent/power"
)

// printSupply writes the battery's, the charger's and the climate's lines.
func printSupply(line func(name, format string, a ...any), s control.Status) {
	if s.Restart != "" {
		line("started", "%s", s.Restart)
	}
	printPower(line, s)
	if c := s.Climate; c != nil {
		line("climate", "%s", climateText(c))
	}
}

func printPower(line func(name, format string, a ...any), s control.Status) {
	p := s.Power
	if p == nil {
		return
	}
	text := "NO READING THAT CAN BE BELIEVED"
	if p.Millivolts != 0 {
		text = fmt.Sprintf("%d mV", p.Millivolts)
		switch {
		case p.Milliamps == nil:
		case *p.Milliamps < 0:
			text += fmt.Sprintf(", charged with %d mA", -*p.Milliamps)
		default:
			text += fmt.Sprintf(", %d mA are drawn", *p.Milliamps)
		}
	}
	line("battery", "%s", text)
	if p.Rung != power.Normal.String() {
		since := ""
		if p.Since != nil {
			since = ", since " + sinceText(s.Now, *p.Since)
		}
		line("", "power is saved: %s%s", p.Rung, since)
	}
	if p.Solar != nil {
		line("solar", "%s", solarText(p.Solar))
		if p.Solar.Fault != "" {
			line("", "FAULT: %s", cut(p.Solar.Fault, 60))
		}
	}
}

func solarText(s *control.Solar) string {
	var parts []string
	add := func(format string, a ...any) { parts = append(parts, fmt.Sprintf(format, a...)) }
	if s.State != "" {
		add("%s", s.State)
	}
	if s.Watts != nil {
		add("%d W", *s.Watts)
	}
	if s.WattHours != nil {
		add("%d Wh today", *s.WattHours)
	}
	return strings.Join(parts, ", ")
}

func climateText(c *control.Climate) string {
	parts := []string{"NO READING THAT CAN BE BELIEVED"}
	if c.Celsius != nil {
		parts[0] = fmt.Sprintf("%.1f °C", *c.Celsius)
		if c.Humidity != nil {
			parts = append(parts, fmt.Sprintf("%.0f %% humidity", *c.Humidity))
		}
	}
	if c.Heater {
		parts = append(parts, "heater on")
	}
	if c.Fan {
		parts = append(parts, "fan on")
	}
	return strings.Join(parts, ", ")
}

// dormant tells whether no photos are taken to save power.
func dormant(s control.Status) bool {
	return s.Power != nil && s.Power.Rung == power.Dormant.String()
}

// uploadsNothing tells whether none are sent.
func uploadsNothing(s control.Status) bool {
	return dormant(s) || s.Power != nil && s.Power.Rung == power.CaptureOnly.String()
}
