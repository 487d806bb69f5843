package ptpsim

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"
	"unicode/utf16"
)

// failBusy is the reason of a refused connection: the camera has a host (CIPA DC-005,
// 2.3.5).
const failBusy = 2

// guid is the camera's identity, 16 bytes.
const guid = "fieldcam-ptp-sim"

// Run serves hosts until ctx ends or the camera is closed, and returns after the last
// connection has ended.
func (c *Camera) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !c.take(conn) {
			continue
		}
		all.Go(func() {
			defer c.drop(conn)
			c.greet(conn)
		})
	}
}

// take takes a connection in; false where the camera is off and refuses it.
func (c *Camera) take(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off || time.Now().Before(c.up) {
		_ = conn.Close() // as if nobody listened
		return false
	}
	c.conns[conn] = true
	return true
}

// drop ends a connection. One that a host left in the middle of something may leave
// the camera wedged.
func (c *Camera) drop(conn net.Conn) {
	_ = conn.Close() // it ends either way
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
	if s := c.session; s != nil && s.command == conn {
		if s.busy && c.faults.Wedge && !c.off {
			c.wedged = true
		}
		c.session = nil
	}
}

// silent tells whether the camera says nothing at all.
func (c *Camera) silent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults.Asleep || c.wedged
}

// greet serves one connection, of whatever kind it turns out to be.
func (c *Camera) greet(conn net.Conn) {
	p, err := readPacket(conn)
	if err != nil {
		return
	}
	if c.silent() {
		waitClosed(conn)
		return
	}
	switch p.kind {
	case packetInitCommand:
		c.command(conn, p.body)
	case packetInitEvent:
		c.events(conn, p.body)
	}
}

// waitClosed reads until the host hangs up.
func waitClosed(conn net.Conn) {
	b := make([]byte, 512)
	for {
		if _, err := conn.Read(b); err != nil {
			return
		}
	}
}

// command is a command connection: the host's GUID, its name, its version.
func (c *Camera) command(conn net.Conn, body []byte) {
	if len(body) < len(guid) {
		return
	}
	c.mu.Lock()
	if c.session != nil {
		c.mu.Unlock()
		_ = writePacket(conn, packetInitFail, binary.LittleEndian.AppendUint32(nil, failBusy))
		return
	}
	c.hosts++
	s := &session{camera: c, number: c.hosts, command: conn}
	c.session = s
	c.count.Connections++
	c.mu.Unlock()

	ack := binary.LittleEndian.AppendUint32(nil, s.number)
	ack = append(ack, guid...)
	for _, u := range append(utf16.Encode([]rune(c.o.Model)), 0) {
		ack = binary.LittleEndian.AppendUint16(ack, u)
	}
	ack = binary.LittleEndian.AppendUint32(ack, 0x00010000) // version 1.0
	if writePacket(conn, packetInitCommandAck, ack) != nil {
		return
	}
	s.serve()
}

// events is an event connection, which names the command connection's number.
func (c *Camera) events(conn net.Conn, body []byte) {
	if len(body) < 4 {
		return
	}
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s == nil || s.number != binary.LittleEndian.Uint32(body) {
		return
	}
	if !s.attach(conn) {
		return
	}
	waitClosed(conn)
}
