package dcf

import (
	"bytes"
	"testing"
	"time"

	"fieldcam/capture/camera/shutter/shuttersim"
)

// FuzzRead reads what a hostile camera wrote: the reader ends, and finds no end where
// there is none.
func FuzzRead(f *testing.F) {
	at := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
	whole := shuttersim.JPEG(1, at, time.UTC, true)
	for _, b := range [][]byte{whole, whole[:len(whole)/2], shuttersim.RAW(1, at, time.UTC), {}, {0xFF, 0xD8}, bytes.Repeat([]byte{0xFF}, 3000)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Read(bytes.NewReader(b), int64(len(b)), "jpg", time.UTC); err == nil && !bytes.Contains(b, []byte{0xFF, markEnd}) {
			t.Error("a JPEG without an end is whole")
		}
	})
}
