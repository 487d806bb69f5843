package command

import (
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"fieldcam/config/invalid"
)

// Output stands in an argument for the path of the file that the picture is to be
// written to.
const Output = "{output}"

// Config says which program takes the picture.
type Config struct {
	// Argv is the program and its arguments; no shell reads them. The program is an
	// absolute path, or a name that subprocess.Find knows. An argument that has Output
	// in it names the file of the picture; where none has, the picture is taken from
	// standard output. Default: rpicam-still to standard output.
	Argv []string `toml:"argv"`
	// Timeout bounds one run. The end of the slot bounds it too. Default 60s.
	Timeout time.Duration `toml:"timeout"`
	// MaxMB bounds a picture, and everything else that the program writes to one file,
	// in megabytes (10^6 bytes). Default 100.
	MaxMB int `toml:"max_mb"`
}

const (
	minTimeout = time.Second
	maxTimeout = 30 * time.Minute // a bulb exposure by night, and its dark frame
	maxMB      = 10_000
	// maxArgs and maxArgBytes are more than any camera's program takes, and less than
	// the kernel does.
	maxArgs     = 200
	maxArgBytes = 4096
)

// Default is a Raspberry Pi's own camera: no preview (-n), 1.5 s for exposure and
// white balance to settle (-t), a JPEG (-e) to standard output (rpicam-apps,
// image/jpeg.cpp: a file name of "-").
func Default() Config {
	return Config{
		Argv:    []string{"rpicam-still", "-n", "-t", "1500", "-e", "jpg", "-o", "-"},
		Timeout: time.Minute, MaxMB: 100,
	}
}

// userForm is user and password in an address; rather too much than a password too
// many, for those can have any character.
var userForm = regexp.MustCompile(`://[^\s"']*@`)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if !c.argvGood() {
		l.Add("argv", "", `a program and its arguments, such as ["rpicam-still", "-n", "-o", "-"]: the program a name or an absolute path, no password in an address`)
	}
	if c.Timeout < minTimeout || c.Timeout > maxTimeout {
		l.Add("timeout", c.Timeout, "a duration from 1s to 30m")
	}
	if c.MaxMB < 1 || c.MaxMB > maxMB {
		l.Add("max_mb", c.MaxMB, "1 to 10000")
	}
	return l.Err()
}

// argvGood tells whether Argv can be run. Everybody on the board sees a program's
// arguments, so that no password may be among them.
func (c Config) argvGood() bool {
	if len(c.Argv) == 0 || len(c.Argv) > maxArgs {
		return false
	}
	program := c.Argv[0]
	if program == "" || strings.ContainsRune(program, '/') && !filepath.IsAbs(program) || strings.Contains(program, Output) {
		return false
	}
	for _, a := range c.Argv {
		if len(a) > maxArgBytes || strings.ContainsRune(a, 0) || userForm.MatchString(a) {
			return false
		}
	}
	return true
}

// toFile tells whether the picture goes to a file.
func (c Config) toFile() bool {
	for _, a := range c.Argv {
		if strings.Contains(a, Output) {
			return true
		}
	}
	return false
}

// argv is Argv with the file at path.
func (c Config) argv(path string) []string {
	all := make([]string, len(c.Argv))
	for i, a := range c.Argv {
		all[i] = strings.ReplaceAll(a, Output, path)
	}
	return all
}
