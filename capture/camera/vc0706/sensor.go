package vc0706

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Sensor is the family of the camera's sensor: what it can resolve, and where that
// is set.
type Sensor string

// The sensors.
const (
	// SensorVGA is the classic's (VC0703 and VC0706; Adafruit, LinkSprite, Jiahe):
	// the resolution is stored, under device type 04 (all sources).
	SensorVGA Sensor = "vga"
	// SensorHD is a larger one (Spinel): stored too, under device type 05, and with
	// rates above 115200 baud [A][S].
	SensorHD Sensor = "hd"
	// Sensor2MP is that of LS-Y201-2MP boards, which scale each picture down, as
	// CmdDownsize said since the start [O].
	Sensor2MP Sensor = "2mp"
)

// Sensors lists them.
func Sensors() []Sensor { return []Sensor{SensorVGA, SensorHD, Sensor2MP} }

// Resolutions gives the value of each resolution that the sensor has: for
// RegisterStoredResolution, or for CmdDownsize of a Sensor2MP. nil for a sensor
// that there is not.
func (s Sensor) Resolutions() map[string]byte {
	vga := map[string]byte{"640x480": 0x00, "320x240": 0x11, "160x120": 0x22}
	switch s {
	case SensorVGA:
		return vga
	case SensorHD:
		maps.Copy(vga, map[string]byte{"1024x768": 0x33, "1280x720": 0x44, "1280x960": 0x55, "1920x1080": 0x66, "2304x1296": 0x88})
		return vga
	case Sensor2MP:
		return map[string]byte{"800x600": 0x1D, "1024x768": 0x1C, "1280x960": 0x1B, "1600x1200": 0x21}
	}
	return nil
}

// Device is the device type under which the sensor stores its resolution.
func (s Sensor) Device() byte {
	if s == SensorHD {
		return DeviceLargeSensor
	}
	return DeviceSensor
}

// bauds are the rates that a camera with this sensor can be told to take.
func (s Sensor) bauds() []int {
	all := []int{9600, 19200, 38400, 57600, 115200}
	if s == SensorHD {
		all = append(all, 230400, 460800, 921600)
	}
	return all
}

// setResolution brings the camera to the configured resolution.
func (c *Camera) setResolution(ctx context.Context, conn *conn, f found) (found, error) {
	want, ok := c.cfg.Sensor.Resolutions()[c.cfg.Resolution]
	if !ok {
		return f, fmt.Errorf("set resolution: want one of a %s sensor, got %q", c.cfg.Sensor, c.cfg.Resolution)
	}
	if c.cfg.Sensor == Sensor2MP {
		return f, conn.downsize(ctx, want)
	}
	return c.storeResolution(ctx, conn, f, want)
}

// storeResolution stores the resolution where the camera has another, which needs a
// reset.
func (c *Camera) storeResolution(ctx context.Context, conn *conn, f found, want byte) (found, error) {
	device := c.cfg.Sensor.Device()
	got, known, err := conn.resolution(ctx, device)
	if err != nil || known && got == want || !known && c.resolved {
		return f, err
	}
	if err := conn.setResolution(ctx, device, want); err != nil {
		return f, err
	}
	c.lastBaud = c.bootBaud
	if f, err = conn.reset(ctx, c.bootBaud); err != nil {
		return f, fmt.Errorf("reset for another resolution: %w", err)
	}
	c.at(f, true)
	c.resolved = true
	if known {
		if got, known, err = conn.resolution(ctx, device); err != nil {
			return f, err
		}
		if known && got != want {
			return f, fmt.Errorf("set resolution: want %s (%02X) after a reset, got %02X", c.cfg.Resolution, want, got)
		}
	}
	return f, nil
}

// resolution reads the stored resolution. known is false where the camera does
// not tell.
func (c *conn) resolution(ctx context.Context, device byte) (value byte, known bool, err error) {
	data, err := c.command(ctx, CmdReadRegister, registerData(device, RegisterStoredResolution, 1)...)
	var status *StatusError
	switch {
	case errors.As(err, &status):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("read resolution: %w", err)
	case len(data) != 1:
		return 0, false, fmt.Errorf("read resolution: want 1 byte, got % X", data)
	}
	return data[0], true, nil
}

// setResolution stores a resolution; it takes effect at the next reset.
func (c *conn) setResolution(ctx context.Context, device, value byte) error {
	d := append(registerData(device, RegisterStoredResolution, 1), value)
	if _, err := c.command(ctx, CmdWriteRegister, d...); err != nil {
		return fmt.Errorf("set resolution: %w", err)
	}
	return nil
}

// downsize sets the scale of the pictures, where the camera does not say that it is
// the one already. It is forgotten at each start.
func (c *conn) downsize(ctx context.Context, value byte) error {
	data, err := c.command(ctx, CmdReadDownsize)
	var status *StatusError
	switch {
	case err == nil && slices.Equal(data, []byte{value}):
		return nil
	case err == nil, errors.As(err, &status):
	default:
		return fmt.Errorf("read resolution: %w", err)
	}
	if _, err := c.command(ctx, CmdDownsize, value); err != nil {
		return fmt.Errorf("set resolution: %w", err)
	}
	return nil
}
