package main

import (
	"fmt"
	"strings"

	"fieldcam/agent/control"
)

// printCamera writes what the camera tells of itself.
func printCamera(line func(name, format string, a ...any), c *control.Camera) {
	if c == nil {
		return
	}
	var texts []string
	if c.Model != "" {
		texts = append(texts, c.Model)
	}
	if c.Serial != "" {
		texts = append(texts, "no. "+c.Serial)
	}
	if c.BatteryPercent != nil {
		texts = append(texts, fmt.Sprintf("battery %d %%", *c.BatteryPercent))
	}
	const off = 2 // seconds: it shows whole ones
	if c.AheadSeconds > off || c.AheadSeconds < -off {
		texts = append(texts, fmt.Sprintf("clock %+.0f s", c.AheadSeconds))
	}
	line("camera", "%s", cut(strings.Join(texts, ", "), 69))
}
