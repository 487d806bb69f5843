package linkemu

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Counts are what entered one direction of a link.
type Counts struct {
	Packets int64
	Bytes   int64 // whole IP packets
	// Lost and Overflowed are how many of the packets did not arrive: at random,
	// and because the queue was full.
	Lost, Overflowed int64
}

const (
	// maxPacket is the largest IP packet.
	maxPacket = 64 << 10
	// onTheWay is how many packets may be on the way: more than a second of
	// 100 Mbit/s. Beyond it the sender's device queue fills.
	onTheWay = 1 << 13
	// ipv4 is the version in a packet's first four bits (RFC 791, 3.1).
	ipv4 = 4
)

// direction carries the packets of one direction.
type direction struct {
	in  io.Reader // each Read is one packet
	out io.Writer // each Write is one packet

	shape                            Shape
	packets, bytes, lost, overflowed atomic.Int64
}

// packet is one on the way.
type packet struct {
	bytes   []byte
	arrives time.Time
}

// run carries packets until in fails or stop is closed; after the latter it
// needs in to fail as well.
func (d *direction) run(stop <-chan struct{}) {
	way := make(chan packet, onTheWay)
	var delivery sync.WaitGroup
	delivery.Go(func() { d.deliver(way, stop) })
	defer delivery.Wait()
	defer close(way)
	s := newShaper(d.shape)
	buf := make([]byte, maxPacket)
	for {
		n, err := d.in.Read(buf)
		if err != nil {
			return
		}
		if n == 0 || buf[0]>>4 != ipv4 {
			continue
		}
		d.packets.Add(1)
		d.bytes.Add(int64(n))
		switch arrives, f := s.take(time.Now(), n); f {
		case lost:
			d.lost.Add(1)
		case overflowed:
			d.overflowed.Add(1)
		case delivered:
			select {
			case way <- packet{bytes.Clone(buf[:n]), arrives}:
			case <-stop:
				return
			}
		}
	}
}

// deliver hands over each packet when it arrives.
func (d *direction) deliver(way <-chan packet, stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for p := range way {
		timer.Reset(time.Until(p.arrives))
		select {
		case <-timer.C:
		case <-stop:
			return
		}
		// A packet that the other side does not take is lost, as on any network.
		_, _ = d.out.Write(p.bytes)
	}
}

func (d *direction) counts() Counts {
	return Counts{
		Packets: d.packets.Load(), Bytes: d.bytes.Load(),
		Lost: d.lost.Load(), Overflowed: d.overflowed.Load(),
	}
}
