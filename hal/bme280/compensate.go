package bme280

import (
	"encoding/binary"
	"errors"
	"fmt"

	"fieldcam/hal"
)

// Calibration is the constants of one sensor's making, by their names in the data
// sheet (BST-BME280-DS002, table 16).
type Calibration struct {
	humid      bool // it measures humidity
	t1         uint16
	t2, t3     int16
	h1, h3     uint8
	h2, h4, h5 int16
	h6         int8
}

// NewCalibration reads the constants out of the registers 88 to A1, and E1 to E7
// of a sensor that has them; nil for one that measures no humidity.
func NewCalibration(low, high []byte) (*Calibration, error) {
	if len(low) != calib1Bytes || high != nil && len(high) != calib2Bytes {
		return nil, fmt.Errorf("%d and %d bytes of calibration, want %d and %d", len(low), len(high), calib1Bytes, calib2Bytes)
	}
	c := &Calibration{t1: binary.LittleEndian.Uint16(low), t2: signed(low[2:]), t3: signed(low[4:])}
	if c.t1 == 0 || c.t1 == 0xffff {
		return nil, errors.New("it has no calibration")
	}
	if high == nil {
		return c, nil
	}
	c.humid, c.h1, c.h2, c.h3 = true, low[calib1Bytes-1], signed(high[0:]), high[2]
	// Two constants of 12 bits share a byte.
	c.h4 = int16(int8(high[3]))<<4 | int16(high[4]&0x0f)
	c.h5 = int16(int8(high[5]))<<4 | int16(high[4]>>4)
	c.h6 = int8(high[6])
	return c, nil
}

func signed(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b)) } //nolint:gosec // two's complement

// dataBytes is how many of the registers from F7 on the sensor has.
func (c *Calibration) dataBytes() int {
	if c.humid {
		return dataBytes
	}
	return dataBytes - 2
}

// The values of what was not measured (BST-BME280-DS002, section 4.2.2).
const (
	noTemperature = 0x80000
	noHumidity    = 0x8000
)

// Climate makes values of the registers F7 to FE, or to FC of a sensor without
// humidity, by the data sheet's whole-number formulas (section 4.2.3).
func (c *Calibration) Climate(data []byte) (hal.Climate, error) {
	if len(data) != c.dataBytes() {
		return hal.Climate{}, fmt.Errorf("%d bytes of data, want %d", len(data), c.dataBytes())
	}
	rawT := int32(data[3])<<12 | int32(data[4])<<4 | int32(data[5])>>4
	if rawT == noTemperature {
		return hal.Climate{}, errors.New("it has measured no temperature")
	}
	fine := c.fine(rawT)
	out := hal.Climate{Celsius: float64((fine*5+128)>>8) / 100}
	if !c.humid {
		return out, nil
	}
	rawH := int32(data[6])<<8 | int32(data[7])
	if rawH == noHumidity {
		return hal.Climate{}, errors.New("it has measured no humidity")
	}
	out.Humidity, out.HasHumidity = float64(c.humidity(rawH, fine))/1024, true
	return out, nil
}

// fine is the temperature in 1/5120 of a degree.
func (c *Calibration) fine(raw int32) int32 {
	t1, t2, t3 := int64(c.t1), int64(c.t2), int64(c.t3)
	r := int64(raw)
	a := ((r>>3 - t1<<1) * t2) >> 11
	d := r>>4 - t1
	return int32(a + ((d*d)>>12*t3)>>14) //nolint:gosec // 20 bits of raw value: below 2^31
}

// humidity is in 1/1024 of a percent, 0 to 102400.
func (c *Calibration) humidity(raw, fine int32) int64 {
	v := int64(fine) - 76800
	left := (int64(raw)<<14 - int64(c.h4)<<20 - int64(c.h5)*v + 16384) >> 15
	right := (((v*int64(c.h6))>>10*((v*int64(c.h3))>>11+32768))>>10 + 2097152)
	v = left * ((right*int64(c.h2) + 8192) >> 14)
	v -= (((v >> 15) * (v >> 15)) >> 7 * int64(c.h1)) >> 4
	return min(max(v, 0), 419430400) >> 12
}
