package visca

import (
	"fmt"
	"strconv"
	"time"

	"fieldcam/config/invalid"
)

// Config says how to reach the camera's control line, and where it should look.
type Config struct {
	// Port is the serial port's device path. Empty: the camera is not aimed.
	Port string `toml:"port"`
	// Baud is the line's rate, 9600 or 38400. Default 9600.
	Baud int `toml:"baud"`
	// Address is the camera's place on the line, 1 to 7. Default 1.
	Address int `toml:"address"`
	// PowerOn tells a camera in standby to switch on. Default true.
	PowerOn bool `toml:"power_on"`
	// Timeout bounds the aiming for one photo. Default 15s.
	Timeout time.Duration `toml:"timeout"`
	// Settle is the time from the last movement to the photo, for focus, exposure and
	// a pole that swings. Default 1s.
	Settle time.Duration `toml:"settle"`
	// View is where the camera looks for sessions that have no view of their own, and
	// for photos by hand.
	View
	// Views are those of sessions.
	Views []SessionView `toml:"view"`
}

// View is where the camera looks. The zero View leaves it as it is.
type View struct {
	// Preset is a stored position, counted from 1 as on remote controls; VISCA's memory
	// 0 is 1 here. 0: none is recalled.
	Preset int `toml:"preset"`
	// Zoom is the lens's position in four hexadecimal digits, as the camera's manual
	// lists it for each ratio: "0000" is wide, "4000" the end of most lenses' optical
	// range. Empty: as it is.
	Zoom string `toml:"zoom"`
	// Focus is "auto", "manual" (as it is), "once" (by a one-push trigger), or a
	// position in four hexadecimal digits. Empty: as it is.
	Focus string `toml:"focus"`
}

// SessionView is the view of one capture session.
type SessionView struct {
	// Session is its name.
	Session string `toml:"session"`
	View
}

// The values of View.Focus that are no position.
const (
	FocusAuto   = "auto"
	FocusManual = "manual"
	FocusOnce   = "once"
)

const (
	// maxPreset is what fits in a byte below 80; cameras know 6 to 128.
	maxPreset = 128
	// maxTimeout: longer than the slowest pan-tilt head turns round.
	maxTimeout = 2 * time.Minute
	maxSettle  = time.Minute
)

// Default is a camera that is not aimed.
func Default() Config {
	return Config{Baud: 9600, Address: 1, PowerOn: true, Timeout: 15 * time.Second, Settle: time.Second}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Baud != 9600 && c.Baud != 38400 {
		l.Add("baud", c.Baud, "9600 or 38400")
	}
	if c.Address < 1 || c.Address > 7 {
		l.Add("address", c.Address, "1 to 7")
	}
	if c.Timeout < time.Second || c.Timeout > maxTimeout {
		l.Add("timeout", c.Timeout, "a duration from 1s to 2m")
	}
	if c.Settle < 0 || c.Settle > maxSettle {
		l.Add("settle", c.Settle, "a duration from 0s to 1m")
	}
	c.View.validate(&l, "")
	seen := map[string]bool{}
	for i, v := range c.Views {
		key := fmt.Sprintf("view[%d].", i)
		if v.Session == "" || seen[v.Session] {
			l.Add(key+"session", v.Session, "the name of a capture session or a shot, once")
		}
		seen[v.Session] = true
		v.View.validate(&l, key)
	}
	return l.Err()
}

func (v View) validate(l *invalid.List, key string) {
	if v.Preset < 0 || v.Preset > maxPreset {
		l.Add(key+"preset", v.Preset, "0 (none) or 1 to 128")
	}
	if _, ok := position(v.Zoom); v.Zoom != "" && !ok {
		l.Add(key+"zoom", v.Zoom, `four hexadecimal digits, such as "4000"`)
	}
	switch v.Focus {
	case "", FocusAuto, FocusManual, FocusOnce:
	default:
		if _, ok := position(v.Focus); !ok {
			l.Add(key+"focus", v.Focus, `"auto", "manual", "once" or four hexadecimal digits, such as "1000"`)
		}
	}
}

// position reads a lens's position.
func position(s string) (uint16, bool) {
	n, err := strconv.ParseUint(s, 16, 16)
	return uint16(n), err == nil && len(s) == 4
}

// view is that of the session called name.
func (c Config) view(name string) View {
	for _, v := range c.Views {
		if v.Session == name {
			return v.View
		}
	}
	return c.View
}
