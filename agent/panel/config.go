package panel

import (
	"strings"
	"time"

	"fieldcam/config/invalid"
)

// Config is which lines there are. Its zero value is a board without light and
// button.
type Config struct {
	// GreenLine and RedLine light the two colours; both together are amber. Empty:
	// there is none.
	GreenLine      string `toml:"green_line"`
	GreenActiveLow bool   `toml:"green_active_low"`
	RedLine        string `toml:"red_line"`
	RedActiveLow   bool   `toml:"red_active_low"`
	// ButtonLine is the input that is on while the button is pressed; empty: there is
	// none.
	ButtonLine      string `toml:"button_line"`
	ButtonActiveLow bool   `toml:"button_active_low"`
	// DarkAfter is how long after a press, or the start, the light goes out, which
	// saves power: with or without a button. Default 10m. 0: never.
	DarkAfter time.Duration `toml:"dark_after"`
	// HoldCommand is a program with its arguments, run where the button is held for 5
	// s. Default: none.
	HoldCommand []string `toml:"hold_command"`
}

const (
	// DefaultDarkAfter is long enough to close the box and look once more.
	DefaultDarkAfter = 10 * time.Minute
	maxDarkAfter     = 24 * time.Hour
	maxWords         = 32
)

// Default is a board without light and button.
func Default() Config { return Config{DarkAfter: DefaultDarkAfter} }

// Configured tells whether there is a light or a button.
func (c Config) Configured() bool { return c.GreenLine != "" || c.RedLine != "" || c.ButtonLine != "" }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.DarkAfter < 0 || c.DarkAfter > maxDarkAfter {
		l.Add("dark_after", c.DarkAfter, "0s (never) or a duration to 24h")
	}
	if n := len(c.HoldCommand); n > maxWords || n > 0 && !strings.HasPrefix(c.HoldCommand[0], "/") {
		l.Add("hold_command", strings.Join(c.HoldCommand, " "), "the path of a program and its arguments, 32 words at most")
	}
	return l.Err()
}
