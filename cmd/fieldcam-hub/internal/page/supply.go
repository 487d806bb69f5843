package page

import (
	"fmt"
	"strings"

	"fieldcam/agent/message"
)

// fact is one thing that a system tells of itself.
type fact struct {
	Name, Text string
	Small      string // beside it; empty: nothing
	Bad        bool   // somebody should look
}

// supplyFacts are what a system tells of its battery, its charger, the air in its box,
// its modem and its last start; nothing of what it has not.
func supplyFacts(s *message.Status) []fact {
	var all []fact
	if p := s.Power; p != nil {
		all = append(all, batteryFact(*p))
		if p.Rung != "" {
			all = append(all, rungFact(p.Rung))
		}
		if p.Solar != nil {
			all = append(all, solarFact(*p.Solar))
		}
	}
	if c := s.Climate; c != nil {
		const tenth = 10
		f := fact{Name: "In the box", Text: signed(fmt.Sprintf("%.1f °C", float64(c.Decidegrees)/tenth))}
		if c.Humidity != 0 {
			f.Small = fmt.Sprintf("%d %% humidity", c.Humidity)
		}
		all = append(all, f)
	}
	if s.Modem != nil {
		all = append(all, modemFact(*s.Modem))
	}
	if s.Restart != "" {
		all = append(all, fact{Name: "Last start", Text: restartText(s.Restart)})
	}
	return all
}

func batteryFact(p message.Power) fact {
	if p.Millivolts == 0 {
		return fact{Name: "Battery", Text: "no reading", Bad: true}
	}
	const milli = 1000
	f := fact{Name: "Battery", Text: fmt.Sprintf("%.2f V", float64(p.Millivolts)/milli)}
	switch {
	case p.Milliamps < 0:
		f.Small = fmt.Sprintf("charged with %d mA", -p.Milliamps)
	case p.Milliamps > 0:
		f.Small = fmt.Sprintf("%d mA drawn", p.Milliamps)
	}
	return f
}

// rungFact is the power ladder's rung, by its consequence.
func rungFact(rung string) fact {
	f := fact{Name: "Power saving", Text: rung, Bad: true}
	switch rung {
	case "normal":
		return fact{Name: "Power saving", Text: "none"}
	case "upload-less":
		f.Small = "the newest photos are sent, the others wait"
	case "capture-only":
		f.Small = "photos are taken, and wait"
	case "dormant":
		f.Small = "no photos are taken"
	}
	return f
}

func solarFact(s message.Solar) fact {
	f := fact{Name: "Solar", Text: s.State}
	if s.Fault != "" {
		f.Text, f.Bad = s.Fault, true
	}
	if f.Text == "" {
		f.Text = "–"
	}
	f.Small = fmt.Sprintf("%d W, %d Wh today", s.Watts, s.WattHours)
	return f
}

// modemFact is the network, with the SIM where that is not ready.
func modemFact(m message.Modem) fact {
	f := fact{Name: "Mobile network"}
	switch {
	case m.SIM != "" && m.SIM != "ready":
		f.Text, f.Bad = "SIM "+m.SIM, true
	case m.Registration == "home", m.Registration == "roaming":
		f.Text = m.Operator
		if f.Text == "" {
			f.Text = "connected"
		}
	case m.Registration != "":
		f.Text, f.Bad = m.Registration, m.Registration != "unknown"
	default:
		f.Text = "unknown"
	}
	var small []string
	if m.Registration == "roaming" {
		small = append(small, "roaming")
	}
	if m.Technology != "" {
		small = append(small, m.Technology)
	}
	if m.DBm != 0 {
		small = append(small, signed(fmt.Sprintf("%d dBm", m.DBm)))
	}
	f.Small = strings.Join(small, ", ")
	return f
}

// signed has a number's sign be as wide as its digits.
func signed(number string) string { return strings.Replace(number, "-", "−", 1) }

// restartText is the cause of a start, which is a word of the controller's.
func restartText(cause string) string { return strings.ReplaceAll(cause, "-", " ") }
