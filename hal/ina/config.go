package ina

import (
	"fmt"
	"slices"

	"fieldcam/config/invalid"
	"fieldcam/hal/i2c"
)

// The chips.
const (
	INA219 = "ina219"
	INA226 = "ina226"
	INA260 = "ina260"
)

// Chips lists what Config.Chip can be.
func Chips() []string { return []string{INA219, INA226, INA260} }

// Config is which chip there is, where, and what it measures across.
type Config struct {
	// Chip is one of Chips. Default "ina226".
	Chip string `toml:"chip"`
	// Bus is the I2C bus by device path. Default "/dev/i2c-1".
	Bus string `toml:"bus"`
	// Address is the chip's on that bus, 7 bits. Default 64 (0x40).
	Address int `toml:"address"`
	// ShuntMicroohms is the resistance of the shunt, in millionths of an ohm. An
	// INA260 has its own, and ignores it. Default 100000 (0.1 ohm).
	ShuntMicroohms int `toml:"shunt_microohms"`
	// MaxMilliamps is the largest current to be measured; with the shunt it sets the
	// resolution. An INA260 ignores it. Default 800.
	MaxMilliamps int `toml:"max_milliamps"`
	// Reversed says that the chip's IN- is on the battery's side, so that what it
	// measures as positive charges the battery. Default false.
	Reversed bool `toml:"reversed"`
}

// Default is the chip on a usual breakout board.
func Default() Config {
	return Config{Chip: INA226, Bus: i2c.DefaultBus, Address: minAddress, ShuntMicroohms: 100_000, MaxMilliamps: 800}
}

// The addresses that the pins A0 and A1 choose: 40 to 4F for all three chips.
const (
	minAddress = 0x40
	maxAddress = 0x4f
)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if !slices.Contains(Chips(), c.Chip) {
		l.Add("chip", c.Chip, `"ina219", "ina226" or "ina260"`)
	}
	var addresses []int
	for a := minAddress; a <= maxAddress; a++ {
		addresses = append(addresses, a)
	}
	i2c.Check(&l, c.Bus, c.Address, addresses, "64 to 79 (hexadecimal 40 to 4F)")
	const maxShunt, maxCurrent = 10_000_000, 1_000_000
	if c.ShuntMicroohms < 1 || c.ShuntMicroohms > maxShunt {
		l.Add("shunt_microohms", c.ShuntMicroohms, "1 to 10000000")
	}
	if c.MaxMilliamps < 1 || c.MaxMilliamps > maxCurrent {
		l.Add("max_milliamps", c.MaxMilliamps, "1 to 1000000")
	}
	if t, ok := types()[c.Chip]; ok && l.Err() == nil && t.calibrated() {
		if drop := c.dropMicrovolts(); drop < t.minDrop || drop > t.maxDrop {
			l.Add("max_milliamps", c.MaxMilliamps, fmt.Sprintf("1 to 1000000, with that shunt %d to %d",
				(t.minDrop*1000+int64(c.ShuntMicroohms)-1)/int64(c.ShuntMicroohms), t.maxDrop*1000/int64(c.ShuntMicroohms)))
		}
	}
	return l.Err()
}

// dropMicrovolts is what the largest current drops across the shunt.
func (c Config) dropMicrovolts() int64 {
	return int64(c.MaxMilliamps) * int64(c.ShuntMicroohms) / 1000
}
