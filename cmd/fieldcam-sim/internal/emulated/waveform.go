package emulated

import (
	"strconv"
	"strings"
	"time"
)

// Edge is a change of an output's level.
type Edge struct {
	Pin  int
	High bool          // the level after it
	At   time.Duration // on the emulator's clock, taken as the guest did it
}

// Waveform is what outputs did, in order. No pin has two edges in the same
// direction one after another.
type Waveform []Edge

// Between is the part from one time until before another.
func (w Waveform) Between(from, to time.Duration) Waveform {
	var part Waveform
	for _, e := range w {
		if e.At >= from && e.At < to {
			part = append(part, e)
		}
	}
	return part
}

// Of is the part that is of one pin.
func (w Waveform) Of(pin int) Waveform {
	var part Waveform
	for _, e := range w {
		if e.Pin == pin {
			part = append(part, e)
		}
	}
	return part
}

// Level is the level of a pin after all of it; until its first edge a pin is low.
func (w Waveform) Level(pin int) bool {
	high := false
	for _, e := range w.Of(pin) {
		high = e.High
	}
	return high
}

// Pulse is the time for which a pin was at one level.
type Pulse struct{ From, To time.Duration }

// Width is how long it lasted.
func (p Pulse) Width() time.Duration { return p.To - p.From }

// Pulses are the times for which a pin was high, or low, from edge to edge; one
// that has not ended is none.
func (w Waveform) Pulses(pin int, high bool) []Pulse {
	var all []Pulse
	var begin *Edge
	for _, e := range w.Of(pin) {
		switch {
		case e.High == high:
			begin = &e
		case begin != nil:
			all = append(all, Pulse{From: begin.At, To: e.At})
			begin = nil
		}
	}
	return all
}

// record is one line of what QEMU writes down of its protocol for tests: what it
// received (R), sent (S), or did (I), with a time since its start.
type record struct {
	at   time.Duration
	text string
	// edge: it told of an output, pin, which is high now or not.
	edge bool
	pin  int
	high bool
}

// parseRecord reads one line; false: it is none of the record. The form is that of
// QEMU's softmmu/qtest.c: "[S +1.234567] IRQ raise 5".
func parseRecord(line string) (record, bool) {
	for _, kind := range []string{"[S +", "[R +", "[I +", "[I "} {
		rest, ok := strings.CutPrefix(line, kind)
		if !ok {
			continue
		}
		at, text, ok := strings.Cut(rest, "]")
		if !ok {
			return record{}, false
		}
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil || !(seconds >= 0 && seconds < 1<<32) {
			return record{}, false
		}
		r := record{at: time.Duration(seconds * float64(time.Second)).Round(time.Microsecond), text: strings.TrimSpace(text)}
		words := strings.Fields(r.text)
		if kind == "[S +" && len(words) == 3 && words[0] == "IRQ" && (words[1] == "raise" || words[1] == "lower") {
			pin, err := strconv.ParseUint(words[2], 10, 8)
			r.edge, r.pin, r.high = err == nil && pin < PinCount, int(pin), words[1] == "raise"
		}
		return r, true
	}
	return record{}, false
}
