package gphoto_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/gphoto"
)

func TestValuesThatCannotBeUsedAreRefused(t *testing.T) {
	if err := gphoto.Default().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*gphoto.Config){
		"program":    func(c *gphoto.Config) { c.Program = "" },
		"program ":   func(c *gphoto.Config) { c.Program = "../gphoto2" },
		"port":       func(c *gphoto.Config) { c.Port = "usb:1,4" },
		"port ":      func(c *gphoto.Config) { c.Port = "--shell" },
		"port  ":     func(c *gphoto.Config) { c.Port = "serial:/dev/ttyS0" },
		"model":      func(c *gphoto.Config) { c.Model = "-x" },
		"set":        func(c *gphoto.Config) { c.Set = []string{"iso"} },
		"set ":       func(c *gphoto.Config) { c.Set = []string{"--hook-script=/bin/sh"} },
		"set  ":      func(c *gphoto.Config) { c.Set = make([]string, 51) },
		"files":      func(c *gphoto.Config) { c.Files = "tiff" },
		"shot_time":  func(c *gphoto.Config) { c.ShotTime = time.Second },
		"shot_time ": func(c *gphoto.Config) { c.ShotTime = time.Hour },
	} {
		c := gphoto.Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(name)) {
			t.Errorf("%s: %v, want an error that names the key", name, err)
		}
	}
	good := gphoto.Default()
	good.Port, good.Model, good.Set = "ptpip:192.168.1.2", "PTP/IP Camera", []string{"/main/imgsettings/iso=100", "imageformat=Large Fine JPEG"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}
