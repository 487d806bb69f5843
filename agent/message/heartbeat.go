package message

import "fmt"

// Heartbeat says that the device lives, and when to worry.
type Heartbeat struct {
	V int `json:"v"` // set by Marshal
	// N counts the heartbeats that came due since the daemon's start: a gap is a
	// heartbeat that did not arrive.
	N uint64 `json:"n"`
	// At is the device's wall time.
	At Unix `json:"t"`
	// EverySeconds is the interval until the next, give or take a tenth, from 1
	// to a day. Three missed in a row mean "unavailable".
	EverySeconds uint32 `json:"every"`
}

// MaxHeartbeat is the largest heartbeat that Marshal makes, in bytes, whatever
// the values: with it, a short device name and TLS, a heartbeat and its
// acknowledgement stay within 320 bytes of IP.
const MaxHeartbeat = 80

// maxEverySeconds is a day: a heartbeat that comes less often says nothing.
const maxEverySeconds = 24 * 60 * 60

// Marshal is h on the wire. An interval outside its bounds becomes the nearest
// inside.
func (h Heartbeat) Marshal() []byte {
	h.V = Version
	h.At = min(max(h.At, 0), maxUnix)
	h.EverySeconds = min(max(h.EverySeconds, 1), maxEverySeconds)
	return encode(h)
}

// ParseHeartbeat reads a Heartbeat from the wire.
func ParseHeartbeat(payload []byte) (Heartbeat, error) {
	var h Heartbeat
	if err := decode(payload, MaxSmall, &h); err != nil {
		return Heartbeat{}, fmt.Errorf("parse heartbeat: %w", err)
	}
	if err := h.At.check("t"); err != nil {
		return Heartbeat{}, fmt.Errorf("parse heartbeat: %w", err)
	}
	if h.EverySeconds < 1 || h.EverySeconds > maxEverySeconds {
		return Heartbeat{}, fmt.Errorf("parse heartbeat: every: %d: want 1 to %d", h.EverySeconds, maxEverySeconds)
	}
	return h, nil
}
