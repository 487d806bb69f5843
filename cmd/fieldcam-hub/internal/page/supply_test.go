package page

import (
	"strings"
	"testing"

	"fieldcam/agent/message"
)

// says has a device say s.
func (g *rig) says(s message.Status) {
	g.t.Helper()
	b, err := s.Marshal()
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.fleet.Handle(message.Topic(s.Device, message.KindStatus), b, false); err != nil {
		g.t.Fatal(err)
	}
}

// shownFact is a fact as it stands in the page.
func shownFact(name, text, small string, bad bool) string {
	class := ""
	if bad {
		class = ` class="bad"`
	}
	if small != "" {
		small = " <small>" + small + "</small>"
	}
	return "<div" + class + "><dt>" + name + "</dt><dd>" + text + small + "</dd></div>"
}

func TestASystemShowsItsSupplyAndItsNetwork(t *testing.T) {
	g := newRig(t)
	solar := &message.Solar{State: "bulk", Watts: 12, WattHours: 85}
	for _, c := range []struct {
		status message.Status
		want   []string
	}{
		{message.Status{Power: &message.Power{Rung: "normal", Millivolts: 7618, Milliamps: -250, Solar: solar}}, []string{
			shownFact("Battery", "7.62 V", "charged with 250 mA", false), shownFact("Power saving", "none", "", false),
			shownFact("Solar", "bulk", "12 W, 85 Wh today", false)}},
		{message.Status{Power: &message.Power{Rung: "capture-only", Millivolts: 7100, Milliamps: 110}}, []string{
			shownFact("Battery", "7.10 V", "110 mA drawn", false), shownFact("Power saving", "capture-only", "photos are taken, and wait", true)}},
		{message.Status{Power: &message.Power{Rung: "dormant", Solar: &message.Solar{Fault: "panel voltage too high"}}}, []string{
			shownFact("Battery", "no reading", "", true), shownFact("Power saving", "dormant", "no photos are taken", true),
			shownFact("Solar", "panel voltage too high", "0 W, 0 Wh today", true)}},
		{message.Status{Climate: &message.Climate{Decidegrees: -25, Humidity: 61}}, []string{shownFact("In the box", "−2.5 °C", "61 % humidity", false)}},
		{message.Status{Modem: &message.Modem{SIM: "ready", Registration: "roaming", DBm: -87, Operator: "Swisscom", Technology: "LTE"}},
			[]string{shownFact("Mobile network", "Swisscom", "roaming, LTE, −87 dBm", false)}},
		{message.Status{Modem: &message.Modem{SIM: "missing"}}, []string{shownFact("Mobile network", "SIM missing", "", true)}},
		{message.Status{Modem: &message.Modem{SIM: "ready", Registration: "denied"}}, []string{shownFact("Mobile network", "denied", "", true)}},
		{message.Status{Restart: "power-loss"}, []string{shownFact("Last start", "power loss", "", false)}},
	} {
		c.status.Device = "north"
		g.says(c.status)
		wants(t, g.text("/system/north"), c.want...)
	}
	g.says(message.Status{Device: "north"})
	for _, name := range []string{"Battery", "Power saving", "Solar", "In the box", "Mobile network", "Last start", `data-key="supply"`} {
		if strings.Contains(g.text("/system/north"), name) {
			t.Errorf("a system that measures nothing shows %s", name)
		}
	}
	const evil = "<script>alert(1)</script>"
	g.says(message.Status{Device: "north", Restart: evil, Modem: &message.Modem{SIM: evil}, Power: &message.Power{Rung: evil, Millivolts: 1, Solar: &message.Solar{State: evil}}})
	if strings.Contains(g.text("/system/north"), "<script>") {
		t.Error("what a device says is markup")
	}
}
