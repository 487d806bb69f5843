package queue

import "fieldcam/config/invalid"

// Config is how the queue shares the card.
type Config struct {
	// KeepFreeMegabytes is the free space (10^6 bytes) below which photos that
	// the cloud has confirmed are deleted, oldest first. Default 512.
	KeepFreeMegabytes int `toml:"keep_free_mb"`
	// StopFreeMegabytes is the free space below which no photo is begun; the
	// database keeps this reserve. Default 64.
	StopFreeMegabytes int `toml:"stop_free_mb"`
}

// Default is what a controller uses unless told otherwise.
func Default() Config { return Config{KeepFreeMegabytes: 512, StopFreeMegabytes: 64} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.StopFreeMegabytes < 16 || c.StopFreeMegabytes > 1_000_000 {
		l.Add("stop_free_mb", c.StopFreeMegabytes, "16 to 1000000 (the database needs room to delete)")
	}
	if c.KeepFreeMegabytes < c.StopFreeMegabytes || c.KeepFreeMegabytes > 1_000_000 {
		l.Add("keep_free_mb", c.KeepFreeMegabytes, "at least stop_free_mb, at most 1000000")
	}
	return l.Err()
}
