package visca

import (
	"errors"
	"fmt"
)

// The parts of a packet: 8x … FF, x the address of whom it is for, 3 to 16 bytes in
// all. A camera's own begin with its address plus 8, and 0.
const (
	terminator = 0xFF
	maxPacket  = 16
	broadcast  = 0x88
)

// The kinds of replies, in the upper half of the second byte; the lower is the socket
// that the command occupies, 0 to 2.
const (
	replyACK        = 0x40
	replyCompletion = 0x50
	replyError      = 0x60
)

// replyAddress and replyNetwork are second bytes of packets that are no replies to a
// camera's command: of the address set, and of a change on the line.
const (
	replyAddress = 0x30
	replyNetwork = 0x38
)

// ErrorCode is what a camera says of a command that it does not do.
type ErrorCode byte

// The codes.
const (
	ErrLength        ErrorCode = 0x01 // wrong length
	ErrSyntax        ErrorCode = 0x02 // not known
	ErrBufferFull    ErrorCode = 0x03 // both sockets are in use
	ErrCancelled     ErrorCode = 0x04
	ErrNoSocket      ErrorCode = 0x05
	ErrNotExecutable ErrorCode = 0x41 // not in this state: standby, moving, another mode
)

func (c ErrorCode) Error() string {
	switch c {
	case ErrLength:
		return "error 01, the message has the wrong length"
	case ErrSyntax:
		return "error 02, the command is not known"
	case ErrBufferFull:
		return "error 03, it is busy with other commands"
	case ErrCancelled:
		return "error 04, the command was cancelled"
	case ErrNoSocket:
		return "error 05, there is no such socket"
	case ErrNotExecutable:
		return "error 41, it cannot do that now"
	}
	return fmt.Sprintf("error %02X", byte(c))
}

// reply is one packet of the camera.
type reply struct {
	kind   byte // replyACK, replyCompletion or replyError
	socket byte
	code   ErrorCode // of an error
	data   []byte    // of an inquiry's answer
}

// errForeign is a packet of somebody else, or of no use.
var errForeign = errors.New("not a reply of this camera")

// parseReply reads a packet, without its terminator, of the camera at address.
func parseReply(p []byte, address byte) (reply, error) {
	if len(p) < 2 || p[0] != (address+8)<<4 {
		return reply{}, errForeign
	}
	r := reply{kind: p[1] & 0xF0, socket: p[1] & 0x0F}
	switch {
	case r.kind == replyACK && len(p) == 2:
	case r.kind == replyCompletion:
		r.data = p[2:]
	case r.kind == replyError && len(p) == 3:
		r.code = ErrorCode(p[2])
	default:
		return reply{}, errForeign
	}
	return r, nil
}

// packet is a command or inquiry for the camera at address.
func packet(address byte, body ...byte) []byte {
	return append(append([]byte{0x80 | address}, body...), terminator)
}

// The commands' bodies.

func setAddress() []byte { return []byte{broadcast, 0x30, 0x01, terminator} }

func clearInterface(address byte) []byte { return packet(address, 0x01, 0x00, 0x01) }

func askPower() []byte { return []byte{0x09, 0x04, 0x00} }

func switchOn() []byte { return []byte{0x01, 0x04, 0x00, 0x02} }

// The answers to askPower.
const (
	powerIsOn  = 0x02
	powerIsOff = 0x03
)

func recallPreset(n int) []byte { return []byte{0x01, 0x04, 0x3F, 0x02, byte(n - 1)} }

func zoomTo(at uint16) []byte { return append([]byte{0x01, 0x04, 0x47}, nibbles(at)...) }

func focusTo(at uint16) []byte { return append([]byte{0x01, 0x04, 0x48}, nibbles(at)...) }

func focusAuto() []byte { return []byte{0x01, 0x04, 0x38, 0x02} }

func focusManual() []byte { return []byte{0x01, 0x04, 0x38, 0x03} }

func focusOnce() []byte { return []byte{0x01, 0x04, 0x18, 0x01} }

// nibbles is how a position is sent: 0p 0q 0r 0s.
func nibbles(n uint16) []byte {
	return []byte{byte(n >> 12), byte(n>>8) & 0xF, byte(n>>4) & 0xF, byte(n) & 0xF}
}
