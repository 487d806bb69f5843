package vc0706

import (
	"bytes"
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

// savingWait bounds the reply to the end of power save, which is 800 ms late [S].
const savingWait = 2 * time.Second

// saving tells whether err is the answer of a camera in power save, which every
// command gets but the one that ends it [S].
func (c *conn) saving(err error) bool {
	var silent *serial.SilenceError
	return errors.As(err, &silent) && bytes.Contains(silent.Got, []byte{ReplyMark, c.number, byte(CmdPowerSave), 0x00, savingCount})
}

// rouse ends power save.
func (c *conn) rouse(ctx context.Context) error {
	_, err := c.once(ctx, savingWait, CmdPowerSave, 0x00, 0x01, 0x00)
	return err
}
