package message

import (
	"errors"
	"fmt"
)

// Camera is what the camera tells of itself, where gphoto2 asks it. Empty: not known.
type Camera struct {
	Model  string `json:"model,omitempty"`
	Serial string `json:"serial,omitempty"`
	// BatteryPercent is the charge of its own battery, 0 to 100; nil: it does not tell.
	BatteryPercent *int64 `json:"battery,omitempty"`
	// AheadSeconds is by how much its clock was ahead of the device's; negative: behind.
	AheadSeconds int64 `json:"ahead,omitempty"`
}

// maxPercent is a full battery; maxAhead is more than any clock is off by, in seconds: 200
// years.
const (
	maxPercent = 100
	maxAhead   = 200 * 366 * 24 * 60 * 60
)

func (c *Camera) check() error {
	if c == nil {
		return nil
	}
	var battery, ahead error
	if p := c.BatteryPercent; p != nil && (*p < 0 || *p > maxPercent) {
		battery = fmt.Errorf("camera.battery: %d: want 0 to %d", *p, maxPercent)
	}
	if c.AheadSeconds < -maxAhead || c.AheadSeconds > maxAhead {
		ahead = fmt.Errorf("camera.ahead: %d: want seconds, at most 200 years", c.AheadSeconds)
	}
	return errors.Join(battery, ahead, checkText("camera.model", c.Model, MaxName), checkText("camera.serial", c.Serial, MaxName))
}

func (c *Camera) fit() *Camera {
	if c == nil {
		return nil
	}
	fitted := Camera{
		Model: clean(c.Model, MaxName), Serial: clean(c.Serial, MaxName),
		AheadSeconds: min(max(c.AheadSeconds, -maxAhead), maxAhead),
	}
	if c.BatteryPercent != nil {
		percent := min(max(*c.BatteryPercent, 0), maxPercent)
		fitted.BatteryPercent = &percent
	}
	return &fitted
}
