package shutter

import (
	"bytes"
	"testing"
	"time"

	"fieldcam/capture/camera/shutter/shuttersim"
)

// FuzzRead reads what a hostile camera wrote: the readers end, and what they say is
// within bounds.
func FuzzRead(f *testing.F) {
	at := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
	whole := shuttersim.JPEG(1, at, time.UTC, true)
	for _, b := range [][]byte{whole, whole[:len(whole)/2], shuttersim.RAW(1, at, time.UTC), {}, {0xFF, 0xD8}, bytes.Repeat([]byte{0xFF}, 3000)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fromJPEG, err := readJPEG(bytes.NewReader(b), int64(len(b)), time.UTC)
		if err == nil && !bytes.Contains(b, []byte{0xFF, markEnd}) {
			t.Error("a JPEG without an end is whole")
		}
		for _, got := range []tags{fromJPEG, readTIFF(b, time.UTC)} {
			if len(got.model) > maxText || !got.at.IsZero() && (got.at.Year() < -1 || got.at.Year() > 10_000) {
				t.Errorf("%+v", got)
			}
		}
	})
}
