package ucamsim

import (
	"bytes"
	"testing"

	"fieldcam/capture/camera/ucam"
)

// FuzzCommand: whatever a driver sends, however it is cut into parts, the camera
// understands the same commands and keeps less than one.
func FuzzCommand(f *testing.F) {
	f.Add([]byte("\xAA\x0D\x00\x00\x00\x00\xAA\x01\x00\x07\x07\x07"), uint8(3), byte(0))
	f.Add([]byte("\xAA\xAA\x2D\xAA\xAA\x01\x00\x00\xAA\x24\x01\x00\x00\x00"), uint8(0), byte(1))
	f.Fuzz(func(t *testing.T, in []byte, part uint8, address byte) {
		address &= ucam.MaxAddress
		var whole, cut parser
		want := whole.feed(address, in)
		var got []ucam.Frame
		for rest := in; len(rest) > 0; {
			n := min(int(part)+1, len(rest))
			got = append(got, cut.feed(address, rest[:n])...)
			rest = rest[n:]
		}
		if len(got) != len(want) {
			t.Fatalf("in parts %d commands, at once %d", len(got), len(want))
		}
		// Must not panic, whatever the command.
		c := New(Options{Address: address})
		c.s.restart(true)
		for i, g := range got {
			if g != want[i] || !bytes.Contains(in, g[:]) || g.Address() != address {
				t.Errorf("command %d in parts % X, at once % X", i, g, want[i])
			}
			if g.Command() != ucam.CmdSnapshot {
				c.change(g)
			}
		}
		if len(cut.buf) >= ucam.FrameBytes {
			t.Errorf("the parser keeps %d bytes", len(cut.buf))
		}
	})
}
