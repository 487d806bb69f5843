// Package sht3xsim is an SHT3x without hardware, as a device on an I2C bus, with
// the faults of a real one. It starts no goroutine and never waits.
package sht3xsim

import (
	"encoding/binary"
	"errors"
	"math"
	"sync"
	"time"

	"fieldcam/hal/sht3x"
)

// errNoAnswer: the sensor is still measuring, or has nothing to say.
var errNoAnswer = errors.New("no device answers")

const (
	// measureTime is how long it does not answer after the command.
	measureTime = 15 * time.Millisecond
	// heat is how many degrees too much it reads while its heater is on.
	heat = 3
)

// Sensor is one sensor: a sim.Device. Its methods may be called from any goroutine.
type Sensor struct {
	mu                sync.Mutex // guards all below
	celsius, humidity float64
	heater            bool
	measured          time.Time // when the measurement under way is done; zero: none
	garble            bool
	dead              error
}

// New makes a sensor which reads 20 degrees and 50 %.
func New() *Sensor { return &Sensor{celsius: 20, humidity: 50} }

// Set sets what it measures.
func (s *Sensor) Set(celsius, humidity float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.celsius, s.humidity = celsius, humidity
}

// Heat switches its heater on, as a program before may have done.
func (s *Sensor) Heat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heater = true
}

// Garble has readings come with a bit turned from now on, or no more.
func (s *Sensor) Garble(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.garble = on
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
	now := time.Now()
	switch {
	case s.dead != nil:
		return s.dead
	case now.Before(s.measured):
		return errNoAnswer
	}
	if len(w) == 2 {
		switch binary.BigEndian.Uint16(w) {
		case 0x2400:
			s.measured = now.Add(measureTime)
		case 0x306d:
			s.heater = true
		case 0x3066:
			s.heater = false
		}
	}
	if len(r) == 0 {
		return nil
	}
	if s.measured.IsZero() || len(w) > 0 || len(r) != 6 {
		return errNoAnswer
	}
	s.measured = time.Time{}
	c := s.celsius
	if s.heater {
		c += heat
	}
	put(r[0:3], (c+45)/175)
	put(r[3:6], s.humidity/100)
	if s.garble {
		r[1] ^= 0x40
	}
	return nil
}

// put writes a part of the scale with its checksum.
func put(b []byte, part float64) {
	binary.BigEndian.PutUint16(b, uint16(min(max(math.Round(part*65536), 0), 65535)))
	b[2] = sht3x.CRC(b[:2])
}
