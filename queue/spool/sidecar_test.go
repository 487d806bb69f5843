package spool

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

// No file system without user attributes is at hand everywhere, so this test
// reaches for the field that Open found out.
func TestSidecarModeSurvivesPowerCutAtEveryStep(t *testing.T) {
	off := errors.New("the power is off")
	for _, step := range []string{StepShard, StepCreate, StepWrite, StepMeta, StepName, StepSync, StepDirSync, "never"} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			cut := false
			s, err := Open(Options{Dir: filepath.Join(dir, "spool"), Aside: filepath.Join(dir, "damaged"), Fault: func(at string) error {
				if cut = cut || at == step; cut {
					return off
				}
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			s.xattrs = false
			taken := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
			m := photo.Meta{ID: photo.NewID(taken, 5), Device: "cam", Slot: taken, Taken: taken, Trigger: photo.Manual,
				Exposure: photo.Exposure{Format: "jpg"}}
			w, err := s.Create(m.ID, "tmp") // StepName is met only where the camera surprises
			if err == nil {
				w.Write([]byte("picture"))
				if m, err = w.Commit(m); err != nil {
					w.Abort()
				}
			}
			if cut != errors.Is(err, off) {
				t.Errorf("cut: %t, error %v", cut, err)
			}
			photos := 0
			s.Scan(0, func(e Entry) error {
				if e.Kind != Photo {
					return nil
				}
				got, err := s.Meta(e.Name)
				if errors.Is(err, ErrUnfinished) {
					return nil
				}
				photos++
				if err != nil || got.SHA256 == "" || !cut && got != m {
					t.Errorf("Meta(%s) = %+v, %v: a photo with metadata must be whole", e.Name, got, err)
				}
				return nil
			})
			if !cut && photos != 1 {
				t.Errorf("%d photos, want 1", photos)
			}
			if cut {
				return
			}
			if err := s.Remove(Name(m)); err != nil {
				t.Error(err)
			}
			s.Scan(0, func(e Entry) error { t.Errorf("%s is left after Remove", e.Name); return nil })
			if _, err := s.Size(m); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Size = %v, want %v", err, fs.ErrNotExist)
			}
		})
	}
}
