package ipcamsim

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"fieldcam/capture/camera/scenesim"
)

// Options say what kind of camera it is.
type Options struct {
	// Username and Password are those that it wants. Empty: none.
	Username, Password string
	// Basic and Digest are the ways in which it wants them; both may be.
	Basic, Digest bool
	// Algorithms are offered for Digest, one challenge each. Empty: one challenge that
	// names none, which means MD5.
	Algorithms []string
	// NoQop offers Digest as it was in 1997 (RFC 2069).
	NoQop bool
	// NonceUses is how often a nonce may be used before it is stale. 0: always.
	NonceUses int
	// Takes is the time that a picture takes.
	Takes time.Duration
	// Boot is the time from power on until it answers; before it connections are
	// refused, or, in its first half, nothing is there.
	Boot time.Duration
	// Ahead is by how much its clock is wrong.
	Ahead time.Duration
	// Host is what it calls itself in the addresses that it tells by ONVIF. Empty: as
	// it was asked.
	Host string
	// Width of its pictures in pixels; 0: 160.
	Width int
	// TLS makes it speak https.
	TLS *tls.Config
	// Unpowered: it has no power at first.
	Unpowered bool
}

// Faults are what is wrong. The zero Faults are nothing.
type Faults struct {
	// Silent: it takes connections and answers nothing.
	Silent bool
	// HangHalfway: the picture stops in its middle. Wedge: and then it is silent until
	// its power is taken.
	HangHalfway, Wedge bool
	// CutHalfway: the connection ends in the picture's middle. EndHalfway: the answer
	// ends there, as if it were whole.
	CutHalfway, EndHalfway bool
	// Drip: a picture comes byte by byte, one each second.
	Drip bool
	// Endless: the picture is followed by more, for ever; Flood: it has no end itself.
	Endless, Flood bool
	// Status, where not 0, is answered in place of a picture.
	Status int
	// LoginPage: the answer to everything is 200 and a page.
	LoginPage bool
	// WrongType: the picture is called text/plain.
	WrongType bool
	// Unauthorized: no user and password are ever good enough.
	Unauthorized bool
	// Redirect, where not empty, is where the snapshot is said to be.
	Redirect string
	// Fault: ONVIF answers with a fault of that subcode.
	Fault string
	// Answer, where not empty, is what ONVIF answers to everything.
	Answer string
}

// Camera is one IP camera. Its methods may be called from any goroutine.
type Camera struct {
	o      Options
	server http.Server
	conns  chan net.Conn
	ended  chan struct{} // Serve has ended
	down   chan struct{} // closed by Close

	mu       sync.Mutex
	faults   Faults          // guarded by mu
	powered  bool            // guarded by mu
	since    time.Time       // of the last change of powered; guarded by mu
	wedged   bool            // guarded by mu
	nonces   map[string]uint // how often each was used; guarded by mu
	tokens   map[string]bool // the nonces of WS-Security that were used; guarded by mu
	path     string          // of the snapshot; guarded by mu
	shots    int             // guarded by mu
	last     []byte          // the last picture; guarded by mu
	requests []string        // method, path and how the user was shown; guarded by mu
	closed   bool            // guarded by mu
}

// SnapshotPath is where the snapshot is at first.
const SnapshotPath = "/ISAPI/Streaming/channels/101/picture"

// New makes a camera, which works at once. Close ends it.
func New(o Options) *Camera {
	if o.Width == 0 {
		o.Width = 160
	}
	c := &Camera{
		o: o, conns: make(chan net.Conn), ended: make(chan struct{}), down: make(chan struct{}),
		powered: !o.Unpowered, since: time.Now().Add(-o.Boot),
		nonces: map[string]uint{}, tokens: map[string]bool{}, path: SnapshotPath,
	}
	c.server.Handler = c
	c.server.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that the driver breaks off
	go func() {
		defer close(c.ended)
		_ = c.server.Serve(&listener{c}) // until Close
	}()
	return c
}

// Close ends the camera and its connections. A second Close does nothing.
func (c *Camera) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	close(c.down)
	err := c.server.Close()
	<-c.ended
	return err
}

// SetFaults says what is wrong from now on. What was wedged stays so, where it has a
// power line to be brought back by.
func (c *Camera) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// SetPower gives the camera power or takes it.
func (c *Camera) SetPower(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on == c.powered {
		return
	}
	c.powered, c.since = on, time.Now()
	c.wedged = false
	clear(c.nonces) // they are in memory
}

// Move puts the snapshot at another path, as a new firmware does.
func (c *Camera) Move(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.path = path
}

// Picture is the last picture, and how many there were.
func (c *Camera) Picture() ([]byte, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.shots
}

// Requests lists what was asked, as "GET /path digest".
func (c *Camera) Requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.requests...)
}

// shoot takes a picture.
func (c *Camera) shoot() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shots++
	now := time.Now()
	c.last = scenesim.Scene{Name: "ipcam", Now: now, Began: now.AddDate(0, -1, 0), Shot: c.shots, Width: c.o.Width, Height: c.o.Width * 3 / 4}.JPEG(80)
	return c.last
}

// state is what the camera does now.
type state int

const (
	off      state = iota // nothing is there
	starting              // connections are refused
	mute                  // connections are taken, and nothing answered
	well
)

func (c *Camera) state() (state, Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch up := time.Since(c.since); {
	case !c.powered, up < c.o.Boot/2:
		return off, c.faults
	case up < c.o.Boot:
		return starting, c.faults
	case c.wedged, c.faults.Silent:
		return mute, c.faults
	}
	return well, c.faults
}

// Dial opens a connection to the camera, whatever the address.
func (c *Camera) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	fail := func(err error) error { return &net.OpError{Op: "dial", Net: network, Err: err} }
	switch s, _ := c.state(); s {
	case off:
		<-ctx.Done()
		return nil, fail(ctx.Err())
	case starting:
		return nil, fail(syscall.ECONNREFUSED)
	}
	near, far := net.Pipe()
	select {
	case c.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, fail(ctx.Err())
	case <-c.down:
		return nil, fail(syscall.ECONNREFUSED)
	}
}

// listener gives the server the connections that Dial makes.
type listener struct{ c *Camera }

func (l *listener) Accept() (net.Conn, error) {
	select {
	case far := <-l.c.conns:
		conn := newBuffered(far)
		if l.c.o.TLS != nil {
			return tls.Server(conn, l.c.o.TLS), nil
		}
		return conn, nil
	case <-l.c.down:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { return nil }
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "ipcamsim"} }
