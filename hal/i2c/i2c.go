// Package i2c is what drivers of devices on an I2C bus share: where a device is, and a
// talk with it.
//
// Promises: the bus is open during a talk only, so that it may come late, or anew; an
// error says which device it is of, and where.
//
// Out of scope: what the bytes mean, and one talk at a time: the drivers see to both.
package i2c

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fieldcam/config/invalid"
	"fieldcam/hal"
)

// DefaultBus is where the sensors of most boards are.
const DefaultBus = "/dev/i2c-1"

// Board opens the bus. A hal.Board is one.
type Board interface {
	OpenBus(name string) (hal.Bus, error)
}

// Check records a bus or an address that can't be used: the address must be one of
// allowed, which text lists for people.
func Check(l *invalid.List, bus string, address int, allowed []int, text string) {
	if len(bus) < 2 || bus[0] != '/' {
		l.Add("bus", bus, `the path of an I2C bus, such as "/dev/i2c-1"`)
	}
	if !slices.Contains(allowed, address) {
		l.Add("address", address, text)
	}
}

// Device is a device on an open bus.
type Device struct {
	bus     hal.Bus
	address uint16
}

// Talk opens the bus, has f talk with the device that is called name at that address of
// it, and closes it. It does nothing where ctx has ended.
func Talk(ctx context.Context, b Board, name, bus string, address int, f func(d Device) error) error {
	if err := talk(ctx, b, bus, address, f); err != nil {
		return fmt.Errorf("read %s at %#02x of %s: %w", name, address, bus, err)
	}
	return nil
}

func talk(ctx context.Context, b Board, bus string, address int, f func(d Device) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	open, err := b.OpenBus(bus)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	return f(Device{open, uint16(address)}) //nolint:gosec // 7 bits
}

// Tx is hal.Bus's, with this device.
func (d Device) Tx(w, r []byte) error { return d.bus.Tx(d.address, w, r) }

// Read reads from a register on.
func (d Device) Read(register byte, r []byte) error { return d.Tx([]byte{register}, r) }

// Write writes one byte to a register.
func (d Device) Write(register, v byte) error { return d.Tx([]byte{register, v}, nil) }

// Pause waits for a measurement, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
