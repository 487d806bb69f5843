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
)

// settle is how long the first readings take after the chip was set up: 16 samples
// of 1.1 ms for each of the two inputs, and a tenth more (SBOS547A, table 7).
const settle = 40 * time.Millisecond

// Board opens the bus. A hal.Board is one.
type Board interface {
	OpenBus(name string) (hal.Bus, error)
}

// Meter is one chip. Its methods may be called from any goroutine.
type Meter struct {
	c     Config
	t     chip
	board Board
	cal   uint16
	bit   int // of the current, in microamps

	mu    sync.Mutex // one reading at a time; guards what follows
	bus   hal.Bus    // open during a reading
	ready bool       // identified and set up since the last error
}

var _ hal.PowerMeter = (*Meter)(nil)

// New makes a Meter; c must be valid. The chip is first asked by Power, and the bus
// is open during a reading only: it may come late, or anew.
func New(c Config, board Board) *Meter {
	m := &Meter{c: c, t: types()[c.Chip], board: board}
	m.cal, m.bit = m.t.calibration(c)
	return m
}

// Power implements hal.PowerMeter. A current that does not fit is not told, and the
// voltage is.
func (m *Meter) Power(ctx context.Context) (p hal.Power, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() {
		if err != nil {
			m.ready = false
			err = fmt.Errorf("read %s at %#02x of %s: %w", m.c.Chip, m.c.Address, m.c.Bus, err)
		}
	}()
	if m.bus, err = m.board.OpenBus(m.c.Bus); err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, m.bus.Close()) }()
	if err := m.setUp(ctx); err != nil {
		return p, err
	}
	bus, err := m.read(regBus)
	if err != nil {
		return p, err
	}
	current, err := m.read(m.t.current)
	if err != nil {
		return p, err
	}
	input, err := m.read(m.t.input)
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
func (m *Meter) setUp(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.ready {
		if kept, err := m.kept(); err != nil || kept {
			return err
		}
	}
	if err := m.identify(); err != nil {
		return err
	}
	if err := m.write(regConfig, m.t.config); err != nil {
		return err
	}
	if m.t.calibrated() {
		if err := m.write(regCal, m.cal); err != nil {
			return err
		}
	}
	kept, err := m.kept()
	if err != nil {
		return err
	}
	if !kept {
		return errors.New("it does not keep its settings: is it another chip?")
	}
	m.ready = true
	t := time.NewTimer(settle)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// kept tells whether the chip has the settings that were written.
func (m *Meter) kept() (bool, error) {
	config, err := m.read(regConfig)
	if err != nil || config != m.t.config || !m.t.calibrated() {
		return err == nil && config == m.t.config, err
	}
	cal, err := m.read(regCal)
	return cal == m.cal, err
}

// identify asks the chip who it is. An INA219 can't tell; setUp's look at what it
// keeps must do.
func (m *Meter) identify() error {
	if m.t.die == 0 {
		return nil
	}
	maker, err := m.read(regMaker)
	if err != nil {
		return err
	}
	die, err := m.read(regDie)
	if err != nil {
		return err
	}
	if maker != makerTI || die != m.t.die {
		return fmt.Errorf("it says that it is %04x %04x, want %04x %04x", maker, die, makerTI, m.t.die)
	}
	return nil
}

// read reads a register: all are 16 bits, the high byte first.
func (m *Meter) read(reg byte) (uint16, error) {
	var r [2]byte
	if err := m.bus.Tx(uint16(m.c.Address), []byte{reg}, r[:]); err != nil { //nolint:gosec // 64 to 79
		return 0, err
	}
	return binary.BigEndian.Uint16(r[:]), nil
}

func (m *Meter) write(reg byte, v uint16) error {
	return m.bus.Tx(uint16(m.c.Address), binary.BigEndian.AppendUint16([]byte{reg}, v), nil) //nolint:gosec // 64 to 79
}
