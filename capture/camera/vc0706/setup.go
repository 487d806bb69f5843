package vc0706

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/capture/camera/serial"
)

// bootWait is the time from reset until the camera may be spoken to: usable
// about 2 s later [J].
const bootWait = 2500 * time.Millisecond

// reset restarts the camera and finds it again, at its stored rate. Its reply is
// not waited for: one maker's lacks its last byte [P], and that the camera
// answers afterwards says more.
func (c *conn) reset(ctx context.Context, bootBaud int) (found, error) {
	if err := c.send(ctx, CmdReset); err != nil {
		return found{}, err
	}
	if err := serial.Pause(ctx, bootWait); err != nil {
		return found{}, err
	}
	return c.find(ctx, bootBaud)
}

// resolution reads the stored resolution. known is false where the camera does
// not tell.
func (c *conn) resolution(ctx context.Context) (value byte, known bool, err error) {
	data, err := c.command(ctx, CmdReadRegister, registerData(DeviceSensor, RegisterStoredResolution, 1)...)
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
func (c *conn) setResolution(ctx context.Context, value byte) error {
	d := append(registerData(DeviceSensor, RegisterStoredResolution, 1), value)
	if _, err := c.command(ctx, CmdWriteRegister, d...); err != nil {
		return fmt.Errorf("set resolution: %w", err)
	}
	return nil
}

// setCompression sets the JPEG ratio until the next reset.
func (c *conn) setCompression(ctx context.Context, ratio byte) error {
	d := append(registerData(DeviceChip, RegisterCompression, 1), ratio)
	if _, err := c.command(ctx, CmdWriteRegister, d...); err != nil {
		return fmt.Errorf("set compression: %w", err)
	}
	return nil
}

// registerData begins the data of CmdReadRegister and CmdWriteRegister.
func registerData(device byte, register uint16, count byte) []byte {
	return []byte{device, count, byte(register >> 8), byte(register)}
}
