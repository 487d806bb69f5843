package ptpsim

import (
	"net"
	"sync"
	"time"
)

// Options are what a camera is like. The zero is one without faults that takes JPEGs.
type Options struct {
	// Address is where it listens; empty for any free port of 127.0.0.1.
	Address string
	// Model and Serial are what it says of itself; empty for "Field DSLR" and "000042".
	Model, Serial string
	// Now is its clock, whose wall time it shows in its zone; nil for time.Now. Where
	// a host sets the clock, the difference is kept.
	Now func() time.Time
	// JPEGBytes is the least size of a JPEG; 0 for what it has.
	JPEGBytes int64
	// RAW: each exposure has a RAW file of RAWBytes beside the JPEG. RAWOnly: it has
	// no JPEG. RAWFirst: the RAW file is told of first.
	RAW, RAWOnly, RAWFirst bool
	RAWBytes               int64
	// Together: all files of an exposure are told of before it is complete, so that
	// libgphoto2 does not hear of the first.
	Together bool
	// CardBytes is the card's room; 0 for 1 TB.
	CardBytes int64
	// Exposure is the time from the request until the files are told of.
	Exposure time.Duration
	// Boot is how long it takes from power on until it answers.
	Boot time.Duration
	// Battery is its charge in percent; 0 for 80.
	Battery uint8
	// First is the number of its first file, 1 to 9999; 0 is 1.
	First int
}

// The defaults of Options.
const (
	defaultCard    = 1_000_000_000_000
	defaultBattery = 80
)

// Count is what was asked of a camera since it was made.
type Count struct {
	Connections int // command connections that were answered
	Captures    int // InitiateCapture, refused or not
	Exposed     int // that took a picture
	Sent        int // files that were read to their end
	Deleted     int
	Resets      int // ResetDevice
	PowerCycles int // times that it was switched on after off
}

// Camera is one camera. Its methods may be called from any goroutine.
type Camera struct {
	o        Options
	listener net.Listener

	mu      sync.Mutex // guards the following
	card    card
	faults  Faults
	count   Count
	ahead   time.Duration // of its clock, as a host set it
	iso     uint16
	off     bool
	up      time.Time // when it answers, by package time
	wedged  bool
	conns   map[net.Conn]bool
	session *session // the host that it serves; nil for none
	hosts   uint32   // numbers of connections
}

// Open makes a camera that is switched on and listens; Run serves.
func Open(o Options) (*Camera, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Model == "" {
		o.Model = "Field DSLR"
	}
	if o.Serial == "" {
		o.Serial = "000042"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CardBytes == 0 {
		o.CardBytes = defaultCard
	}
	if o.Battery == 0 {
		o.Battery = defaultBattery
	}
	l, err := net.Listen("tcp4", o.Address)
	if err != nil {
		return nil, err
	}
	return &Camera{o: o, listener: l, card: newCard(o.First), iso: isoValues()[0], conns: map[net.Conn]bool{}}, nil
}

// Close ends the camera. Run returns.
func (c *Camera) Close() error {
	err := c.listener.Close()
	c.hangUp()
	return err
}

// Port is the camera's port as gphoto2 takes it: address, command port, event port.
func (c *Camera) Port() string {
	a := c.listener.Addr().(*net.TCPAddr)
	_, port, _ := net.SplitHostPort(a.String())
	return "ptpip:" + a.IP.String() + ":" + port + ":" + port
}

// Power switches it. Off ends all connections; on, after Options.Boot, it is as new but
// for its card and its clock.
func (c *Camera) Power(on bool) {
	c.mu.Lock()
	if on && c.off {
		c.count.PowerCycles++
		c.up = time.Now().Add(c.o.Boot)
		c.wedged = false
	}
	c.off = !on || c.faults.NeverUp && c.off
	c.mu.Unlock()
	if !on {
		c.hangUp()
	}
}

// hangUp ends all connections.
func (c *Camera) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		_ = conn.Close() // it ends either way
	}
	c.session = nil
}

// Count is what was asked so far.
func (c *Camera) Count() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// File is one file on the card.
type File struct {
	Name string
	Size int64
	At   time.Time // when it was exposed, by the camera's clock
}

// Files are those on the card, the oldest first.
func (c *Camera) Files() (all []File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.card.files() {
		all = append(all, File{Name: o.name, Size: o.size(), At: o.at})
	}
	return all
}

// Press exposes as the camera's own button and its remote socket do: nobody asked by
// the network, and a host that is there is told. It tells whether it took a picture.
func (c *Camera) Press() bool {
	c.mu.Lock()
	s := c.session
	if c.off || c.wedged || time.Now().Before(c.up) || c.full() {
		c.mu.Unlock()
		return false
	}
	added := c.expose()
	c.mu.Unlock()
	if s != nil {
		s.tell(added, 0)
	}
	return true
}

// Clock is what its clock shows.
func (c *Camera) Clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock()
}

// clock is Clock. c.mu is locked.
func (c *Camera) clock() time.Time { return c.o.Now().Add(c.ahead) }

// ISO is the sensitivity that is set.
func (c *Camera) ISO() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.iso)
}

// full tells whether the card has no room for an exposure. c.mu is locked.
func (c *Camera) full() bool { return c.card.used()+c.o.JPEGBytes+c.o.RAWBytes > c.o.CardBytes }

// expose takes a picture. c.mu is locked.
func (c *Camera) expose() []*object {
	c.count.Exposed++
	return c.card.expose(c.o, c.clock())
}
