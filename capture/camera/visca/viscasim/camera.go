// Package viscasim is a block camera that is aimed by VISCA, on a simulated serial
// line, with the faults that such lines have.
package viscasim

import (
	"context"
	"io"
	"sync"
	"time"
)

// Options describe a Camera.
type Options struct {
	// Address is its own, 1 to 7; it tells how many cameras are on the line too. 0: 1.
	Address byte
	// Standby: it has to be switched on first, which takes Boot.
	Standby bool
	Boot    time.Duration
	// Move is how long a movement takes.
	Move time.Duration
	// FixedAddress: it answers neither to the address set nor to the clearing.
	FixedAddress bool
}

// Faults are what is wrong. The zero Faults are nothing.
type Faults struct {
	// Silent: it answers nothing. Noise: bytes without meaning stand before each
	// packet of its own.
	Silent, Noise bool
	// Busy is how many commands it refuses with Error before it does one.
	Busy  int
	Error byte
	// NoACK and NoCompletion: it leaves them out.
	NoACK, NoCompletion bool
	// Stuck: a movement does not end.
	Stuck bool
	// Others: packets of other cameras, and of a change on the line, come in between.
	Others bool
	// Endless: it sends bytes without an end.
	Endless bool
	// Lost is how many of the next packets that it is sent it does not hear.
	Lost int
}

// State is where the camera looks.
type State struct {
	On     bool
	Preset int    // the last that was recalled, from 0; -1: none
	Zoom   uint16 // position
	Focus  uint16 // position
	Auto   bool   // focus
	// Moves is how many commands it has done.
	Moves int
}

// Camera is one camera. Its methods may be called from any goroutine.
type Camera struct {
	o Options

	mu     sync.Mutex
	faults Faults     // guarded by mu
	state  State      // guarded by mu
	onAt   time.Time  // when it will be on; zero: it is, or is off; guarded by mu
	write  sync.Mutex // held while a packet is written
}

// New makes a camera, in standby where the options say so.
func New(o Options) *Camera {
	if o.Address == 0 {
		o.Address = 1
	}
	return &Camera{o: o, state: State{On: !o.Standby, Preset: -1, Auto: true}}
}

// SetFaults says what is wrong from now on.
func (c *Camera) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Restart is a power cycle: it forgets where it looked.
func (c *Camera) Restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = State{On: !c.o.Standby, Preset: -1, Auto: true, Moves: c.state.Moves}
}

// State is where it looks now.
func (c *Camera) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Serve answers on the line until ctx ends, and closes it then.
func (c *Camera) Serve(ctx context.Context, line io.ReadWriteCloser) error {
	var moving sync.WaitGroup
	defer moving.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { line.Close() })
	defer stop()
	one := make([]byte, 1)
	var p []byte
	for {
		if _, err := line.Read(one); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if p = append(p, one[0]); one[0] != 0xFF {
			continue
		}
		got := p
		p = nil
		moving.Go(func() { c.handle(ctx, line, got) })
	}
}

// handle answers one packet; a movement takes its time.
func (c *Camera) handle(ctx context.Context, line io.Writer, p []byte) {
	c.mu.Lock()
	f := c.faults
	if c.faults.Lost > 0 {
		c.faults.Lost--
	}
	c.mu.Unlock()
	switch {
	case f.Silent, f.Lost > 0:
		return
	case f.Endless:
		for range 40 { // as much as a second holds at 9600 baud
			c.send(line, Faults{}, make([]byte, 24)...)
		}
		return
	}
	if f.Others {
		c.send(line, Faults{}, 0xF0, 0x41, 0xFF) // of camera 7
		c.send(line, Faults{}, (c.o.Address+8)<<4, 0x38, 0xFF)
	}
	switch {
	case string(p) == "\x88\x30\x01\xFF":
		if !c.o.FixedAddress {
			c.send(line, f, 0x88, 0x30, c.o.Address+1, 0xFF)
		}
	case p[0] != 0x80|c.o.Address:
	case string(p[1:]) == "\x01\x00\x01\xFF":
		if !c.o.FixedAddress {
			c.reply(line, f, 0x50)
		}
	case string(p[1:]) == "\x09\x04\x00\xFF":
		c.reply(line, f, 0x50, c.power())
	case len(p) > 3 && p[1] == 0x01:
		c.command(ctx, line, f, p[2:len(p)-1])
	default:
		c.reply(line, f, 0x60, 0x02)
	}
}

