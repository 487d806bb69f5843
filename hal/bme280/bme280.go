// Package bme280 reads the temperature and humidity sensor BME280 on an I2C bus,
// and the BMP280, which measures no humidity.
//
// Promises: which of the two it is, is asked, not assumed; a sensor that has lost
// its settings or gives its value for "not measured" is an error, never a value; no
// call waits longer than ctx and the bus's own bounds.
//
// Out of scope: the pressure, and whether a reading makes sense (agent/power).
package bme280

import (
	"context"
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
	// Address is the sensor's on that bus, 118 or 119 (0x76 or 0x77) by its pin SDO.
	// Default 118.
	Address int `toml:"address"`
}

// The addresses by the pin SDO (Bosch BST-BME280-DS002, section 6.2).
const (
	addressLow  = 0x76
	addressHigh = 0x77
)

// Default is a sensor on a usual breakout board.
func Default() Config { return Config{Bus: i2c.DefaultBus, Address: addressLow} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	i2c.Check(&l, c.Bus, c.Address, []int{addressLow, addressHigh}, "118 or 119 (hexadecimal 76 or 77)")
	return l.Err()
}

// The registers, and what they say or are told (BST-BME280-DS002, section 5.3).
const (
	regCalib1   = 0x88 // to A1: temperature, pressure, and the first of humidity
	calib1Bytes = 0xa1 - regCalib1 + 1
	regID       = 0xd0
	regCalib2   = 0xe1 // to E7: the rest of humidity
	calib2Bytes = 0xe7 - regCalib2 + 1
	regHumidity = 0xf2
	regStatus   = 0xf3
	regMeasure  = 0xf4
	regData     = 0xf7 // to FE: pressure, temperature, humidity
	dataBytes   = 0xfe - regData + 1

	idBMP280 = 0x58
	idBME280 = 0x60

	humidityOnce = 0x01 // oversampling by 1
	measureOnce  = 0x21 // temperature by 1, no pressure, forced mode: one measurement
	statusBusy   = 0x09 // it measures, or copies its calibration
)

const (
	// measureTime is how long a measurement takes at the most: 1.25 ms, 2.3 for the
	// temperature and 2.875 for the humidity (appendix B, section 9.1).
	measureTime = 7 * time.Millisecond
	// measureTries is how often it is asked, each time after measureTime, whether it
	// is done.
	measureTries = 4
)

// Sensor is one sensor. Its methods may be called from any goroutine.
type Sensor struct {
	c     Config
	board i2c.Board

	mu    sync.Mutex   // one reading at a time; guards what follows
	calib *Calibration // nil: to be read
}

var _ hal.Thermometer = (*Sensor)(nil)

// New makes a Sensor; c must be valid. The sensor is first asked by Climate, and the
// bus is open during a reading only: it may come late, or anew.
func New(c Config, board i2c.Board) *Sensor { return &Sensor{c: c, board: board} }

// Climate implements hal.Thermometer.
func (s *Sensor) Climate(ctx context.Context) (c hal.Climate, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = i2c.Talk(ctx, s.board, "bme280", s.c.Bus, s.c.Address, func(d i2c.Device) (err error) {
		c, err = s.measure(ctx, d)
		return err
	})
	if err != nil {
		s.calib = nil // it may be another one when it comes back
		return hal.Climate{}, err
	}
	return c, nil
}

func (s *Sensor) measure(ctx context.Context, d i2c.Device) (c hal.Climate, err error) {
	if s.calib == nil {
		if s.calib, err = calibration(d); err != nil {
			return c, err
		}
	}
	// The humidity's setting takes effect with the write of the other.
	if s.calib.humid {
		if err := d.Write(regHumidity, humidityOnce); err != nil {
			return c, err
		}
	}
	if err := d.Write(regMeasure, measureOnce); err != nil {
		return c, err
	}
	if err := done(ctx, d); err != nil {
		return c, err
	}
	var data [dataBytes]byte
	if err := d.Read(regData, data[:s.calib.dataBytes()]); err != nil {
		return c, err
	}
	return s.calib.Climate(data[:s.calib.dataBytes()])
}

// done waits until the measurement is.
func done(ctx context.Context, d i2c.Device) error {
	for range measureTries {
		if err := i2c.Pause(ctx, measureTime); err != nil {
			return err
		}
		var status [1]byte
		if err := d.Read(regStatus, status[:]); err != nil {
			return err
		}
		if status[0]&statusBusy == 0 {
			return nil
		}
	}
	return errors.New("the measurement does not end")
}

// calibration asks who the sensor is, and for the constants of its making.
func calibration(d i2c.Device) (*Calibration, error) {
	var id [1]byte
	if err := d.Read(regID, id[:]); err != nil {
		return nil, err
	}
	if id[0] != idBME280 && id[0] != idBMP280 {
		return nil, fmt.Errorf("it says that it is %02x, want %02x or %02x", id[0], idBME280, idBMP280)
	}
	var low [calib1Bytes]byte
	var high [calib2Bytes]byte
	if err := d.Read(regCalib1, low[:]); err != nil {
		return nil, err
	}
	if id[0] == idBMP280 {
		return NewCalibration(low[:], nil)
	}
	if err := d.Read(regCalib2, high[:]); err != nil {
		return nil, err
	}
	return NewCalibration(low[:], high[:])
}
