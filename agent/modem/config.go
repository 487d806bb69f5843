package modem

import (
	"strings"
	"time"

	"fieldcam/config/invalid"
)

// The values of Config.Ask.
const (
	AskNobody  = ""             // nobody is asked: only the lines and restarts
	AskAT      = "at"           // the modem itself, on Port
	AskManager = "modemmanager" // ModemManager, over the system's D-Bus
)

// Config describes the modem. Its zero value is none.
type Config struct {
	// Ask says who tells how the modem fares: "at", "modemmanager", or nobody, the
	// default. Where a ModemManager runs it owns the ports: ask that.
	Ask string `toml:"ask"`
	// Port is the serial port for AT commands, such as "/dev/ttyUSB2"; for "at" only.
	Port string `toml:"port"`
	// Baud is its rate, in bits per second. Default 115200.
	Baud int `toml:"baud"`
	// Every is how often it is asked. Default 1m.
	Every time.Duration `toml:"every"`
	// RestartAfter is how long the cloud may be out of reach before the modem is
	// restarted, at least 10m. 0: never. Default 2h.
	RestartAfter time.Duration `toml:"restart_after"`
	// Module is the kind of modem, which tells how long the key is pressed: one of
	// Modules. Default: none of them.
	Module string `toml:"module"`
	// KeyLine is the line that presses the power key; empty: there is none.
	KeyLine      string `toml:"key_line"`
	KeyActiveLow bool   `toml:"key_active_low"`
	// OnPulse and OffPulse are how long the key is pressed. Default 0: the module's.
	OnPulse  time.Duration `toml:"on_pulse"`
	OffPulse time.Duration `toml:"off_pulse"`
	// StatusLine is the input that is on while the modem is; empty: there is none.
	StatusLine      string `toml:"status_line"`
	StatusActiveLow bool   `toml:"status_active_low"`
	// PowerLine is the line that gives the modem power; empty: it has power always.
	PowerLine      string `toml:"power_line"`
	PowerActiveLow bool   `toml:"power_active_low"`
}

// The bounds and defaults of Config.
const (
	DefaultBaud         = 115_200
	DefaultEvery        = time.Minute
	DefaultRestartAfter = 2 * time.Hour

	minEvery, maxEvery     = 10 * time.Second, time.Hour
	minRestart, maxRestart = 10 * time.Minute, 7 * 24 * time.Hour
	minPulse, maxPulse     = 50 * time.Millisecond, 10 * time.Second
)

// Default is no modem that this program knows of.
func Default() Config {
	return Config{Baud: DefaultBaud, Every: DefaultEvery, RestartAfter: DefaultRestartAfter}
}

// Configured tells whether there is anything to look after.
func (c Config) Configured() bool {
	return c.Ask != AskNobody || c.KeyLine != "" || c.PowerLine != "" || c.StatusLine != ""
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Ask != AskNobody && c.Ask != AskAT && c.Ask != AskManager {
		l.Add("ask", c.Ask, `"at", "modemmanager", or empty for nobody`)
	}
	if c.Ask == AskAT && !strings.HasPrefix(c.Port, "/") {
		l.Add("port", c.Port, `the path of the modem's serial port, such as "/dev/ttyUSB2", where ask is "at"`)
	}
	if c.Baud < 1200 || c.Baud > 4_000_000 {
		l.Add("baud", c.Baud, "a rate from 1200 to 4000000")
	}
	if c.Every < minEvery || c.Every > maxEvery {
		l.Add("every", c.Every, "a duration from 10s to 1h")
	}
	if c.RestartAfter != 0 && (c.RestartAfter < minRestart || c.RestartAfter > maxRestart) {
		l.Add("restart_after", c.RestartAfter, "0s (never), or a duration from 10m to 168h")
	}
	known := moduleNames()
	m := c.module()
	if c.Module != "" && m.Halt == "" {
		l.Add("module", c.Module, `"`+strings.Join(known, `", "`)+`", or empty`)
	}
	for _, p := range []struct {
		key  string
		d    time.Duration
		used time.Duration
	}{{"on_pulse", c.OnPulse, m.OnPulse}, {"off_pulse", c.OffPulse, m.OffPulse}} {
		switch {
		case p.d != 0 && (p.d < minPulse || p.d > maxPulse):
			l.Add(p.key, p.d, "0s (the module's), or a duration from 50ms to 10s")
		case c.KeyLine != "" && p.used == 0:
			l.Add(p.key, p.d, "a duration from 50ms to 10s, since the module does not tell it")
		}
	}
	return l.Err()
}
