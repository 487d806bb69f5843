package message

import (
	"errors"
	"fmt"
)

// Modem is how a mobile modem fares. Empty: not known.
type Modem struct {
	// SIM is "ready", "locked", "missing" or "fault".
	SIM string `json:"sim,omitempty"`
	// Registration is "home", "roaming", "searching", "denied", "idle" or "unknown".
	Registration string `json:"reg,omitempty"`
	// DBm is the signal's strength, -140 to -1; 0: not known.
	DBm        int    `json:"dbm,omitempty"`
	Operator   string `json:"op,omitempty"`
	Technology string `json:"tech,omitempty"` // "LTE"
}

// minDBm is weaker than what any receiver hears.
const minDBm = -140

func (m *Modem) check() error {
	if m == nil {
		return nil
	}
	var dbm error
	if m.DBm < minDBm || m.DBm > 0 {
		dbm = fmt.Errorf("modem.dbm: %d: want %d to 0", m.DBm, minDBm)
	}
	return errors.Join(dbm, checkText("modem.sim", m.SIM, MaxName), checkText("modem.reg", m.Registration, MaxName),
		checkText("modem.op", m.Operator, MaxName), checkText("modem.tech", m.Technology, MaxName))
}

func (m *Modem) fit() *Modem {
	if m == nil {
		return nil
	}
	return &Modem{
		SIM: clean(m.SIM, MaxName), Registration: clean(m.Registration, MaxName), DBm: min(max(m.DBm, minDBm), 0),
		Operator: clean(m.Operator, MaxName), Technology: clean(m.Technology, MaxName),
	}
}
