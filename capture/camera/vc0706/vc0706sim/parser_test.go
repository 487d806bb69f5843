package vc0706sim

import (
	"bytes"
	"testing"

	"fieldcam/capture/camera/vc0706"
)

func TestCommandsAreFoundInNoise(t *testing.T) {
	var r parser
	var got []frame
	for _, b := range []byte("\x00xyz\x56\x00\x11\x01\x56\x00\x36\xFF\x56\x00\x36\x01\x03\x76\x00") {
		got = append(got, r.feed([]byte{b})...)
	}
	if len(got) != 2 || got[0].cmd != vc0706.CmdVersion || got[1].cmd != vc0706.CmdFrameControl || !bytes.Equal(got[1].data, []byte{3}) {
		t.Errorf("commands %+v, want a version with its false count and a resume", got)
	}
}

// FuzzCommand: whatever a driver sends, however it is cut into parts, the camera
// understands the same commands and keeps no more than one.
func FuzzCommand(f *testing.F) {
	f.Add([]byte("\x56\x00\x11\x00\x56\x00\x36\x01\x00"), uint8(3))
	f.Add([]byte("\x56\x56\x00\x32\x0C\x00\x0A\x00\x00\x00\x00\x00\x00\x10\x00\x00\x0A"), uint8(1))
	f.Add([]byte("\x56\x00\x24\xFF\x56\x00\x11\x01"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, part uint8) {
		var whole, cut parser
		want := whole.feed(in)
		var got []frame
		for rest := in; len(rest) > 0; {
			n := min(int(part)+1, len(rest))
			got = append(got, cut.feed(rest[:n])...)
			rest = rest[n:]
		}
		if len(got) != len(want) {
			t.Fatalf("in parts %d commands, at once %d", len(got), len(want))
		}
		for i := range got {
			if got[i].cmd != want[i].cmd || got[i].number != want[i].number || !bytes.Equal(got[i].data, want[i].data) {
				t.Errorf("command %d in parts %+v, at once %+v", i, got[i], want[i])
			}
			if len(got[i].data) > vc0706.MaxData {
				t.Errorf("command %+v has too much data", got[i])
			}
			// Must not panic, whatever the command.
			c := New(Options{})
			c.s.restart(true, 0)
			c.s.resolution = 0x22
			if n, known := dataLength(got[i]); known && n == len(got[i].data) {
				c.change(got[i])
			}
		}
		if len(cut.buf) > frameHead+vc0706.MaxData {
			t.Errorf("the parser keeps %d bytes", len(cut.buf))
		}
	})
}
