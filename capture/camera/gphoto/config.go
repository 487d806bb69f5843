package gphoto

import (
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/config/invalid"
)

// Config says which camera gphoto2 drives, and how.
type Config struct {
	// Program is gphoto2: a name that subprocess.Find knows, or an absolute path.
	// Default "gphoto2".
	Program string `toml:"program"`
	// Port is where the camera is, as gphoto2 calls it: "usb:001,004", or
	// "ptpip:192.168.1.2" for a camera on the network. Empty, the default: the first
	// one on USB, which is looked for anew after each reset, for its number changes.
	Port string `toml:"port"`
	// Model is a part of the camera's model as gphoto2 --auto-detect shows it, where
	// there are several on USB; of a Port on the network the model's whole name.
	// Empty, the default: any, and "PTP/IP Camera".
	Model string `toml:"model"`
	// Set lists settings, as "name=value", that are made before each shot (gphoto2
	// --list-config shows them). Default none.
	Set []string `toml:"set"`
	// Files is which kinds become photos: "jpeg", "raw" or "both", the default.
	Files string `toml:"files"`
	// DeleteFetched deletes files from the camera once the queue has them. Default
	// false: a person empties its card.
	DeleteFetched bool `toml:"delete_fetched"`
	// SetClock sets the camera's clock where it is off by more than two seconds and
	// the board's is synced; for a List, see the package. Default true.
	SetClock bool `toml:"set_clock"`
	// ShotTime bounds one shot, with the transfer of its files. The end of the slot
	// bounds it too. Default 1m.
	ShotTime time.Duration `toml:"shot_time"`
}

const (
	minShotTime = 2 * time.Second
	maxShotTime = 30 * time.Minute // a bulb exposure by night, and its dark frame
	maxSet      = 50
	maxText     = 200
	// networkModel is what libgphoto2 calls a camera on the network that it knows
	// nothing of (camlibs/ptp2/library.c).
	networkModel = "PTP/IP Camera"
)

// Default is any camera on USB.
func Default() Config {
	return Config{Program: "gphoto2", Files: photo.KindBoth, SetClock: true, ShotTime: time.Minute}
}

// The forms of a port, a model and a setting. What begins with a dash would be an
// option of gphoto2's.
var (
	portForm  = regexp.MustCompile(`^(usb:[0-9]{3},[0-9]{3}|ptpip:[0-9.]{7,15}(:[0-9]{1,5}){0,2})$`)
	modelForm = regexp.MustCompile(`^[A-Za-z0-9(][ -~]*$`)
	setForm   = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9/_-]*=[ -~]+$`)
)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Program == "" || strings.ContainsRune(c.Program, '/') && !filepath.IsAbs(c.Program) {
		l.Add("program", c.Program, `a program's name or absolute path, such as "gphoto2"`)
	}
	if c.Port != "" && !portForm.MatchString(c.Port) {
		l.Add("port", c.Port, `nothing, or a port such as "usb:001,004" or "ptpip:192.168.1.2"`)
	}
	if c.Model != "" && (len(c.Model) > maxText || !modelForm.MatchString(c.Model)) {
		l.Add("model", c.Model, `nothing, or a part of the model's name, such as "EOS 2000D"`)
	}
	if !setGood(c.Set) {
		l.Add("set", strings.Join(c.Set, " "), `at most 50 settings, such as ["iso=100", "imageformat=Large Fine JPEG"]`)
	}
	switch c.Files {
	case photo.KindJPEG, photo.KindRAW, photo.KindBoth:
	default:
		l.Add("files", c.Files, `"both", "jpeg" or "raw"`)
	}
	if c.ShotTime < minShotTime || c.ShotTime > maxShotTime {
		l.Add("shot_time", c.ShotTime, "a duration from 2s to 30m")
	}
	return l.Err()
}

func setGood(all []string) bool {
	for _, s := range all {
		if len(s) > maxText || !setForm.MatchString(s) {
			return false
		}
	}
	return len(all) <= maxSet
}

// network tells whether the camera is on the network, where nobody can detect or reset
// it.
func (c Config) network() bool { return strings.HasPrefix(c.Port, "ptpip:") }
