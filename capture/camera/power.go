// Package camera holds what every kind of camera needs, whatever it speaks: its
// power line, its turns, and the ladder of what is tried when it fails. The kinds are
// the packages below it.
package camera

import (
	"time"

	"fieldcam/config/invalid"
)

// PowerConfig describes the line that switches the camera's power.
type PowerConfig struct {
	// Line names the line, as hal.Line.Name does. Empty: the camera has power
	// always and cannot be switched.
	Line string `toml:"line"`
	// ActiveLow lines are electrically low while the camera has power.
	ActiveLow bool `toml:"active_low"`
	// WarmUp is the time from power on until the camera answers. Default 2.5s
	// (VC0706: usable about 2 s after power on).
	WarmUp time.Duration `toml:"warm_up"`
	// OffTime is how long a power cycle leaves the camera without power, so that
	// its capacitors empty. Default 2s.
	OffTime time.Duration `toml:"off_time"`
	// KeepOn leaves the camera on between photos: faster, but it draws 80 to
	// 100 mA. Under systemd it then stays on while the daemon starts anew, too.
	// One that has fallen silent is switched off nevertheless, to be started anew.
	// Default false: it is switched off after each photo. Without effect on a camera in
	// Low Power Mode, which stays on from its first shot on.
	KeepOn bool `toml:"keep_on"`
}

// The bounds and defaults of PowerConfig.
const (
	DefaultWarmUp  = 2500 * time.Millisecond
	DefaultOffTime = 2 * time.Second
	maxPowerWait   = 2 * time.Minute
)

// DefaultPower is a camera that cannot be switched.
func DefaultPower() PowerConfig { return PowerConfig{WarmUp: DefaultWarmUp, OffTime: DefaultOffTime} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c PowerConfig) Validate() error {
	var l invalid.List
	if c.WarmUp < 0 || c.WarmUp > maxPowerWait {
		l.Add("warm_up", c.WarmUp, "a duration from 0s to 2m")
	}
	if c.OffTime < 0 || c.OffTime > maxPowerWait {
		l.Add("off_time", c.OffTime, "a duration from 0s to 2m")
	}
	return l.Err()
}
