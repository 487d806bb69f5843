package spool

import (
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

// Nobody writes 4 GiB in a test, so this one says that they were written.
func TestPictureAbove4GiBIsRefused(t *testing.T) {
	dir := t.TempDir()
	for size, want := range map[int64]bool{MaxBytes: true, MaxBytes + 1: false, 1 << 40: false} {
		s, err := Open(Options{Dir: filepath.Join(dir, "spool"), Aside: filepath.Join(dir, "damaged")})
		if err != nil {
			t.Fatal(err)
		}
		taken := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
		m := photo.Meta{ID: photo.NewID(taken, 5), Device: "cam", Slot: taken, Taken: taken, Trigger: photo.Manual,
			Exposure: photo.Exposure{Format: "jpg"}}
		w, err := s.Create(m.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("picture"))
		w.size = size - 7
		if _, err := w.Commit(m); (err == nil) != want {
			t.Errorf("Commit of %d bytes = %v, want it taken: %t", size, err, want)
		}
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	}
}
