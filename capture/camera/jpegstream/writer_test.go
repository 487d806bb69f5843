package jpegstream_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"fieldcam/capture/camera/jpegstream"
)

// tiny is a JPEG's skeleton: a start, a segment, picture data with a stuffed FF,
// a restart, an FF D9 that is none because it lies in the segment, the end.
const tiny = "\xFF\xD8\xFF\xFE\x00\x06..\xFF\xD9\xFF\xDA\x00\x02ab\xFF\x00cd\xFF\xD0ef\xFF\xFF\xD9"

func TestJPEGEndsAtItsEnd(t *testing.T) {
	for _, padding := range []string{"", "\x00\x00\x00", "\xFF\xD9\xFF\xD8", strings.Repeat("\xFF", 100)} {
		for part := 1; part < 8; part++ {
			var b bytes.Buffer
			j := jpegstream.New(&b)
			in := tiny + padding
			for len(in) > 0 {
				n := min(part, len(in))
				if _, err := j.Write([]byte(in[:n])); err != nil {
					t.Fatalf("padding % X: %v", padding, err)
				}
				in = in[n:]
			}
			if b.String() != tiny || !j.Ended() {
				t.Errorf("padding % X: passed on % X, ended %v, want % X, true", padding, b.Bytes(), j.Ended(), tiny)
			}
		}
	}
}

func TestBrokenJPEGsAreErrors(t *testing.T) {
	for in, want := range map[string]string{
		"JFIF":                             "byte 0: want FF D8, got 4A",
		"\xFF\xD9":                         "byte 1: want FF D8, got FF D9",
		"\xFF\xD8\x00":                     "want a marker",
		"\xFF\xD8\xFF\xFE\x00\x01":         "want a length of 2 or more, got 1",
		"\xFF\xD8\xFF\xD9":                 "want picture data",
		"\xFF\xD8\xFF\xDA\x00\x02\xFF\xD8": "want a segment or the end, got FF D8",
	} {
		j := jpegstream.New(io.Discard)
		if _, err := j.Write([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("% X: %v, want an error with %q", in, err, want)
		}
	}
	j := jpegstream.New(io.Discard)
	if _, err := j.Write([]byte(tiny[:len(tiny)-1])); err != nil || j.Ended() {
		t.Errorf("a JPEG without its last byte: %v, ended %v, want nil, false", err, j.Ended())
	}
}

// FuzzWriter: whatever arrives, and however it is cut into parts, the same is passed
// on: a beginning of it, and no more than a JPEG's end.
func FuzzWriter(f *testing.F) {
	f.Add([]byte(tiny+"\xFF\xFF"), uint8(3))
	f.Add([]byte("\xFF\xD8\xFF\xE0\x00\x10JFIF"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, part uint8) {
		var whole, cut bytes.Buffer
		a, b := jpegstream.New(&whole), jpegstream.New(&cut)
		_, aerr := a.Write(in)
		var berr error
		for rest := in; len(rest) > 0 && berr == nil; {
			n := min(int(part)+1, len(rest))
			_, berr = b.Write(rest[:n])
			rest = rest[n:]
		}
		if (aerr == nil) != (berr == nil) || a.Ended() != b.Ended() || aerr == nil && !bytes.Equal(whole.Bytes(), cut.Bytes()) {
			t.Errorf("at once %d bytes (%v, ended %v), in parts of %d %d (%v, ended %v)", whole.Len(), aerr, a.Ended(), part+1, cut.Len(), berr, b.Ended())
		}
		if !bytes.HasPrefix(in, cut.Bytes()) || a.Ended() && !bytes.HasSuffix(whole.Bytes(), []byte{0xFF, 0xD9}) {
			t.Errorf("passed on % X of % X", cut.Bytes(), in)
		}
	})
}
