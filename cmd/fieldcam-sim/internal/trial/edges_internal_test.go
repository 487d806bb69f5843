package trial

import (
	"reflect"
	"testing"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

func TestOnlyTheLightMovesAndOnlyAsItShould(t *testing.T) {
	off, on := emulated.Edge{Pin: pinLight}, emulated.Edge{Pin: pinLight, High: true}
	heater := emulated.Edge{Pin: pinHeater}
	for _, test := range []struct {
		name    string
		w, want emulated.Waveform
	}{
		{"a life", emulated.Waveform{off, on}, nil},
		{"nothing", nil, nil},
		{"another output", emulated.Waveform{off, heater, on}, emulated.Waveform{heater}},
		{"a light that flickers", emulated.Waveform{off, on, off, on}, emulated.Waveform{off, on}},
	} {
		if got := unintended(test.w, []bool{false, true}); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: unintended edges %v, want %v", test.name, got, test.want)
		}
	}
}
