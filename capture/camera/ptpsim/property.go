package ptpsim

import (
	"encoding/binary"
	"slices"
	"time"
)

// The properties that it has (ISO 15740, 13.5).
const (
	propBattery  = 0x5001
	propISO      = 0x500f
	propDateTime = 0x5011
)

// The types of values (ISO 15740, 5.3).
const (
	typeUint8  = 0x0002
	typeUint16 = 0x0004
	typeString = 0xffff
)

// The forms of a property's description (ISO 15740, 13.3.3).
const (
	formNone  = 0
	formRange = 1
	formEnum  = 2
)

// isoValues are what the sensitivity can be, the one of a new camera first.
func isoValues() []uint16 { return []uint16{100, 200, 400, 800, 1600} }

// property carries out a request that names a property.
func (s *session) property(r request) error {
	c := s.camera
	c.mu.Lock()
	battery, iso, clock := c.o.Battery, c.iso, c.clock()
	c.mu.Unlock()
	var kind uint16
	var writable byte
	var value, factory, form []byte
	switch r.params[0] {
	case propBattery:
		kind, value, factory = typeUint8, []byte{battery}, []byte{100}
		form = []byte{formRange, 0, 100, 1}
	case propISO:
		kind, writable = typeUint16, 1
		value, factory = binary.LittleEndian.AppendUint16(nil, iso), binary.LittleEndian.AppendUint16(nil, isoValues()[0])
		form = append(form, formEnum)
		form = binary.LittleEndian.AppendUint16(form, uint16(len(isoValues())))
		for _, v := range isoValues() {
			form = binary.LittleEndian.AppendUint16(form, v)
		}
	case propDateTime:
		kind, writable = typeString, 1
		value, factory, form = appendString(nil, clock.Format(timeForm)), appendString(nil, ""), []byte{formNone}
	default:
		return s.respond(r, codeNoProperty)
	}
	switch r.code {
	case opGetDevicePropVal:
		return s.dataset(r, value)
	case opGetDevicePropDesc:
		b := binary.LittleEndian.AppendUint16(nil, uint16(r.params[0]))
		b = binary.LittleEndian.AppendUint16(b, kind)
		b = append(b, writable)
		b = append(b, factory...)
		b = append(b, value...)
		return s.dataset(r, append(b, form...))
	}
	if writable == 0 {
		return s.respond(r, codeAccessDenied)
	}
	if !c.set(r.params[0], r.data) {
		return s.respond(r, codeInvalidValue)
	}
	return s.respond(r, codeOK)
}

// set sets a property; false where the value makes no sense.
func (c *Camera) set(property uint32, data []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if property == propISO {
		if len(data) != 2 || !slices.Contains(isoValues(), binary.LittleEndian.Uint16(data)) {
			return false
		}
		c.iso = binary.LittleEndian.Uint16(data)
		return true
	}
	text, ok := parseString(data)
	if !ok || len(text) < len(timeForm) {
		return false
	}
	now := c.o.Now()
	at, err := time.ParseInLocation(timeForm, text[:len(timeForm)], now.Location())
	if err != nil {
		return false
	}
	c.ahead = at.Sub(now)
	return true
}
