package power

import (
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/reading"
)

// chargerFault is the word of the charger's state "fault" (vedirect, CS 2).
const chargerFault = "fault"

// sunAlert is what the charger said at the last looks.
type sunAlert struct {
	bad    int       // how many of the last looks in a row saw a fault
	silent time.Time // since when it is silent, by package time; zero: it speaks
}

// sunLooks is how many looks in a row must see the charger's fault: one that is over
// at once is none.
const sunLooks = 2

// lookAtSun asks the charger.
func (k *Keeper) lookAtSun() {
	if k.o.Solar == nil {
		return
	}
	const sensor = "solar charger"
	s, err := k.o.Solar.State()
	k.mu.Lock()
	k.state.Solar = nil
	if err == nil {
		k.state.Solar = &s
	}
	k.mu.Unlock()
	if err != nil {
		since(&k.sun.silent, true, time.Now())
		if time.Since(k.sun.silent) >= reading.FaultAfter {
			k.o.Fault(sensor, err)
		}
		return
	}
	k.sun.silent = time.Time{}
	k.o.Fault(sensor, nil)
	switch {
	case s.FaultCode == 0 && s.Charging != chargerFault:
		k.sun.bad = min(k.sun.bad, 0) - 1
	default:
		k.sun.bad = max(k.sun.bad, 0) + 1
	}
	switch {
	case k.sun.bad >= sunLooks:
		text := s.Fault
		if text == "" {
			text = "it says that it has a fault, and not which"
		}
		k.o.Health.Raise(health.SolarFault, health.SolarFault.Severity(), "solar charger: "+text)
	case k.sun.bad <= -sunLooks:
		k.o.Health.Clear(health.SolarFault)
	}
}