// power is the answer to the question whether it is on.
func (c *Camera) power() byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.onAt.IsZero() && !time.Now().Before(c.onAt) {
		c.state.On, c.onAt = true, time.Time{}
	}
	if c.state.On {
		return 0x02
	}
	return 0x03
}

// command does what b says, which is without address, type and terminator.
func (c *Camera) command(ctx context.Context, line io.Writer, f Faults, b []byte) {
	c.mu.Lock()
	if c.faults.Busy > 0 {
		c.faults.Busy--
		c.mu.Unlock()
		c.reply(line, f, 0x60, f.Error)
		return
	}
	on := c.state.On
	c.mu.Unlock()
	do := c.meaning(b)
	switch {
	case do == nil:
		c.reply(line, f, 0x60, 0x02)
		return
	case !on && string(b) != "\x04\x00\x02":
		c.reply(line, f, 0x61, 0x41)
		return
	}
	if !f.NoACK {
		c.reply(line, f, 0x41)
	}
	move := time.NewTimer(c.o.Move)
	defer move.Stop()
	if f.Stuck {
		move.Stop()
	}
	select {
	case <-move.C:
	case <-ctx.Done():
		return
	}
	c.mu.Lock()
	do(&c.state)
	c.state.Moves++
	c.mu.Unlock()
	if !f.NoCompletion {
		c.reply(line, f, 0x51)
	}
}

// meaning is what a command does to the state; nil: it is not known.
func (c *Camera) meaning(b []byte) func(*State) {
	if len(b) < 3 || b[0] != 0x04 {
		return nil
	}
	position := func() uint16 {
		if len(b) != 6 || (b[2]|b[3]|b[4]|b[5])&0xF0 != 0 {
			return 0
		}
		return uint16(b[2])<<12 | uint16(b[3])<<8 | uint16(b[4])<<4 | uint16(b[5])
	}
	switch b[1] {
	case 0x00:
		return func(s *State) {
			if b[2] == 0x02 && !s.On {
				c.onAt = time.Now().Add(c.o.Boot)
			}
		}
	case 0x3F:
		if len(b) != 4 || b[2] != 0x02 {
			return nil
		}
		return func(s *State) { s.Preset, s.Zoom, s.Focus, s.Auto = int(b[3]), uint16(b[3])<<8, uint16(b[3])<<8, false }
	case 0x47:
		return func(s *State) { s.Zoom = position() }
	case 0x48:
		return func(s *State) {
			if !s.Auto { // in auto the camera focuses elsewhere at once
				s.Focus = position()
			}
		}
	case 0x38:
		return func(s *State) { s.Auto = b[2] == 0x02 }
	case 0x18:
		return func(s *State) { s.Focus = 0x2000 }
	}
	return nil
}

// reply sends a packet from the camera.
func (c *Camera) reply(line io.Writer, f Faults, b ...byte) {
	p := append([]byte{(c.o.Address + 8) << 4}, b...)
	c.send(line, f, append(p, 0xFF)...)
}

func (c *Camera) send(line io.Writer, f Faults, p ...byte) {
	c.write.Lock()
	defer c.write.Unlock()
	if f.Noise {
		p = append([]byte{0x12, 0x90, 0x00, 0xA5, 0x07}, p...)
	}
	_, _ = line.Write(p) // a line that is gone ends Serve
}
