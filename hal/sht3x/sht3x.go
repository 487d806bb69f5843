// Package sht3x reads the humidity and temperature sensors SHT30, SHT31 and SHT35
// on an I2C bus.
//
// Promises: a reading whose checksums are wrong is an error, never a value; the
// sensor's own heater, which a program before may have left on and which makes it
// read some degrees too much, is off before the first reading; no call waits longer
// than ctx and the bus's own bounds.
//
// Out of scope: whether a reading makes sense (agent/power).
package sht3x

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"fieldcam/config/invalid"
	"fieldcam/hal"
)

// Config is where the sensor is.
type Config struct {
	// Bus is the I2C bus by device path. Default "/dev/i2c-1".
	Bus string `toml:"bus"`
	// Address is the sensor's on that bus, 68 or 69 (0x44 or 0x45) by its pin ADDR.
	// Default 68.
	Address int `toml:"address"`
}

// The addresses by the pin ADDR (Sensirion SHT3x-DIS data sheet, table 8).
const (
	addressLow  = 0x44
	addressHigh = 0x45
)

// Default is a sensor on a usual breakout board.
func Default() Config { return Config{Bus: "/dev/i2c-1", Address: addressLow} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if len(c.Bus) < 2 || c.Bus[0] != '/' {
		l.Add("bus", c.Bus, `the path of an I2C bus, such as "/dev/i2c-1"`)
	}
	if c.Address != addressLow && c.Address != addressHigh {
		l.Add("address", c.Address, "68 or 69 (hexadecimal 44 or 45)")
	}
	return l.Err()
}

// The commands (SHT3x-DIS data sheet, tables 9, 16 and 17).
const (
	commandMeasure   = "\x24\x00" // once, high repeatability, without clock stretching
	commandHeaterOff = "\x30\x66"
)

// measureTime is how long a measurement of high repeatability takes: 15 ms, and
// 15.5 below 2.4 V (tables 4 and 5), with room for a rounding timer.
const measureTime = 16 * time.Millisecond

// Board opens the bus. A hal.Board is one.
type Board interface {
	OpenBus(name string) (hal.Bus, error)
}

// Sensor is one sensor. Its methods may be called from any goroutine.
type Sensor struct {
	c     Config
	board Board

	mu    sync.Mutex // one reading at a time; guards what follows
	ready bool       // the heater was switched off since the last error
}

var _ hal.Thermometer = (*Sensor)(nil)

// New makes a Sensor; c must be valid. The sensor is first asked by Climate, and the
// bus is open during a reading only: it may come late, or anew.
func New(c Config, board Board) *Sensor { return &Sensor{c: c, board: board} }

// Climate implements hal.Thermometer.
func (s *Sensor) Climate(ctx context.Context) (c hal.Climate, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err = s.measure(ctx)
	s.ready = err == nil
	if err != nil {
		return hal.Climate{}, fmt.Errorf("read sht3x at %#02x of %s: %w", s.c.Address, s.c.Bus, err)
	}
	return c, nil
}

func (s *Sensor) measure(ctx context.Context) (_ hal.Climate, err error) {
	if err := ctx.Err(); err != nil {
		return hal.Climate{}, err
	}
	bus, err := s.board.OpenBus(s.c.Bus)
	if err != nil {
		return hal.Climate{}, err
	}
	defer func() { err = errors.Join(err, bus.Close()) }()
	addr := uint16(s.c.Address) //nolint:gosec // 68 or 69
	if !s.ready {
		if err := bus.Tx(addr, []byte(commandHeaterOff), nil); err != nil {
			return hal.Climate{}, err
		}
	}
	if err := bus.Tx(addr, []byte(commandMeasure), nil); err != nil {
		return hal.Climate{}, err
	}
	t := time.NewTimer(measureTime)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return hal.Climate{}, ctx.Err()
	case <-t.C:
	}
	var r [readingBytes]byte
	if err := bus.Tx(addr, nil, r[:]); err != nil {
		return hal.Climate{}, err
	}
	return Decode(r[:])
}

// readingBytes is what a measurement is read as: two bytes of temperature and their
// checksum, two of humidity and theirs.
const readingBytes = 6

// ErrChecksum is why a reading was not believed.
var ErrChecksum = errors.New("wrong checksum")

// Decode makes values of a measurement's six bytes. The temperature is -45 + 175 S
// / 65536 degrees and the humidity 100 S / 65536 percent, as Linux has it; the data
// sheet divides by 65535, which is less than the sensor's own error.
func Decode(b []byte) (hal.Climate, error) {
	if len(b) != readingBytes {
		return hal.Climate{}, fmt.Errorf("%d bytes, want %d", len(b), readingBytes)
	}
	if CRC(b[0:2]) != b[2] || CRC(b[3:5]) != b[5] {
		return hal.Climate{}, ErrChecksum
	}
	const scale = 1 << 16
	return hal.Climate{
		Celsius:     -45 + 175*float64(binary.BigEndian.Uint16(b[0:2]))/scale,
		Humidity:    100 * float64(binary.BigEndian.Uint16(b[3:5])) / scale,
		HasHumidity: true,
	}, nil
}

// CRC is the checksum of two bytes: CRC-8 of polynomial 31 that starts at FF
// (SHT3x-DIS data sheet, table 20: that of BE EF is 92).
func CRC(b []byte) byte {
	crc := byte(0xff)
	for _, v := range b {
		crc ^= v
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x31
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
