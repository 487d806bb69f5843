package serialsim

import (
	"bytes"
	"testing"
)

func TestUARTHearsItselfAndGarbleAtOtherRates(t *testing.T) {
	rates := []int{9600, 19200, 38400, 57600, 115200}
	p := []byte("\x56\x00\x11\x00")
	for _, from := range rates {
		for _, to := range rates {
			got := Hear(p, from, to)
			if same := bytes.Equal(got, p); same != (from == to) {
				t.Errorf("sent at %d, heard at %d: % X", from, to, got)
			}
			if max := len(p) * (to/from + 1); len(got) > max {
				t.Errorf("sent at %d, heard at %d: %d bytes, want %d at most", from, to, len(got), max)
			}
		}
	}
	if got := Hear(p, 9600, 9700); !bytes.Equal(got, p) {
		t.Errorf("1 %% off is heard as % X, want % X", got, p)
	}
	if got := Hear(p, 9600, 0); len(got) > 0 {
		t.Errorf("a port without a rate heard % X", got)
	}
	// Every value survives where the samples fall into the right bits.
	for b := range 256 {
		if got := sample(byte(b), 9600, 9600); !bytes.Equal(got, []byte{byte(b)}) {
			t.Errorf("%02X sampled at its own rate is % X", b, got)
		}
	}
}
