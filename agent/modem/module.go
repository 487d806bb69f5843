package modem

import "time"

// Module says how the power key of a kind of modem wants to be pressed. The same key
// switches on and off, each with a length of its own; a press that is too short is
// ignored.
type Module struct {
	Name string
	// OnPulse and OffPulse are how long the key is pressed. 0: no maker's word on it;
	// the configuration must say.
	OnPulse, OffPulse time.Duration
	// OnWait and OffWait bound the wait for STATUS to follow.
	OnWait, OffWait time.Duration
	// Halt is the command for a clean end (V.250 prefix included); empty: none.
	Halt string
}

// Modules lists the modules whose makers say how long the key is to be pressed, each
// pulse with a margin above the least that is told:
//
//   - EC21 (Quectel): on at 100 ms, off at 600 to 700 ms.
//   - BG96, and the EG9x alike (Quectel): on at 500 ms, off at 650 ms.
//   - EG915U (Quectel): on at 2 s, off at 3 s; shorter is ignored, and it stays on.
//   - SIM7000 (SIMCom): on at 1 s, STATUS 4.5 s later; off at 1.2 s, STATUS 1.8 to
//     6.9 s later.
//   - SIM7912 (SIMCom): off at 2.5 to 5 s, STATUS 25 s later (hardware design, page
//     31); on is not told.
//
// A clean end takes up to 12 s, for the modem says goodbye to its network (Quectel
// M66).
func Modules() []Module {
	const start, goodbye = 15 * time.Second, 15 * time.Second
	return []Module{
		{"ec21", 500 * time.Millisecond, 800 * time.Millisecond, start, goodbye, "AT+QPOWD=1"},
		{"bg96", 700 * time.Millisecond, 800 * time.Millisecond, start, goodbye, "AT+QPOWD=1"},
		{"eg915u", 2300 * time.Millisecond, 3300 * time.Millisecond, start, goodbye, "AT+QPOWD=1"},
		{"sim7000", 1200 * time.Millisecond, 1500 * time.Millisecond, start, goodbye, "AT+CPOWD=1"},
		{"sim7912", 0, 3 * time.Second, 2 * start, 30 * time.Second, "AT+CPOF"},
	}
}

// moduleNames lists what Config.Module can be.
func moduleNames() (names []string) {
	for _, m := range Modules() {
		names = append(names, m.Name)
	}
	return names
}

// Chosen is the module of a Config that is valid, with its pulses; where none is
// chosen, what is usual for one that nobody knows.
func (c Config) Chosen() Module { return c.module() }

// module is the one of the configuration, with its pulses.
func (c Config) module() Module {
	m := Module{Name: c.Module, OnWait: defaultWait, OffWait: defaultWait}
	for _, known := range Modules() {
		if known.Name == c.Module {
			m = known
		}
	}
	if c.OnPulse > 0 {
		m.OnPulse = c.OnPulse
	}
	if c.OffPulse > 0 {
		m.OffPulse = c.OffPulse
	}
	return m
}

// defaultWait is how long STATUS is waited for where the module is not known.
const defaultWait = 30 * time.Second
