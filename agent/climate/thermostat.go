package climate

// thermostat switches at two temperatures, so that it does not switch back and
// forth at one.
type thermostat struct {
	on, off float64
	// cools: it is on above on and off below off; else the other way round.
	cools bool
}

// next is what the output should be at that temperature, when it is on or not.
func (t thermostat) next(isOn bool, celsius float64) bool {
	above, below := t.off, t.on // of a heater
	if t.cools {
		above, below = t.on, t.off
	}
	switch {
	case celsius >= above:
		return t.cools
	case celsius <= below:
		return !t.cools
	}
	return isOn
}
