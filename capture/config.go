package capture

import (
	"time"

	"fieldcam/config/invalid"
)

// Config bounds the taking of one photo.
type Config struct {
	// Attempts is how often a slot's photo is tried before the slot has failed.
	// Default 3.
	Attempts int `toml:"attempts"`
	// Timeout bounds one slot's attempts together; the next slot bounds them
	// too. Default 2m.
	Timeout time.Duration `toml:"timeout"`
	// Late is how long after its instant a slot's photo is still worth taking,
	// after a restart or a step of the clock. Less than 1s, the latest at which
	// a busy board begins, counts as 1s. Default 30s.
	Late time.Duration `toml:"late"`
}

// Default is what a controller uses unless told otherwise.
func Default() Config {
	return Config{Attempts: 3, Timeout: 2 * time.Minute, Late: 30 * time.Second}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Attempts < 1 || c.Attempts > 20 {
		l.Add("attempts", c.Attempts, "1 to 20")
	}
	if c.Timeout < time.Second || c.Timeout > time.Hour {
		l.Add("timeout", c.Timeout, "a duration from 1s to 1h")
	}
	if c.Late < 0 || c.Late > time.Hour {
		l.Add("late", c.Late, "a duration from 0s to 1h")
	}
	return l.Err()
}
