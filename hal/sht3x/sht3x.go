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
	"fieldcam/hal/i2c"
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
func Default() Config { return Config{Bus: i2c.DefaultBus, Address: addressLow} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	i2c.Check(&l, c.Bus, c.Address, []int{addressLow, addressHigh}, "68 or 69 (hexadecimal 44 or 45)")
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

// Sensor is one sensor. Its methods may be called from any goroutine.
type Sensor struct {
	c     Config
	board i2c.Board

	mu    sync.Mutex // one reading at a time; guards what follows
	ready bool       // the heater was switched off since the last error
}

var _ hal.Thermometer = (*Sensor)(nil)

// New makes a Sensor; c must be valid. The sensor is first asked by Climate, and the
// bus is open during a reading only: it may come late, or anew.
func New(c Config, board i2c.Board) *Sensor { return &Sensor{c: c, board: board} }

// Climate implements hal.Thermometer.
func (s *Sensor) Climate(ctx context.Context) (c hal.Climate, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = i2c.Talk(ctx, s.board, "sht3x", s.c.Bus, s.c.Address, func(d i2c.Device) (err error) {
		c, err = s.measure(ctx, d)
		return err
	})
	s.ready = err == nil
	if err != nil {
		return hal.Climate{}, err
	}
	return c, nil
}

func (s *Sensor) measure(ctx context.Context, d i2c.Device) (hal.Climate, error) {
	if !s.ready {
		if err := d.Tx([]byte(commandHeaterOff), nil); err != nil {
			return hal.Climate{}, err
		}
	}
	if err := d.Tx([]byte(commandMeasure), nil); err != nil {
		return hal.Climate{}, err
	}
	if err := i2c.Pause(ctx, measureTime); err != nil {
		return hal.Climate{}, err
	}
	var r [readingBytes]byte
	if err := d.Tx(nil, r[:]); err != nil {
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
