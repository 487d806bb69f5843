package mqtt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// maxIncoming bounds one packet from the broker, in bytes. paho allocates what
// the length field says, up to 256 MB: more than a controller has.
const maxIncoming = 64 << 10

// The packets that a broker may send to a client which subscribes once and
// publishes at QoS 1 (MQTT 3.1.1, section 2.2), and the one that subscribes.
const (
	typeConnack   = 2
	typePublish   = 3
	typePuback    = 4
	typeSubscribe = 8
	typeSuback    = 9
	typePingresp  = 13
)

// maxConnack is the highest return code of a CONNACK (MQTT 3.1.1, table 3.1).
// paho takes any above for a success.
const maxConnack = 5

// errBroker is what a broker does that MQTT 3.1.1 forbids, or that nothing asked
// for.
var errBroker = errors.New("broker breaks the protocol")

// guard reads MQTT packets and hands on only whole ones that paho can take: it
// trusts the broker's bytes where this does not.
type guard struct {
	r         io.Reader
	buf       []byte // what is left of the packet in hand
	connacked bool
	topics    int // in a SUBSCRIBE; 0: there is none

	// asked is the packet ID of the SUBSCRIBE that has no answer yet; 0 where there
	// is none. Another goroutine writes it.
	asked atomic.Uint32
}

// sent looks at a packet to the broker. paho takes any SUBACK for the answer to
// any message, and panics where it has more return codes than were asked for.
func (g *guard) sent(packet []byte) {
	if len(packet) == 0 || packet[0]>>4 != typeSubscribe {
		return
	}
	rest := packet[1:]
	for len(rest) > 0 && rest[0]&0x80 != 0 { // its length
		rest = rest[1:]
	}
	if len(rest) >= 3 {
		g.asked.Store(uint32(binary.BigEndian.Uint16(rest[1:])))
	}
}

// Read serves the bytes of checked packets. One goroutine may call it.
func (g *guard) Read(p []byte) (int, error) {
	if len(g.buf) == 0 {
		packet, err := g.packet()
		if err != nil {
			return 0, err
		}
		g.buf = packet
	}
	n := copy(p, g.buf)
	g.buf = g.buf[n:]
	return n, nil
}

// packet reads and checks the next packet.
func (g *guard) packet() ([]byte, error) {
	head := make([]byte, 1, 5)
	if _, err := io.ReadFull(g.r, head); err != nil {
		return nil, err
	}
	length := 0
	for shift := 0; ; shift += 7 {
		if shift > 21 { // four bytes at most (section 2.2.3)
			return nil, fmt.Errorf("%w: endless length", errBroker)
		}
		var b [1]byte
		if _, err := io.ReadFull(g.r, b[:]); err != nil {
			return nil, err
		}
		head = append(head, b[0])
		length |= int(b[0]&0x7f) << shift
		if b[0]&0x80 == 0 {
			break
		}
	}
	kind, flags := head[0]>>4, head[0]&0x0f
	if err := g.admit(kind, flags, length); err != nil {
		return nil, err
	}
	packet := make([]byte, len(head)+length)
	copy(packet, head)
	body := packet[len(head):]
	if _, err := io.ReadFull(g.r, body); err != nil {
		return nil, err
	}
	switch kind {
	case typeConnack:
		if body[1] > maxConnack {
			return nil, fmt.Errorf("%w: CONNACK return code %d", errBroker, body[1])
		}
		g.connacked = true
	case typeSuback:
		if id := uint32(binary.BigEndian.Uint16(body)); id == 0 || !g.asked.CompareAndSwap(id, 0) {
			return nil, fmt.Errorf("%w: SUBACK for %d, which was not asked", errBroker, id)
		}
	case typePublish:
		if topic := int(binary.BigEndian.Uint16(body)); length < topic+publishHead(flags) {
			return nil, fmt.Errorf("%w: topic of %d bytes in a packet of %d", errBroker, topic, length)
		}
	}
	return packet, nil
}

// admit tells, before the body is read, whether such a packet may come now.
func (g *guard) admit(kind, flags byte, length int) error {
	ok := false
	switch kind {
	case typeConnack:
		ok = !g.connacked && flags == 0 && length == 2
	case typePublish:
		ok = g.connacked && flags>>1&3 <= 1 && length >= publishHead(flags) && length <= maxIncoming
	case typePuback:
		ok = g.connacked && flags == 0 && length == 2
	case typeSuback:
		ok = g.connacked && flags == 0 && g.topics > 0 && length == 2+g.topics
	case typePingresp:
		ok = g.connacked && flags == 0 && length == 0
	}
	if !ok {
		return fmt.Errorf("%w: packet type %d, flags %d, %d bytes", errBroker, kind, flags, length)
	}
	return nil
}

// publishHead is what a PUBLISH holds beside its topic's characters and payload:
// the topic's length, and the packet ID at QoS 1.
func publishHead(flags byte) int {
	if flags>>1&3 > 0 {
		return 4
	}
	return 2
}
