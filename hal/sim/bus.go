package sim

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"fieldcam/hal"
)

// Device is what sits on a Bus at one address. It is called by one goroutine at a
// time.
type Device interface {
	// Tx takes what the master wrote and then fills all of r. An error is a byte
	// that was refused.
	Tx(w, r []byte) error
}

// busTimeout is how long a stuck bus keeps a transfer (hal/linux allows as much).
const busTimeout = 200 * time.Millisecond

// Bus is a simulated I2C bus. Its methods may be called from any goroutine.
type Bus struct {
	name string

	mu       sync.Mutex
	devices  map[uint16]Device // guarded by mu
	stuck    bool              // guarded by mu
	transfer sync.Mutex        // held by who has the bus
}

func newBus(name string) *Bus { return &Bus{name: name, devices: make(map[uint16]Device)} }

// Attach puts a device on the bus; nil takes away what is at the address.
func (b *Bus) Attach(addr uint16, d Device) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.devices[addr] = d
}

// SetStuck has a device hold the data line low, or let it go: every transfer then
// fails after a fifth of a second.
func (b *Bus) SetStuck(stuck bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stuck = stuck
}

// errNoAnswer is an address that nobody acknowledges.
var errNoAnswer = errors.New("no device answers")

func (b *Bus) tx(addr uint16, w, r []byte) error {
	switch {
	case addr < 0x08 || addr > 0x77:
		return errors.New("no such address: want 0x08 to 0x77")
	case len(w) == 0 && len(r) == 0:
		return errors.New("an empty transfer")
	case len(w) > hal.MaxTransfer || len(r) > hal.MaxTransfer:
		return fmt.Errorf("%d bytes to write and %d to read: want %d at most", len(w), len(r), hal.MaxTransfer)
	}
	b.mu.Lock()
	d, stuck := b.devices[addr], b.stuck
	b.mu.Unlock()
	if stuck {
		time.Sleep(busTimeout)
		return os.ErrDeadlineExceeded
	}
	if d == nil {
		return errNoAnswer
	}
	b.transfer.Lock()
	defer b.transfer.Unlock()
	return d.Tx(w, r)
}

// master is one user of a Bus.
type master struct {
	bus *Bus

	mu     sync.Mutex
	closed bool // guarded by mu
}

// Tx implements hal.Bus.
func (m *master) Tx(addr uint16, w, r []byte) error {
	m.mu.Lock()
	closed := m.closed
	m.mu.Unlock()
	err := os.ErrClosed
	if !closed {
		err = m.bus.tx(addr, w, r)
	}
	if err != nil {
		return fmt.Errorf("I2C bus %s, device %#02x: %w", m.bus.name, addr, err)
	}
	return nil
}

// Close implements hal.Bus.
func (m *master) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Registers is a Device of 256 one-byte registers, as most simple chips are: the
// first byte written is a register's number, those after it go there and to the
// next ones, and reading goes on from there. Its methods may be called from any
// goroutine.
type Registers struct {
	mu   sync.Mutex
	at   byte      // guarded by mu
	data [256]byte // guarded by mu
}

// Tx implements Device.
func (d *Registers) Tx(w, r []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(w) > 0 {
		d.at = w[0]
		for _, b := range w[1:] {
			d.data[d.at] = b
			d.at++
		}
	}
	for i := range r {
		r[i] = d.data[d.at]
		d.at++
	}
	return nil
}

// Put sets the registers from at on to p.
func (d *Registers) Put(at byte, p ...byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, b := range p {
		d.data[at+byte(i)] = b
	}
}

// Byte is what register at holds.
func (d *Registers) Byte(at byte) byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.data[at]
}
