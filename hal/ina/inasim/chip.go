// Package inasim is an INA219, INA226 or INA260 without hardware, as a device on
// an I2C bus: it keeps registers, computes the current as its data sheet says, and
// has the faults of a real one.
//
// It starts no goroutine and never waits.
package inasim

import (
	"encoding/binary"
	"fmt"
	"sync"

	"fieldcam/hal/ina"
)

// Options make a Chip.
type Options struct {
	// Kind is one of ina.Chips.
	Kind string
	// ShuntMicroohms is its shunt's resistance; an INA260 has its own.
	ShuntMicroohms int
	// Measure gives what it measures, at each look; nil: what Feed said last. It must
	// not use the chip.
	Measure func() (millivolts, milliamps int)
}

// Chip is one monitor: a sim.Device. Its methods may be called from any goroutine.
type Chip struct {
	o Options

	mu         sync.Mutex // guards all below
	config     uint16
	cal        uint16
	microvolts int64 // on the bus
	microamps  int64
	dead       error
}

// New makes a chip as it is after power on, which sees 0 V and no current.
func New(o Options) *Chip {
	c := &Chip{o: o}
	c.BrownOut()
	return c
}

// Feed sets what it measures.
func (c *Chip) Feed(millivolts, milliamps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.microvolts, c.microamps = int64(millivolts)*1000, int64(milliamps)*1000
}

// BrownOut resets its registers, as a dip of its supply does.
func (c *Chip) BrownOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cal = 0
	c.config = map[string]uint16{ina.INA219: 0x399f, ina.INA226: 0x4127, ina.INA260: 0x6127}[c.o.Kind]
}

// Fail has every transfer fail with err from now on; nil: it works again.
func (c *Chip) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = err
}

// Tx implements sim.Device.
func (c *Chip) Tx(w, r []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dead != nil:
		return c.dead
	case len(w) == 3 && len(r) == 0:
		c.write(w[0], binary.BigEndian.Uint16(w[1:]))
		return nil
	case len(w) == 1 && len(r) == 2:
		if c.o.Measure != nil {
			millivolts, milliamps := c.o.Measure()
			c.microvolts, c.microamps = int64(millivolts)*1000, int64(milliamps)*1000
		}
		binary.BigEndian.PutUint16(r, c.read(w[0]))
		return nil
	}
	return fmt.Errorf("a transfer of %d bytes out and %d in is not one of this chip's", len(w), len(r))
}

func (c *Chip) write(reg byte, v uint16) {
	switch {
	case reg == 0 && v&0x8000 != 0: // the reset bit
		c.cal = 0
	case reg == 0:
		c.config = v
	case reg == 5 && c.o.Kind == ina.INA219:
		c.cal = v &^ 1 // FS0 is always 0
	case reg == 5 && c.o.Kind == ina.INA226:
		c.cal = v &^ 0x8000
	}
}

// read is a register's content; 0 of one that the chip has not.
func (c *Chip) read(reg byte) uint16 {
	switch {
	case reg == 0:
		return c.config
	case reg == 2 && c.o.Kind == ina.INA219:
		v := clamp(c.microvolts/4000, 0, 8000) << 3
		if c.overflows() {
			v |= 1
		}
		return uint16(v) //nolint:gosec // clamped
	case reg == 2:
		return uint16(clamp(c.microvolts/1250, 0, 0x7fff)) //nolint:gosec // clamped
	case reg == 1 && c.o.Kind == ina.INA260:
		return signed(c.microamps / 1250)
	case reg == 1:
		return signed(c.shunt())
	case reg == 4 && c.o.Kind != ina.INA260:
		return signed(c.current())
	case reg == 5:
		return c.cal
	case reg == 0xfe && c.o.Kind != ina.INA219:
		return 0x5449
	case reg == 0xff && c.o.Kind == ina.INA226:
		return 0x2260
	case reg == 0xff && c.o.Kind == ina.INA260:
		return 0x2270
	}
	return 0
}

// current is the current register: the shunt's reading times the calibration, by
// 4096 (SBOS448G, equation 4) or 2048 (SBOS547A, equation 3).
func (c *Chip) current() int64 {
	if c.o.Kind == ina.INA219 {
		return c.shunt() * int64(c.cal) / 4096
	}
	return c.shunt() * int64(c.cal) / 2048
}

// shunt is the shunt's register: 10 or 2.5 µV a bit.
func (c *Chip) shunt() int64 {
	nanovolts := c.microamps * int64(c.o.ShuntMicroohms) / 1000
	if c.o.Kind == ina.INA219 {
		return clamp(nanovolts/10_000, -32_000, 32_000)
	}
	return clamp(nanovolts/2_500, -0x8000, 0x7fff)
}

func (c *Chip) overflows() bool {
	v := c.current()
	return v > 0x7fff || v < -0x8000
}

func clamp(v, low, high int64) int64 { return min(max(v, low), high) }

func signed(v int64) uint16 { return uint16(int16(clamp(v, -0x8000, 0x7fff))) } //nolint:gosec // two's complement
