package ina_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"fieldcam/config/invalid"
	"fieldcam/hal"
	"fieldcam/hal/ina"
	"fieldcam/hal/ina/inasim"
	"fieldcam/hal/sim"
)

// configOf is a valid configuration of that kind of chip.
func configOf(kind string) ina.Config {
	c := ina.Default()
	c.Chip = kind
	return c
}

// rig is a meter and its simulated chip.
func rig(kind string) (*ina.Meter, *inasim.Chip) {
	c := configOf(kind)
	chip := inasim.New(inasim.Options{Kind: kind, ShuntMicroohms: c.ShuntMicroohms})
	return ina.New(c, boardWith(c, chip)), chip
}

// boardWith is a board with that chip on the bus of c.
func boardWith(c ina.Config, chip *inasim.Chip) *sim.Board {
	b := sim.New()
	b.AddBus(c.Bus).Attach(uint16(c.Address), chip)
	return b
}

func power(t *testing.T, m *ina.Meter) hal.Power {
	t.Helper()
	p, err := m.Power(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEachChipReadsVoltsAndAmps(t *testing.T) {
	for _, kind := range ina.Chips() {
		synctest.Test(t, func(t *testing.T) {
			m, chip := rig(kind)
			for mv := 0; mv <= 26000; mv += 371 {
				for ma := -790; ma <= 790; ma += 79 {
					chip.Feed(mv, ma)
					// One bit of the voltage is 4 or 1.25 mV, one of the current at most 1.25 mA;
					// the calibration is cut to whole numbers.
					p := power(t, m)
					if p.Millivolts > mv || p.Millivolts < mv-4 || max(p.Milliamps-ma, ma-p.Milliamps) > 2+max(ma, -ma)/200 || !p.HasCurrent {
						t.Errorf("%s: got %+v, want %d mV, %d mA", kind, p, mv, ma)
					}
				}
			}
		})
	}
}

func TestACurrentThatDoesNotFitIsNotTold(t *testing.T) {
	for kind, ma := range map[string]int{ina.INA219: 3300, ina.INA226: -900, ina.INA260: 41_000} {
		synctest.Test(t, func(t *testing.T) {
			m, chip := rig(kind)
			chip.Feed(12000, ma)
			if p := power(t, m); p.HasCurrent || p.Milliamps != 0 || p.Millivolts != 12000 {
				t.Errorf("%s: got %+v, want 12000 mV and no current", kind, p)
			}
		})
	}
}

func TestABrownOutIsNoticedAndTheCalibrationWrittenAnew(t *testing.T) {
	for _, kind := range ina.Chips() {
		synctest.Test(t, func(t *testing.T) {
			m, chip := rig(kind)
			chip.Feed(7400, 500)
			before := power(t, m)
			chip.BrownOut()
			if after := power(t, m); after != before || after.Milliamps < 490 {
				t.Errorf("%s: got %+v after a brown-out, want %+v", kind, after, before)
			}
		})
	}
}

func TestAReversedShuntTurnsTheSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := configOf(ina.INA260)
		c.Reversed = true
		chip := inasim.New(inasim.Options{Kind: ina.INA260})
		chip.Feed(7400, 500)
		if p := power(t, ina.New(c, boardWith(c, chip))); p.Milliamps != -500 {
			t.Errorf("got %+v, want -500 mA", p)
		}
	})
}

func TestAnotherChipIsNotTakenForTheRightOne(t *testing.T) {
	for kind, other := range map[string]string{ina.INA226: ina.INA260, ina.INA260: ina.INA219, ina.INA219: ina.INA260} {
		synctest.Test(t, func(t *testing.T) {
			c := configOf(kind)
			m := ina.New(c, boardWith(c, inasim.New(inasim.Options{Kind: other, ShuntMicroohms: c.ShuntMicroohms})))
			if p, err := m.Power(t.Context()); err == nil {
				t.Errorf("an %s read as %s: got %+v, want an error", other, kind, p)
			}
		})
	}
}

func TestAFaultOfTheBusPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, chip := rig(ina.INA226)
		chip.Feed(7400, 100)
		broken := errors.New("remote I/O error")
		chip.Fail(broken)
		if _, err := m.Power(t.Context()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "ina226 at 0x40 of /dev/i2c-1") {
			t.Errorf("got %v, want the bus's error and where", err)
		}
		chip.Fail(nil)
		if p := power(t, m); p.Millivolts != 7400 {
			t.Errorf("got %+v, want 7400 mV", p)
		}
	})
}

func TestConfigKeepsTheShuntInTheChipsRange(t *testing.T) {
	for name, change := range map[string]func(*ina.Config){
		"chip":                func(c *ina.Config) { c.Chip = "ina228" },
		"bus":                 func(c *ina.Config) { c.Bus = "i2c-1" },
		"address":             func(c *ina.Config) { c.Address = 0x50 },
		"shunt_microohms":     func(c *ina.Config) { c.ShuntMicroohms = 0 },
		"max_milliamps":       func(c *ina.Config) { c.MaxMilliamps = 820 }, // 82 mV
		"max_milliamps small": func(c *ina.Config) { c.MaxMilliamps = 51 },  // 5.1 mV
	} {
		c := ina.Default()
		change(&c)
		want, _, _ := strings.Cut(name, " ")
		if got := invalid.Values(c.Validate()); len(got) != 1 || got[0].Key != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if err := ina.Default().Validate(); err != nil {
		t.Error(err)
	}
}
