package ucam_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/ucam"
)

func TestValuesThatCannotBeUsedAreRefused(t *testing.T) {
	if err := ucam.Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for want, change := range map[string]func(*ucam.Config){
		"port: ":                  func(c *ucam.Config) { c.Port = "" },
		"baud: 14400":             func(c *ucam.Config) { c.Baud = 14400 },
		"baud: 0":                 func(c *ucam.Config) { c.Baud = 0 },
		"model: ucam4":            func(c *ucam.Config) { c.Model = "ucam4" },
		"resolution: \"160x120\"": func(c *ucam.Config) { c.Resolution = "160x120" },
		"package: 63":             func(c *ucam.Config) { c.Package = 63 },
		"package: 513":            func(c *ucam.Config) { c.Package = 513 },
		"address: 8":              func(c *ucam.Config) { c.Model, c.Address = ucam.ModelOV528, 8 },
		"address: 1":              func(c *ucam.Config) { c.Address = 1 },
		"light_hz: 55":            func(c *ucam.Config) { c.LightHz = 55 },
		"contrast: 5":             func(c *ucam.Config) { c.Contrast = 5 },
		"brightness: -1":          func(c *ucam.Config) { c.Brightness = -1 },
		"exposure: 3":             func(c *ucam.Config) { c.Model, c.Exposure = ucam.ModelUCAM2, 3 },
		"settle: 11s":             func(c *ucam.Config) { c.Settle = 11 * time.Second },
		"reply_timeout: 31s":      func(c *ucam.Config) { c.ReplyTimeout = 31 * time.Second },
	} {
		c := ucam.Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
