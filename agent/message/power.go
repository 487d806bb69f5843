package message

import (
	"errors"
	"fmt"
)

// Power is the device's supply.
type Power struct {
	// Rung is the power ladder's: "normal", "upload-less", "capture-only", "dormant";
	// empty where there is no ladder.
	Rung string `json:"rung,omitempty"`
	// Millivolts is the battery's voltage; 0 where it is not known.
	Millivolts int64 `json:"mv,omitempty"`
	// Milliamps is the current out of the battery; negative where it is charged. 0
	// where it is not known.
	Milliamps int64 `json:"ma,omitempty"`
	// Solar is the solar charger; nil where there is none, or it is silent.
	Solar *Solar `json:"solar,omitempty"`
}

// Solar is a solar charger.
type Solar struct {
	// State is a word for people: "bulk", "float", "off".
	State string `json:"state,omitempty"`
	// Fault is the charger's error for people; empty for none.
	Fault string `json:"fault,omitempty"`
	// Watts is what the panel gives, WattHours what it gave today.
	Watts     int64 `json:"w,omitempty"`
	WattHours int64 `json:"wh,omitempty"`
}

// Climate is the air in the device's box.
type Climate struct {
	// Decidegrees is the temperature in tenths of a degree Celsius.
	Decidegrees int64 `json:"t"`
	// Humidity is relative, in percent; 0 where it is not measured.
	Humidity int64 `json:"rh,omitempty"`
}

// maxMeasure bounds what is measured, on either side of 0.
const maxMeasure = 10_000_000

func checkMeasure(field string, v int64) error {
	if v < -maxMeasure || v > maxMeasure {
		return fmt.Errorf("%s: %d: want at most %d", field, v, maxMeasure)
	}
	return nil
}

func clampMeasure(v int64) int64 { return min(max(v, -maxMeasure), maxMeasure) }

func (p *Power) check() error {
	if p == nil {
		return nil
	}
	err := errors.Join(
		checkText("power.rung", p.Rung, MaxName),
		checkMeasure("power.mv", p.Millivolts),
		checkMeasure("power.ma", p.Milliamps),
	)
	if s := p.Solar; s != nil {
		err = errors.Join(err,
			checkText("power.solar.state", s.State, MaxName),
			checkText("power.solar.fault", s.Fault, MaxName),
			checkMeasure("power.solar.w", s.Watts),
			checkMeasure("power.solar.wh", s.WattHours),
		)
	}
	return err
}

// fit is p with everything within bounds, and shares nothing with it.
func (p *Power) fit() *Power {
	if p == nil {
		return nil
	}
	f := &Power{Rung: clean(p.Rung, MaxName), Millivolts: clampMeasure(p.Millivolts), Milliamps: clampMeasure(p.Milliamps)}
	if s := p.Solar; s != nil {
		f.Solar = &Solar{State: clean(s.State, MaxName), Fault: clean(s.Fault, MaxName), Watts: clampMeasure(s.Watts), WattHours: clampMeasure(s.WattHours)}
	}
	return f
}

func (c *Climate) check() error {
	if c == nil {
		return nil
	}
	return errors.Join(checkMeasure("climate.t", c.Decidegrees), checkMeasure("climate.rh", c.Humidity))
}

func (c *Climate) fit() *Climate {
	if c == nil {
		return nil
	}
	return &Climate{Decidegrees: clampMeasure(c.Decidegrees), Humidity: clampMeasure(c.Humidity)}
}
