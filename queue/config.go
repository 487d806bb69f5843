package queue

import (
	"fmt"
	"slices"

	"fieldcam/capture/photo"
	"fieldcam/config/invalid"
)

// Config is what the queue takes in for the cloud, and how it shares the card.
type Config struct {
	// KeepFreeMegabytes is the free space (10^6 bytes) below which photos that
	// the cloud has confirmed are deleted, oldest first, and then those that the
	// second copy holds. Default 512.
	KeepFreeMegabytes int `toml:"keep_free_mb"`
	// StopFreeMegabytes is the free space below which no photo is begun; the
	// database keeps this reserve. Default 64.
	StopFreeMegabytes int `toml:"stop_free_mb"`
	// WhenFull is what happens where nothing is left that may be deleted: "stop"
	// takes no photo until there is room, "thin" deletes waiting photos, the
	// oldest first, but every ThinKeep-th. Default "stop".
	WhenFull string `toml:"when_full"`
	// ThinKeep is which part of the waiting photos WhenFull "thin" keeps: every
	// so many-th. Default 4; 2 to 100.
	ThinKeep int `toml:"thin_keep"`
	// Upload is which kinds of files go to the cloud: "jpeg", "raw" or "both".
	// What doesn't stays on the card until a second copy holds it. Default "both".
	Upload string `toml:"upload"`
}

// What Config.WhenFull can be.
const (
	Stop = "stop"
	Thin = "thin"
)

// Default is what a controller uses unless told otherwise.
func Default() Config {
	return Config{KeepFreeMegabytes: 512, StopFreeMegabytes: 64, WhenFull: Stop, ThinKeep: 4, Upload: photo.KindBoth}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.StopFreeMegabytes < 16 || c.StopFreeMegabytes > 1_000_000 {
		l.Add("stop_free_mb", c.StopFreeMegabytes, "16 to 1000000 (the database needs room to delete)")
	}
	if c.KeepFreeMegabytes < c.StopFreeMegabytes || c.KeepFreeMegabytes > 1_000_000 {
		l.Add("keep_free_mb", c.KeepFreeMegabytes, "at least stop_free_mb, at most 1000000")
	}
	if c.WhenFull != Stop && c.WhenFull != Thin {
		l.Add("when_full", c.WhenFull, fmt.Sprintf("%q or %q", Stop, Thin))
	}
	if c.ThinKeep < 2 || c.ThinKeep > 100 {
		l.Add("thin_keep", c.ThinKeep, "2 to 100: every so many-th photo stays")
	}
	if !slices.Contains(photo.Kinds(), c.Upload) {
		l.Add("upload", c.Upload, `"both", "jpeg" or "raw"`)
	}
	return l.Err()
}

// uploads tells whether a photo of that format goes to the cloud.
func (c Config) uploads(format string) bool { return photo.IsKind(c.Upload, format) }
