package vc0706_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/vc0706"
)

func TestValuesThatCannotBeUsedAreRefused(t *testing.T) {
	if err := vc0706.Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for want, change := range map[string]func(*vc0706.Config){
		"port: ":                   func(c *vc0706.Config) { c.Port = "" },
		"baud: 14400":              func(c *vc0706.Config) { c.Baud = 14400 },
		"baud: 230400":             func(c *vc0706.Config) { c.Baud = 230400 },
		"sensor: ccd":              func(c *vc0706.Config) { c.Sensor = "ccd" },
		"resolution: \"1024x768\"": func(c *vc0706.Config) { c.Resolution = "1024x768" },
		"resolution: \"640x480\"":  func(c *vc0706.Config) { c.Sensor = vc0706.Sensor2MP },
		"compression: 256":         func(c *vc0706.Config) { c.Compression = 256 },
		"number: -1":               func(c *vc0706.Config) { c.Number = -1 },
		"chunk: 24":                func(c *vc0706.Config) { c.Chunk = 24 },
		"chunk: 100":               func(c *vc0706.Config) { c.Chunk = 100 },
		"chunk: 65536":             func(c *vc0706.Config) { c.Chunk = 65536 },
		"read_delay: 656ms":        func(c *vc0706.Config) { c.ReadDelay = 656 * time.Millisecond },
		"reply_timeout: 10ms":      func(c *vc0706.Config) { c.ReplyTimeout = 10 * time.Millisecond },
	} {
		c := vc0706.Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
