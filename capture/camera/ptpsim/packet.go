package ptpsim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
)

// The types of packets (CIPA DC-005, 2.3).
const (
	packetInitCommand    = 1
	packetInitCommandAck = 2
	packetInitEvent      = 3
	packetInitEventAck   = 4
	packetInitFail       = 5
	packetRequest        = 6
	packetResponse       = 7
	packetEvent          = 8
	packetStartData      = 9
	packetData           = 10
	packetCancel         = 11
	packetEndData        = 12
	packetPing           = 13
	packetPong           = 14
)

const (
	// headerBytes is a packet's length and type.
	headerBytes = 8
	// maxPacket bounds what a host may send: settings, no files.
	maxPacket = 64 << 10
	// maxParams is how many parameters an operation has at most (ISO 15740, 9.3.3).
	maxParams = 5
	// dataOut is the data phase in which the host sends.
	dataOut = 2
)

// errPacket is what a packet that makes no sense is.
var errPacket = errors.New("no PTP/IP packet")

// packet is one packet without its length.
type packet struct {
	kind uint32
	body []byte
}

// readPacket reads one packet. A packet that is longer than a host has reason to send
// is an error.
func readPacket(r io.Reader) (packet, error) {
	var head [headerBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return packet{}, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n < headerBytes || n > maxPacket {
		return packet{}, fmt.Errorf("%w: of %d bytes", errPacket, n)
	}
	p := packet{kind: binary.LittleEndian.Uint32(head[4:]), body: make([]byte, n-headerBytes)}
	_, err := io.ReadFull(r, p.body)
	return p, err
}

// writePacket writes one in a single Write.
func writePacket(w io.Writer, kind uint32, body []byte) error {
	b := make([]byte, 0, headerBytes+len(body))
	b = binary.LittleEndian.AppendUint32(b, uint32(headerBytes+len(body)))
	b = binary.LittleEndian.AppendUint32(b, kind)
	_, err := w.Write(append(b, body...))
	return err
}

// request is one operation that the host asks for.
type request struct {
	code        uint16
	transaction uint32
	params      [maxParams]uint32
	sends       bool // data of the host's follow
	data        []byte
}

// parseRequest takes the body of a request apart: data phase, code, transaction and
// parameters.
func parseRequest(body []byte) (request, error) {
	const fixed = 10
	if len(body) < fixed || (len(body)-fixed)%4 != 0 || len(body) > fixed+4*maxParams {
		return request{}, fmt.Errorf("%w: a request of %d bytes", errPacket, len(body))
	}
	r := request{
		sends:       binary.LittleEndian.Uint32(body) == dataOut,
		code:        binary.LittleEndian.Uint16(body[4:]),
		transaction: binary.LittleEndian.Uint32(body[6:]),
	}
	for i := range (len(body) - fixed) / 4 {
		r.params[i] = binary.LittleEndian.Uint32(body[fixed+4*i:])
	}
	return r, nil
}

// appendString appends a PTP string: its length in characters with the NUL, and UTF-16.
// It is cut at 254 characters.
func appendString(b []byte, s string) []byte {
	if s == "" {
		return append(b, 0)
	}
	const most = 254
	u := utf16.Encode([]rune(s))
	u = append(u[:min(len(u), most)], 0)
	b = append(b, byte(len(u)))
	for _, c := range u {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// parseString reads a PTP string; false where there is none.
func parseString(b []byte) (string, bool) {
	if len(b) == 0 || len(b) < 1+2*int(b[0]) {
		return "", false
	}
	var u []uint16
	for i := range int(b[0]) {
		c := binary.LittleEndian.Uint16(b[1+2*i:])
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u)), true
}

// appendArray appends an array: its length, then its elements.
func appendArray[T uint16 | uint32](b []byte, all []T) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(all)))
	for _, one := range all {
		switch v := any(one).(type) {
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, v)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	return b
}
