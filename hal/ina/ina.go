// Package ina reads the current and power monitors INA219, INA226 and INA260 on
// an I2C bus: the voltage of a battery, and the current through a shunt.
//
// Promises:
//   - A chip that lost its settings in a brown-out is set up again before it is
//     believed: its calibration reads 0 then, and its current would read 0.
//   - A chip of another kind at the address, where it can tell, is an error.
//   - No call writes but to the configuration and the calibration, and none waits
//     longer than ctx and the bus's own bounds.
//
// Out of scope: whether a reading makes sense for the battery (agent/power).
package ina

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"fieldcam/hal"
	"fieldcam/hal/i2c"
)

// settle is how long the first readings take after the chip was set up: 16 samples
// of 1.1 ms for each of the two inputs, and a tenth more (SBOS547A, table 7).
const settle = 40 * time.Millisecond

// Meter is one chip. Its methods may be called from any goroutine.
type Meter struct {
	c     Config
	t     chip
	board i2c.Board
	cal   uint16
	bit   int // of the current, in microamps

	mu    sync.Mutex // one reading at a time; guards what follows
	ready bool       // identified and set up since the last error
}

var _ hal.PowerMeter = (*Meter)(nil)

// New makes a Meter; c must be valid. The chip is first asked by Power, and the bus
// is open during a reading only: it may come late, or anew.
func New(c Config, board i2c.Board) *Meter {
	m := &Meter{c: c, t: types()[c.Chip], board: board}
	m.cal, m.bit = m.t.calibration(c)
	return m
}

// Power implements hal.PowerMeter. A current that does not fit is not told, and the
// voltage is.
func (m *Meter) Power(ctx context.Context) (p hal.Power, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	err = i2c.Talk(ctx, m.board, m.c.Chip, m.c.Bus, m.c.Address, func(d i2c.Device) (err error) {
		p, err = m.measure(ctx, d)
		return err
	})
	if err != nil {
		m.ready = false
		return hal.Power{}, err
	}
	return p, nil
}

func (m *Meter) measure(ctx context.Context, d i2c.Device) (p hal.Power, err error) {
	if err := m.setUp(ctx, d); err != nil {
		return p, err
	}
	bus, err := read(d, regBus)
	if err != nil {
		return p, err
	}
	current, err := read(d, m.t.current)
	if err != nil {
		return p, err
	}
	input, err := read(d, m.t.input)
	if err != nil {
		return p, err
	}
	in := int16(input) //nolint:gosec // two's complement by the data sheet
	beyond := in >= m.t.full || in <= -m.t.full || m.c.Chip == INA219 && bus&bit219Over != 0
	p.Millivolts = int(bus>>m.t.busShift) * m.t.busMicrovolts / 1000
	p.Milliamps = int(int16(current)) * m.bit / 1000 //nolint:gosec // two's complement by the data sheet
	if m.c.Reversed {
		p.Milliamps = -p.Milliamps
	}
	p.HasCurrent = !beyond
	if !p.HasCurrent {
		p.Milliamps = 0
	}
	return p, nil
}

// setUp identifies the chip and sets it up, where that is not done, or undone by a
// brown-out.
func (m *Meter) setUp(ctx context.Context, d i2c.Device) error {
	if m.ready {
		if kept, err := m.kept(d); err != nil || kept {
			return err
		}
	}
	if err := m.identify(d); err != nil {
		return err
	}
	if err := write(d, regConfig, m.t.config); err != nil {
		return err
	}
	if m.t.calibrated() {
		if err := write(d, regCal, m.cal); err != nil {
			return err
		}
	}
	kept, err := m.kept(d)
	if err != nil {
		return err
	}
	if !kept {
		return errors.New("it does not keep its settings: is it another chip?")
	}
	m.ready = true
	return i2c.Pause(ctx, settle)
}

// kept tells whether the chip has the settings that were written.
func (m *Meter) kept(d i2c.Device) (bool, error) {
	config, err := read(d, regConfig)
	if err != nil || config != m.t.config || !m.t.calibrated() {
		return err == nil && config == m.t.config, err
	}
	cal, err := read(d, regCal)
	return cal == m.cal, err
}

// identify asks the chip who it is. An INA219 can't tell; setUp's look at what it
// keeps must do.
func (m *Meter) identify(d i2c.Device) error {
	if m.t.die == 0 {
		return nil
	}
	maker, err := read(d, regMaker)
	if err != nil {
		return err
	}
	die, err := read(d, regDie)
	if err != nil {
		return err
	}
	if maker != makerTI || die != m.t.die {
		return fmt.Errorf("it says that it is %04x %04x, want %04x %04x", maker, die, makerTI, m.t.die)
	}
	return nil
}

// read reads a register: all are 16 bits, the high byte first.
func read(d i2c.Device, reg byte) (uint16, error) {
	var r [2]byte
	if err := d.Read(reg, r[:]); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint16(r[:]), nil
}

func write(d i2c.Device, reg byte, v uint16) error {
	return d.Tx(binary.BigEndian.AppendUint16([]byte{reg}, v), nil)
}
