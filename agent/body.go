package agent

import (
	"fmt"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/capture/camera/gphoto"
)

// A camera's battery is low below lowCameraBattery, and no longer from goodCameraBattery
// on, in percent: most tell quarters or fifths.
const (
	lowCameraBattery  = 20
	goodCameraBattery = 25
)

// teller is a camera that tells of itself.
type teller interface{ State() gphoto.State }

// body is what the camera tells of itself; false where its kind tells nothing, or it has
// not been asked yet.
func (c *boardCamera) body() (gphoto.State, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.driver.(teller)
	if !ok {
		return gphoto.State{}, false
	}
	return told(t)
}

// body is boardCamera's, where gphoto2 fetches the pictures.
func (c *boardShutter) body() (gphoto.State, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fetches == nil {
		return gphoto.State{}, false
	}
	return told(c.fetches)
}

func told(t teller) (gphoto.State, bool) {
	s := t.State()
	return s, s.Model != "" || s.Serial != "" || s.BatteryPercent >= 0
}

// cameraStatus is what the camera tells of itself; nil: nothing.
func (a *Agent) cameraStatus() *control.Camera {
	s, ok := a.camera.body()
	if !ok {
		return nil
	}
	c := &control.Camera{Model: s.Model, Serial: s.Serial, AheadSeconds: s.Ahead.Seconds()}
	if s.BatteryPercent >= 0 {
		c.BatteryPercent = &s.BatteryPercent
	}
	return c
}

// messageCamera is it as the hub gets it.
func messageCamera(c *control.Camera) *message.Camera {
	if c == nil {
		return nil
	}
	m := &message.Camera{Model: c.Model, Serial: c.Serial, AheadSeconds: int64(c.AheadSeconds)}
	if c.BatteryPercent != nil {
		percent := int64(*c.BatteryPercent)
		m.BatteryPercent = &percent
	}
	return m
}

// watchCamera reports a camera's battery that is low.
func (a *Agent) watchCamera() {
	switch s, ok := a.camera.body(); {
	case !ok || s.BatteryPercent < 0:
	case s.BatteryPercent < lowCameraBattery:
		a.raise(health.CameraBattery, fmt.Sprintf("the camera's own battery is at %d %%", s.BatteryPercent))
	case s.BatteryPercent >= goodCameraBattery:
		a.health.Clear(health.CameraBattery)
	}
}
