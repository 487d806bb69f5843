package vc0706

import (
	"time"

	"fieldcam/config/invalid"
)

// Config says how to reach the camera and what picture to ask for.
type Config struct {
	// Port is the serial port's device path. Required.
	Port string `toml:"port"`
	// Baud is the rate to transfer at: 9600, 19200, 38400, 57600 or 115200. The
	// camera is found at any of them and then switched. Default 115200.
	Baud int `toml:"baud"`
	// Resolution is "640x480", "320x240" or "160x120". Default "640x480".
	Resolution string `toml:"resolution"`
	// Compression is the JPEG ratio, 1 to 255; larger makes a smaller file.
	// 0, the default, leaves the camera's own (usually 54, hexadecimal 36).
	Compression int `toml:"compression"`
	// Number is the camera's device number on the line, 0 to 255. Default 0.
	Number int `toml:"number"`
	// ReplyTimeout bounds the wait for each reply. Default 1s.
	ReplyTimeout time.Duration `toml:"reply_timeout"`
}

// Default is a camera on /dev/ttyS1.
func Default() Config {
	return Config{Port: "/dev/ttyS1", Baud: 115200, Resolution: "640x480", ReplyTimeout: time.Second}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Port == "" {
		l.Add("port", "", `the path of a serial port, such as "/dev/ttyS1"`)
	}
	switch c.Baud {
	case 9600, 19200, 38400, 57600, 115200:
	default:
		l.Add("baud", c.Baud, "9600, 19200, 38400, 57600 or 115200")
	}
	switch c.Resolution {
	case "640x480", "320x240", "160x120":
	default:
		l.Add("resolution", c.Resolution, `"640x480", "320x240" or "160x120"`)
	}
	if c.Compression < 0 || c.Compression > 255 {
		l.Add("compression", c.Compression, "0 (the camera's own) or 1 to 255")
	}
	if c.Number < 0 || c.Number > 255 {
		l.Add("number", c.Number, "0 to 255")
	}
	if c.ReplyTimeout < 50*time.Millisecond || c.ReplyTimeout > 30*time.Second {
		l.Add("reply_timeout", c.ReplyTimeout, "a duration from 50ms to 30s")
	}
	return l.Err()
}
