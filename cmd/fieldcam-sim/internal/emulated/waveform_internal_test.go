package emulated

import (
	"slices"
	"testing"
	"time"
)

func TestTheEmulatorsRecordIsReadWithItsOwnTimes(t *testing.T) {
	for _, test := range []struct {
		line string
		want record
	}{
		{"[S +1.234567] IRQ raise 5", record{at: 1234567 * time.Microsecond, text: "IRQ raise 5", edge: true, pin: 5, high: true}},
		{"[S +12.000001] IRQ lower 0", record{at: 12000001 * time.Microsecond, text: "IRQ lower 0", edge: true}},
		{"[R +0.5] endianness", record{at: 500 * time.Millisecond, text: "endianness"}},
		{"[S +0.5] OK little", record{at: 500 * time.Millisecond, text: "OK little"}},
		{"[R +3.1] IRQ raise 5", record{at: 3100 * time.Millisecond, text: "IRQ raise 5"}}, // what it received is no edge
		{"[S +3.1] IRQ raise 8", record{at: 3100 * time.Millisecond, text: "IRQ raise 8", pin: 8, high: true}},
		{"[I 0.000123] OPENED", record{at: 123 * time.Microsecond, text: "OPENED"}},
	} {
		if got, ok := parseRecord(test.line); !ok || got != test.want {
			t.Errorf("%q: %+v, %v, want %+v", test.line, got, ok, test.want)
		}
	}
	for _, line := range []string{"", "[", "[S +", "[S +]", "[S +-1] IRQ raise 1", "[S +NaN] x", "[S +1e30] x", "qemu-system-aarch64: warning", "[S +1 IRQ raise 1"} {
		if r, ok := parseRecord(line); ok {
			t.Errorf("%q was read as %+v", line, r)
		}
	}
}

func FuzzRecord(f *testing.F) {
	for _, s := range []string{"[S +1.234567] IRQ raise 5", "[R +0.5] endianness", "[I 0.1] OPENED", "[S +", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, ok := parseRecord(line)
		if !ok && r != (record{}) || r.at < 0 || r.edge && (r.pin < 0 || r.pin >= PinCount) {
			t.Errorf("%q: %+v, %v", line, r, ok)
		}
	})
}

func TestPulsesAreMeasuredFromEdgeToEdge(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	w := Waveform{{1, true, ms(10)}, {2, true, ms(15)}, {1, false, ms(30)}, {2, false, ms(40)}, {1, true, ms(100)}, {1, false, ms(101)}, {1, true, ms(200)}}
	if got, want := w.Pulses(1, true), []Pulse{{ms(10), ms(30)}, {ms(100), ms(101)}}; !slices.Equal(got, want) {
		t.Errorf("high pulses of pin 1: %v, want %v", got, want)
	}
	if got, want := w.Pulses(1, false), []Pulse{{ms(30), ms(100)}, {ms(101), ms(200)}}; !slices.Equal(got, want) {
		t.Errorf("low pulses of pin 1: %v, want %v", got, want)
	}
	if got := w.Pulses(1, true)[0].Width(); got != ms(20) {
		t.Errorf("width %v, want 20ms", got)
	}
	if got, want := w.Between(ms(30), ms(100)), w[2:4]; !slices.Equal(got, want) {
		t.Errorf("between: %v, want %v", got, want)
	}
	if !w.Level(1) || w.Level(2) || w.Level(3) {
		t.Errorf("levels at the end: %v %v %v, want true false false", w.Level(1), w.Level(2), w.Level(3))
	}
}
