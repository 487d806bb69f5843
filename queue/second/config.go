package second

import (
	"fmt"
	"path/filepath"
	"slices"

	"fieldcam/capture/photo"
	"fieldcam/config/invalid"
)

// maxKeepFreePercent bounds Config.KeepFreePercent: of a disk that keeps more
// than half of itself free, the number is a mistake.
const maxKeepFreePercent = 50

// Config is where the second copy of the photos goes, and which go there.
type Config struct {
	// Mount is the mount point of the disk, an absolute path. Default empty: there
	// is no second copy.
	Mount string `toml:"mount"`
	// Kinds is which kinds of files go there: "jpeg", "raw" or "both". Default
	// "both".
	Kinds string `toml:"kinds"`
	// KeepFreePercent is the part of the disk, in percent, that stays free: below
	// it the oldest copies are deleted whose photos the cloud has. Default 2; 0
	// fills the disk, and deletes such copies then.
	KeepFreePercent int `toml:"keep_free_percent"`
	// Adopt takes a disk into use that has other files on it, or that another
	// controller has filled; those files are left alone. Default false: only a
	// disk that is empty, or this controller's.
	Adopt bool `toml:"adopt"`
}

// Default is what a controller uses unless told otherwise: no second copy.
func Default() Config {
	return Config{Kinds: photo.KindBoth, KeepFreePercent: 2}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Mount != "" && (!filepath.IsAbs(c.Mount) || filepath.Clean(c.Mount) == "/") {
		l.Add("mount", c.Mount, "an absolute path of a mount point, not /")
	}
	if !slices.Contains(photo.Kinds(), c.Kinds) {
		l.Add("kinds", c.Kinds, `"both", "jpeg" or "raw"`)
	}
	if c.KeepFreePercent < 0 || c.KeepFreePercent > maxKeepFreePercent {
		l.Add("keep_free_percent", c.KeepFreePercent, fmt.Sprintf("0 to %d", maxKeepFreePercent))
	}
	return l.Err()
}

// Copies tells whether a photo of that format goes to the second copy.
func (c Config) Copies(format string) bool {
	return c.Mount != "" && photo.IsKind(c.Kinds, format)
}
