package trial

import (
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// watched is a site that nothing happens at but what its pins are said to do.
func watched() *site {
	return &site{t: &take{o: Options{Progress: io.Discard}, said: &sync.Mutex{}, began: time.Now()}}
}

// shots are whole presses one after another, as configured.
func shots(n int) (w emulated.Waveform) {
	at := time.Second
	edge := func(pin int, high bool, after time.Duration) {
		at += after
		w = append(w, emulated.Edge{Pin: pin, High: high, At: at})
	}
	for range n {
		edge(pinHalf, false, gapTime+time.Millisecond)
		edge(pinFull, false, halfTime+time.Millisecond)
		edge(pinFull, true, pressTime+3*time.Millisecond)
		edge(pinHalf, true, time.Millisecond)
	}
	return w
}

func TestPressesAreHeldAgainstTheirTimes(t *testing.T) {
	const short = 2 * time.Millisecond
	for _, test := range []struct {
		name  string
		spoil func(w emulated.Waveform) emulated.Waveform
		want  string
	}{
		{"as configured", func(w emulated.Waveform) emulated.Waveform { return w }, ""},
		{"a short press", func(w emulated.Waveform) emulated.Waveform { w[6].At -= 2 * short; return w }, "press 2 lasted"},
		{"too soon after the half-press", func(w emulated.Waveform) emulated.Waveform { w[1].At -= short; return w }, "after the half-press"},
		{"too soon after the last", func(w emulated.Waveform) emulated.Waveform { w[4].At -= 2 * short; return w }, "after the one before"},
		{"the half-press ends first", func(w emulated.Waveform) emulated.Waveform {
			w[2], w[3] = w[3], w[2]
			w[2].At, w[3].At = w[3].At, w[2].At
			return w
		}, "before the full one"},
		{"a press too many", func(w emulated.Waveform) emulated.Waveform { return append(w, shots(1)...) }, "full and"},
		{"another line moves", func(w emulated.Waveform) emulated.Waveform {
			return append(w, emulated.Edge{Pin: pinPower, High: true, At: time.Minute})
		}, "edges, want"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := watched()
			over := s.judgePresses(test.spoil(shots(3)), 3)
			one(t, s.t.Faults, test.want)
			if test.want == "" && (len(over) != 3 || over[0] != 3) {
				t.Errorf("longer by %v ms, want 3 of 3", over)
			}
		})
	}
}

func TestTheFirstStartMovesEachLineOnce(t *testing.T) {
	up := func(pin int) emulated.Edge { return emulated.Edge{Pin: pin, High: true, At: time.Second} }
	down := func(pin int) emulated.Edge { return emulated.Edge{Pin: pin, At: 2 * time.Second} }
	others := emulated.Waveform{up(pinHalf), up(pinModem), up(pinHeater), up(pinLight)}
	for _, test := range []struct {
		name string
		w    emulated.Waveform // beside the others
		want string
	}{
		{"to its safe level", emulated.Waveform{up(pinFull), up(pinPower)}, ""},
		{"a pulse", emulated.Waveform{up(pinFull), down(pinFull), up(pinFull), up(pinPower)}, "moves SHUTTER"},
		{"not at all", emulated.Waveform{up(pinFull)}, "moves CAMERA_POWER"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := watched()
			s.judgeFirstTake(slices.Concat(others, test.w))
			one(t, s.t.Faults, test.want)
		})
	}
}
