package vc0706

import (
	"slices"
	"time"

	"fieldcam/config/invalid"
)

// Config says how to reach the camera and what picture to ask for.
type Config struct {
	// Port is the serial port's device path. Required.
	Port string `toml:"port"`
	// Baud is the rate to transfer at: 9600, 19200, 38400, 57600 or 115200; of a
	// SensorHD also 230400, 460800 or 921600. The camera is found at any of the
	// first five and then switched. Default 115200.
	Baud int `toml:"baud"`
	// Sensor is the family of the camera's sensor. Default SensorVGA.
	Sensor Sensor `toml:"sensor"`
	// Resolution is one of the sensor's (Sensor.Resolutions). Default "640x480".
	Resolution string `toml:"resolution"`
	// Compression is the JPEG ratio, 1 to 255; larger makes a smaller file.
	// 0, the default, leaves the camera's own (usually 54, hexadecimal 36).
	Compression int `toml:"compression"`
	// Number is the camera's device number on the line, 0 to 255. Default 0.
	Number int `toml:"number"`
	// Chunk is how much of a picture is asked for at once, in bytes: 32 to 32768, a
	// multiple of 8. Cameras that lose bytes in long answers want less; the protocol
	// costs 26 bytes and a turnaround each. Default 4096.
	Chunk int `toml:"chunk"`
	// ReadDelay is the camera's pause before each part of a picture, up to 655ms, in
	// steps of 10µs; 0 is none. Default 100µs, the usual value.
	ReadDelay time.Duration `toml:"read_delay"`
	// ReplyTimeout bounds the wait for each reply. Default 1s.
	ReplyTimeout time.Duration `toml:"reply_timeout"`
}

// Default is a camera on /dev/ttyS1.
func Default() Config {
	return Config{Port: "/dev/ttyS1", Baud: 115200, Sensor: SensorVGA, Resolution: "640x480",
		Chunk: 4096, ReadDelay: 100 * time.Microsecond, ReplyTimeout: time.Second}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Port == "" {
		l.Add("port", "", `the path of a serial port, such as "/dev/ttyS1"`)
	}
	if !slices.Contains(Sensors(), c.Sensor) {
		l.Add("sensor", c.Sensor, `"vga", "hd" or "2mp"`)
	} else {
		if !slices.Contains(c.Sensor.bauds(), c.Baud) {
			l.Add("baud", c.Baud, `9600, 19200, 38400, 57600 or 115200; with sensor "hd" also 230400, 460800 or 921600`)
		}
		if _, ok := c.Sensor.Resolutions()[c.Resolution]; !ok {
			l.Add("resolution", c.Resolution, `a resolution of the sensor, such as "640x480"`)
		}
	}
	if c.Compression < 0 || c.Compression > 255 {
		l.Add("compression", c.Compression, "0 (the camera's own) or 1 to 255")
	}
	if c.Number < 0 || c.Number > 255 {
		l.Add("number", c.Number, "0 to 255")
	}
	if c.Chunk < 32 || c.Chunk > 32768 || c.Chunk%align != 0 {
		l.Add("chunk", c.Chunk, "a multiple of 8 from 32 to 32768")
	}
	if c.ReadDelay < 0 || c.ReadDelay > 655*time.Millisecond {
		l.Add("read_delay", c.ReadDelay, "a duration from 0s to 655ms")
	}
	if c.ReplyTimeout < 50*time.Millisecond || c.ReplyTimeout > 30*time.Second {
		l.Add("reply_timeout", c.ReplyTimeout, "a duration from 50ms to 30s")
	}
	return l.Err()
}
