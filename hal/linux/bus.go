package linux

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

// The kernel's I2C interface: include/uapi/linux/i2c-dev.h and i2c.h.
const (
	ioctlI2CRetries = 0x0701
	ioctlI2CTimeout = 0x0702 // in units of 10 ms
	ioctlI2CFuncs   = 0x0705
	ioctlI2CRdwr    = 0x0707
	i2cFlagRead     = 0x0001 // I2C_M_RD
	i2cFuncI2C      = 0x0001 // I2C_FUNC_I2C: plain transfers, not SMBus alone
)

const (
	// busTimeout bounds one try. A full transfer of MaxTransfer bytes takes longer
	// at 100 kHz, but nothing on these boards moves more than a few dozen.
	busTimeout = 200 * time.Millisecond
	// busRetries is how often the adapter tries again where another master took
	// the bus: with the first, four tries at most.
	busRetries = 3
	// The addresses that a device may have; the others mean something on the bus.
	firstAddress, lastAddress = 0x08, 0x77
)

type (
	i2cMessage struct {
		addr  uint16
		flags uint16
		len   uint16
		buf   *byte
	}
	i2cTransfer struct {
		messages *i2cMessage
		count    uint32
	}
)

// bus is an I2C adapter. The kernel keeps transfers apart.
type bus struct {
	name string
	file *os.File
}

func openBus(name string) (*bus, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	b := &bus{name: name, file: f}
	if err := b.setUp(); err != nil {
		f.Close()
		return nil, err
	}
	return b, nil
}

// setUp checks that this is a bus that can do plain transfers, and bounds them.
func (b *bus) setUp() error {
	var funcs uintptr // an unsigned long
	if err := ioctl(b.file, ioctlI2CFuncs, unsafe.Pointer(&funcs)); err != nil {
		return fmt.Errorf("ask what it can do (is it an I2C bus?): %w", err)
	}
	if funcs&i2cFuncI2C == 0 {
		return errors.New("its adapter does SMBus only")
	}
	return control(b.file, func(fd int) error {
		if err := unix.IoctlSetInt(fd, ioctlI2CTimeout, int(busTimeout/(10*time.Millisecond))); err != nil {
			return fmt.Errorf("set time-out: %w", err)
		}
		if err := unix.IoctlSetInt(fd, ioctlI2CRetries, busRetries); err != nil {
			return fmt.Errorf("set retries: %w", err)
		}
		return nil
	})
}

// Tx implements hal.Bus. The bound is the adapter's own, which every driver of
// the kernel's keeps: the calling thread is in the kernel meanwhile.
func (b *bus) Tx(addr uint16, w, r []byte) error {
	m, err := messages(addr, w, r)
	if err == nil {
		t := i2cTransfer{messages: &m[0], count: uint32(len(m))}
		err = ioctl(b.file, ioctlI2CRdwr, unsafe.Pointer(&t))
	}
	if err != nil {
		return fmt.Errorf("I2C bus %s, device %#02x: %w", b.name, addr, err)
	}
	return nil
}

// messages describes a transfer to the kernel.
func messages(addr uint16, w, r []byte) ([]i2cMessage, error) {
	switch {
	case addr < firstAddress || addr > lastAddress:
		return nil, fmt.Errorf("no such address: want %#02x to %#02x", firstAddress, lastAddress)
	case len(w) == 0 && len(r) == 0:
		return nil, errors.New("an empty transfer")
	case len(w) > hal.MaxTransfer || len(r) > hal.MaxTransfer:
		return nil, fmt.Errorf("%d bytes to write and %d to read: want %d at most", len(w), len(r), hal.MaxTransfer)
	}
	var m []i2cMessage
	if len(w) > 0 {
		m = append(m, i2cMessage{addr: addr, len: uint16(len(w)), buf: &w[0]})
	}
	if len(r) > 0 {
		m = append(m, i2cMessage{addr: addr, flags: i2cFlagRead, len: uint16(len(r)), buf: &r[0]})
	}
	return m, nil
}

// Close implements hal.Bus.
func (b *bus) Close() error {
	if err := b.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close I2C bus %s: %w", b.name, err)
	}
	return nil
}
