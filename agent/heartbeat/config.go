package heartbeat

import (
	"time"

	"fieldcam/config/invalid"
)

// Config is how often the device is heard of.
type Config struct {
	// Every is the interval of heartbeats; the hub calls a system unavailable
	// after three missed in a row. Default 5m.
	Every time.Duration `toml:"every"`
	// StatusEvery is the longest time between two status messages while the link
	// is up; check-ins and changed conditions send one sooner. One is about
	// 600 bytes. Default 15m.
	StatusEvery time.Duration `toml:"status_every"`
}

// Default is what a controller uses unless told otherwise.
func Default() Config { return Config{Every: 5 * time.Minute, StatusEvery: 15 * time.Minute} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Every < time.Second || c.Every > 24*time.Hour {
		l.Add("every", c.Every, "a duration from 1s to 24h")
	}
	if c.StatusEvery < 5*time.Second || c.StatusEvery > 24*time.Hour {
		l.Add("status_every", c.StatusEvery, "a duration from 5s to 24h")
	}
	return l.Err()
}
