// Package bme280sim is a BME280 or BMP280 without hardware, as a device on an I2C
// bus: it has the constants of a real one's making, measures only when told, and
// has the faults of a real one. It starts no goroutine and never waits.
package bme280sim

import (
	"fmt"
	"sync"
	"time"
)

// The chips, by what their register D0 says.
const (
	BMP280 = 0x58
	BME280 = 0x60
)

// measureTime is how long a measurement takes.
const measureTime = 6 * time.Millisecond

// Sensor is one sensor: a sim.Device. Its methods may be called from any goroutine.
type Sensor struct {
	chip byte

	mu       sync.Mutex // guards all below
	regs     [256]byte
	rawT     uint32
	rawH     uint16
	measured time.Time // when the measurement under way is done; zero: none
	dead     error
}

// New makes a sensor of that chip, which measures 25.08 degrees.
func New(chip byte) *Sensor {
	s := &Sensor{chip: chip}
	s.Set(519888, 28000)
	s.Reset()
	return s
}

// Reset is what a dip of its supply does: settings and values are lost.
func (s *Sensor) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.regs, s.measured = [256]byte{}, time.Time{}
	s.regs[0xd0] = s.chip
	// The temperature's are those of the data sheet's example (BST-BMP280-DS001,
	// table 17): 27504, 26435, -1000.
	copy(s.regs[0x88:], []byte{0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc})
	copy(s.regs[0xf7:], []byte{0x80, 0, 0, 0x80, 0, 0, 0x80, 0})
	if s.chip == BME280 {
		// Of usual size: 75, 362, 0, 319, 50, 30.
		s.regs[0xa1] = 75
		copy(s.regs[0xe1:], []byte{0x6a, 0x01, 0x00, 0x13, 0x2f, 0x03, 0x1e})
	}
}

// Set sets what it measures, as raw values: 519888 is 25.08 degrees.
func (s *Sensor) Set(rawTemperature uint32, rawHumidity uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rawT, s.rawH = rawTemperature, rawHumidity
}

// Fail has every transfer fail with err from now on; nil: it works again.
func (s *Sensor) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = err
}

// Tx implements sim.Device.
func (s *Sensor) Tx(w, r []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dead != nil:
		return s.dead
	case len(w) == 2 && len(r) == 0:
		s.write(w[0], w[1])
		return nil
	case len(w) == 1 && len(r) > 0:
		s.settle()
		copy(r, s.regs[w[0]:])
		return nil
	}
	return fmt.Errorf("a transfer of %d bytes out and %d in is not one of this chip's", len(w), len(r))
}

func (s *Sensor) write(reg, v byte) {
	switch reg {
	case 0xf2:
		if s.chip == BME280 {
			s.regs[reg] = v
		}
	case 0xf4:
		s.regs[reg] = v
		if v&3 == 1 || v&3 == 2 { // forced mode
			s.measured = time.Now().Add(measureTime)
			s.regs[0xf3] |= 8
		}
	case 0xf5:
		s.regs[reg] = v
	}
}

// settle ends a measurement whose time is over.
func (s *Sensor) settle() {
	if s.measured.IsZero() || time.Now().Before(s.measured) {
		return
	}
	s.measured = time.Time{}
	s.regs[0xf3] &^= 8
	if s.regs[0xf4]>>5 != 0 {
		s.regs[0xfa], s.regs[0xfb], s.regs[0xfc] = byte(s.rawT>>12), byte(s.rawT>>4), byte(s.rawT<<4)
	}
	if s.regs[0xf2]&7 != 0 {
		s.regs[0xfd], s.regs[0xfe] = byte(s.rawH>>8), byte(s.rawH)
	}
	s.regs[0xf4] &^= 3 // it sleeps again
}
