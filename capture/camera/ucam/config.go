package ucam

import (
	"slices"
	"time"

	"fieldcam/config/invalid"
)

// Model is the camera's, for what not all of them know.
type Model string

// The models.
const (
	ModelUCAM2 Model = "ucam2" // uCAM-II
	ModelUCAM3 Model = "ucam3" // uCAM-III: knows CmdImage and CmdSleep too
	ModelOV528 Model = "ov528" // a board with an OV528, such as the Grove Serial Camera Kit; may have an address
)

// name is what the model is called in a photo's account: the camera tells nothing
// of itself.
func (m Model) name() string {
	switch m {
	case ModelUCAM2:
		return "uCAM-II"
	case ModelUCAM3:
		return "uCAM-III"
	}
	return "OV528"
}

// Config says how to reach the camera and what picture to ask for.
type Config struct {
	// Port is the serial port's device path. Required.
	Port string `toml:"port"`
	// Baud is the rate to transfer at: 9600, 19200, 38400, 57600, 115200, 230400,
	// 460800 or 921600. The camera is found at any rate that it can be at and then
	// switched. Default 115200.
	Baud int `toml:"baud"`
	// Model is the camera's. Default ModelUCAM3.
	Model Model `toml:"model"`
	// Resolution is "640x480", "320x240" or "160x128". Default "640x480".
	Resolution string `toml:"resolution"`
	// Package is the size of the packages that a picture comes in, 64 to 512 bytes, 6
	// of them the package's own. Default 512.
	Package int `toml:"package"`
	// Address is that of an OV528 board, 0 to 7. Default 0, which every camera has.
	Address int `toml:"address"`
	// LightHz is the frequency of the mains, against flicker: 50, 60, or 0, the
	// default, to leave it as it is.
	LightHz int `toml:"light_hz"`
	// Contrast, Brightness and Exposure are from 0, the least, to 4; 2, the default, is
	// normal. Only a ModelUCAM3 has others.
	Contrast   int `toml:"contrast"`
	Brightness int `toml:"brightness"`
	Exposure   int `toml:"exposure"`
	// Settle is how long a camera that has started or slept has to find its exposure,
	// up to 10s. Default 1.5s (1 to 2 s [D][H]); 0 is not at all.
	Settle time.Duration `toml:"settle"`
	// ReplyTimeout bounds the wait for each reply, 50ms to 30s. Default 500ms [S].
	ReplyTimeout time.Duration `toml:"reply_timeout"`
}

// normal is the middle of contrast, brightness and exposure.
const normal = 2

// Default is a uCAM-III on /dev/ttyS1.
func Default() Config {
	return Config{Port: "/dev/ttyS1", Baud: 115200, Model: ModelUCAM3, Resolution: "640x480", Package: MaxPackage,
		Contrast: normal, Brightness: normal, Exposure: normal,
		Settle: 1500 * time.Millisecond, ReplyTimeout: 500 * time.Millisecond}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Port == "" {
		l.Add("port", "", `the path of a serial port, such as "/dev/ttyS1"`)
	}
	if Dividers(c.Baud) == nil {
		l.Add("baud", c.Baud, "9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600")
	}
	if !slices.Contains([]Model{ModelUCAM2, ModelUCAM3, ModelOV528}, c.Model) {
		l.Add("model", c.Model, `"ucam2", "ucam3" or "ov528"`)
	}
	if _, ok := Resolutions()[c.Resolution]; !ok {
		l.Add("resolution", c.Resolution, `"640x480", "320x240" or "160x128"`)
	}
	if c.Package < MinPackage || c.Package > MaxPackage {
		l.Add("package", c.Package, "64 to 512")
	}
	if c.Address < 0 || c.Address > MaxAddress || c.Address > 0 && c.Model != ModelOV528 {
		l.Add("address", c.Address, `0, or with model "ov528" up to 7`)
	}
	if c.LightHz != 0 && c.LightHz != 50 && c.LightHz != 60 {
		l.Add("light_hz", c.LightHz, "0 (as it is), 50 or 60")
	}
	c.validateImage(&l)
	if c.Settle < 0 || c.Settle > 10*time.Second {
		l.Add("settle", c.Settle, "a duration from 0s to 10s")
	}
	if c.ReplyTimeout < 50*time.Millisecond || c.ReplyTimeout > 30*time.Second {
		l.Add("reply_timeout", c.ReplyTimeout, "a duration from 50ms to 30s")
	}
	return l.Err()
}

func (c Config) validateImage(l *invalid.List) {
	for _, v := range []struct {
		key   string
		value int
	}{{"contrast", c.Contrast}, {"brightness", c.Brightness}, {"exposure", c.Exposure}} {
		if v.value < 0 || v.value > 4 || v.value != normal && c.Model != ModelUCAM3 {
			l.Add(v.key, v.value, `2 (normal), or with model "ucam3" 0 to 4`)
		}
	}
}
