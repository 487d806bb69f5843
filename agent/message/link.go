package message

import "fmt"

// Link says whether the device is connected to the broker. The broker itself
// sends the one that says it is not (the will) when the connection breaks.
type Link struct {
	V  int  `json:"v"` // set by Marshal
	Up bool `json:"up"`
	// At is the device's wall time at which the connection began; 0 in a will,
	// which is written before it is known when it will be needed.
	At Unix `json:"t,omitempty"`
}

// Marshal is l on the wire.
func (l Link) Marshal() []byte {
	l.V = Version
	l.At = min(max(l.At, 0), maxUnix)
	return encode(l)
}

// ParseLink reads a Link from the wire.
func ParseLink(payload []byte) (Link, error) {
	var l Link
	if err := decode(payload, MaxSmall, &l); err != nil {
		return Link{}, fmt.Errorf("parse link: %w", err)
	}
	if err := l.At.check("t"); err != nil {
		return Link{}, fmt.Errorf("parse link: %w", err)
	}
	return l, nil
}
