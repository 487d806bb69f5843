package vedirect

import (
	"fmt"
	"strconv"
	"strings"
)

// State is what a charger says of itself. The set of fields differs by model: what
// is not told is nil, or empty.
type State struct {
	// BatteryMillivolts and BatteryMilliamps are V and I; a positive current charges
	// the battery.
	BatteryMillivolts *int
	BatteryMilliamps  *int
	// PanelMillivolts and PanelWatts are VPV and PPV.
	PanelMillivolts *int
	PanelWatts      *int
	// LoadMilliamps and Load are IL and LOAD: the load output.
	LoadMilliamps *int
	Load          *bool
	// TodayWattHours and YesterdayWattHours are H20 and H22, in watt hours.
	TodayWattHours     *int
	YesterdayWattHours *int
	// ChargePermille is SOC, of a battery monitor.
	ChargePermille *int
	// Charging, Tracker and Fault are CS, MPPT and ERR in words; see Words.
	Charging string
	Tracker  string
	Fault    string
	// FaultCode is ERR as it came; 0 is none.
	FaultCode int
	// Product, Firmware and Serial are PID, FW and SER#.
	Product  string
	Firmware string
	Serial   string
}

// noFault is the word of ERR 0.
const noFault = ""

// chargingWords are the states CS (Victron, VE.Direct protocol, "CS").
func chargingWords() map[int]string {
	return map[int]string{
		0: "off", 2: "fault", 3: "bulk", 4: "absorption", 5: "float", 6: "storage", 7: "equalise",
		245: "starting", 247: "auto-equalise", 252: "external control",
	}
}

// trackerWords are the states MPPT.
func trackerWords() map[int]string { return map[int]string{0: "off", 1: "limited", 2: "active"} }

// faultWords are the errors ERR.
func faultWords() map[int]string {
	return map[int]string{
		0: noFault, 2: "battery voltage too high", 17: "charger too hot", 18: "charger over-current",
		19: "charger current reversed", 20: "bulk time limit exceeded", 21: "current sensor fault",
		26: "terminals too hot", 33: "panel voltage too high", 34: "panel current too high",
		38: "input shut down: battery voltage too high", 39: "input shut down: current while off",
		65: "lost communication with a device", 66: "synchronised charging misconfigured",
		67: "battery management connection lost", 68: "network misconfigured",
		116: "factory calibration lost", 117: "invalid firmware", 119: "settings invalid",
	}
}

// word is the word of a code; one that is not known says its number.
func word(words map[int]string, code int) string {
	if w, ok := words[code]; ok {
		return w
	}
	return "code " + strconv.Itoa(code)
}

// maxNumber is more than any field's number: a panel has less than a thousand
// volts, and a system's life less than 21 GWh.
const maxNumber = 1<<31 - 1

// Apply puts a block's fields into s; what it does not tell stays. A field that this
// package does not know is passed over. Where a known one has no sense nothing is
// put in, and the error says which: the block's sum was right by chance.
func (s *State) Apply(block []Field) error {
	next := *s
	for _, f := range block {
		if err := next.apply(f); err != nil {
			return fmt.Errorf("field %s: %w", f.Label, err)
		}
	}
	*s = next
	return nil
}

func (s *State) apply(f Field) error {
	switch f.Label {
	case "PID":
		s.Product = f.Value
		return nil
	case "FW":
		s.Firmware = f.Value
		return nil
	case "SER#":
		s.Serial = f.Value
		return nil
	case "LOAD":
		on := f.Value == "ON"
		if !on && f.Value != "OFF" {
			return fmt.Errorf("%q: want ON or OFF", f.Value)
		}
		s.Load = &on
		return nil
	}
	into, scale := s.number(f.Label)
	code := f.Label == "CS" || f.Label == "MPPT" || f.Label == "ERR"
	if into == nil && !code {
		return nil
	}
	if strings.Trim(f.Value, "-") == "" { // "---": it does not know
		return nil
	}
	n, err := strconv.Atoi(f.Value)
	if err != nil || n > maxNumber/scale || n < -maxNumber/scale {
		return fmt.Errorf("%q: want a number", f.Value)
	}
	switch f.Label {
	case "CS":
		s.Charging = word(chargingWords(), n)
	case "MPPT":
		s.Tracker = word(trackerWords(), n)
	case "ERR":
		s.FaultCode, s.Fault = n, word(faultWords(), n)
	default:
		n *= scale
		*into = &n
	}
	return nil
}

// number is where a field's number goes, and by what it is multiplied.
func (s *State) number(label string) (into **int, scale int) {
	const tensOfWattHours = 10 // H20 and H22 are in 0.01 kWh
	switch label {
	case "V":
		return &s.BatteryMillivolts, 1
	case "I":
		return &s.BatteryMilliamps, 1
	case "VPV":
		return &s.PanelMillivolts, 1
	case "PPV":
		return &s.PanelWatts, 1
	case "IL":
		return &s.LoadMilliamps, 1
	case "H20":
		return &s.TodayWattHours, tensOfWattHours
	case "H22":
		return &s.YesterdayWattHours, tensOfWattHours
	case "SOC":
		return &s.ChargePermille, 1
	}
	return nil, 1
}
