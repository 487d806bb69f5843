// Package modemsim is a mobile modem on a simulated board: its power key, which
// toggles, its STATUS line, and its answers to AT commands, as the makers' documents
// and 3GPP TS 27.007 describe them; and what goes wrong with such modems.
package modemsim

import (
	"context"
	"sync"
	"time"

	"fieldcam/hal/sim"
)

// Timing is how the modem's power key behaves.
type Timing struct {
	// OnAfter and OffAfter are the shortest presses that switch it on and off; a
	// shorter one is ignored.
	OnAfter, OffAfter time.Duration
	// StatusOn and StatusOff are how long STATUS takes to follow.
	StatusOn, StatusOff time.Duration
	// Boot is how long it takes from STATUS to the first answer.
	Boot time.Duration
}

// SIM7000 is the timing of SIMCom's module.
func SIM7000() Timing {
	return Timing{OnAfter: time.Second, OffAfter: 1200 * time.Millisecond, StatusOn: 4500 * time.Millisecond, StatusOff: 6900 * time.Millisecond, Boot: 5 * time.Second}
}

// EG915U is the timing of Quectel's module.
func EG915U() Timing {
	return Timing{OnAfter: 2 * time.Second, OffAfter: 3 * time.Second, StatusOn: time.Second, StatusOff: 5 * time.Second, Boot: 8 * time.Second}
}

// Faults are what is wrong with the modem.
type Faults struct {
	// Silent: it answers nothing, though it is on.
	Silent bool
	// KeyDead: the key does nothing.
	KeyDead bool
	// Hung: it answers nothing until it has been without power.
	Hung bool
	// Bounces: the next press that switches it on switches it off again at once.
	Bounces bool
	// NoSIM, Locked and Denied: it has no card, one that wants a PIN, one that the
	// network does not take.
	NoSIM, Locked, Denied bool
	// Deaf: there is no network.
	Deaf bool
	// Chatty: it sends lines on its own between those of its answers, and noise
	// before them.
	Chatty bool
	// Endless: it sends without end in place of an answer.
	Endless bool
}

// Options are what the modem is connected to, beside the port that it is given to
// Serve. A nil line is not there.
type Options struct {
	Key, Status, Power                            *sim.Line
	KeyActiveLow, StatusActiveLow, PowerActiveLow bool
	Timing                                        Timing
	// On: it is on at the beginning.
	On bool
}

// Modem is one modem. Its methods may be called from any goroutine.
type Modem struct {
	o Options

	mu      sync.Mutex // guards all below
	faults  Faults
	powered bool
	on      bool
	status  bool
	answers time.Time   // from when it answers
	pressed time.Time   // zero: the key is not pressed
	pending *time.Timer // STATUS is to follow
	echo    bool
	presses int
	starts  int
}

// New connects a modem. Serve lets it answer.
func New(o Options) *Modem {
	m := &Modem{o: o, powered: true, echo: true}
	if o.On {
		m.on, m.status = true, true
	}
	m.show()
	if o.Key != nil {
		o.Key.Watch(func(high bool) { m.key(high != o.KeyActiveLow) })
	}
	if o.Power != nil {
		m.powered = o.On
		o.Power.Watch(func(high bool) { m.power(high != o.PowerActiveLow) })
	}
	return m
}

// SetFaults changes what is wrong.
func (m *Modem) SetFaults(f Faults) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = f
}

// On tells whether the modem is on.
func (m *Modem) On() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.on
}

// Presses is how many times the key was pressed and released; Starts how many times
// the modem started, by whatever.
func (m *Modem) Presses() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.presses
}

// Starts is how many times the modem started, by key, power or command.
func (m *Modem) Starts() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.starts
}

// power is called where the power line changes.
func (m *Modem) power(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if on == m.powered {
		return
	}
	m.powered = on
	if on {
		m.faults.Hung = false
		m.begin(m.o.Timing.StatusOn)
		return
	}
	m.cancel()
	m.on, m.status = false, false
	m.follow(0, false)
}

// key is called where the key is pressed or released.
func (m *Modem) key(pressed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if pressed == !m.pressed.IsZero() {
		return
	}
	if pressed {
		m.pressed = time.Now()
		return
	}
	lasted := time.Since(m.pressed)
	m.pressed = time.Time{}
	m.presses++
	switch {
	case m.faults.KeyDead || !m.powered:
	case !m.on && lasted >= m.o.Timing.OnAfter:
		m.begin(m.o.Timing.StatusOn)
		if m.faults.Bounces {
			m.faults.Bounces = false
			m.end()
		}
	case m.on && lasted >= m.o.Timing.OffAfter:
		m.end()
	}
}

// begin switches on; STATUS follows. mu is held.
func (m *Modem) begin(after time.Duration) {
	m.on, m.echo = true, true
	m.starts++
	m.answers = time.Now().Add(after + m.o.Timing.Boot)
	m.follow(after, true)
}

// end switches off; STATUS follows. mu is held.
func (m *Modem) end() {
	m.on = false
	m.follow(m.o.Timing.StatusOff, false)
}

// follow has STATUS show on after a while. mu is held.
func (m *Modem) follow(after time.Duration, on bool) {
	m.cancel()
	m.pending = time.AfterFunc(after, func() {
		m.mu.Lock()
		m.status = on
		m.mu.Unlock()
		m.show()
	})
}

func (m *Modem) cancel() {
	if m.pending != nil {
		m.pending.Stop()
	}
}

// show drives the STATUS line.
func (m *Modem) show() {
	if m.o.Status == nil {
		return
	}
	m.mu.Lock()
	on := m.status
	m.mu.Unlock()
	m.o.Status.Drive(on != m.o.StatusActiveLow)
}

// Serve answers commands on a port until ctx ends, or the port is unplugged, which is
// an error. One call at a time.
func (m *Modem) Serve(ctx context.Context, port *sim.End) error {
	stop := context.AfterFunc(ctx, func() { _ = port.Close() })
	defer stop()
	defer func() {
		m.mu.Lock()
		m.cancel()
		m.mu.Unlock()
	}()
	var line []byte
	buf := make([]byte, 256)
	for {
		n, err := port.Read(buf)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, b := range buf[:n] {
			if b != '\r' {
				line = append(line, b)
				continue
			}
			if _, err := port.Write([]byte(m.answer(string(line)))); err != nil && ctx.Err() == nil {
				return err
			}
			line = line[:0]
		}
	}
}
