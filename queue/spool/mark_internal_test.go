package spool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

func TestTheMarkSurvivesItsProcess(t *testing.T) {
	for _, xattrs := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "spool")
		for _, c := range []struct{ mark, want uint64 }{{3, 3}, {2, 3}, {4000, 4000}, {0, 4000}} {
			s, err := Open(Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			s.xattrs = s.xattrs && xattrs
			if err := s.Mark(c.mark); err != nil {
				t.Fatal(err)
			}
			again, err := Open(Options{Dir: dir})
			if err != nil || again.Marked() != c.want {
				t.Errorf("Marked after Mark(%d) = %d, %v, want %d", c.mark, again.Marked(), err, c.want)
			}
			if err := again.Scan(0, func(e Entry) error { t.Errorf("%s is in the spool", e.Name); return nil }); err != nil {
				t.Error(err)
			}
		}
	}
}

// The sidecar of a photo of the first release, in the spool's own directory, is
// written anew where it is; what a power cut left of an earlier try doesn't matter.
func TestASidecarIsReplacedWhereItIs(t *testing.T) {
	dir := t.TempDir()
	taken := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
	id := photo.NewID(taken, 5)
	m := photo.Meta{ID: id, Device: "cam", Slot: taken, Taken: taken, Trigger: photo.Manual, Size: 7,
		SHA256: strings.Repeat("ab", 32), Exposure: photo.Exposure{Format: "jpg"}}
	path := filepath.Join(dir, Name(m))
	for name, text := range map[string]string{path: "picture", path + sidecarExt: "damaged", path + sidecarExt + temporaryExt: "half"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.xattrs = false
	if err := s.Attach(m); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Meta(Name(m)); err != nil || got != m {
		t.Errorf("Meta = %+v, %v, want %+v", got, err, m)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 2 {
		t.Errorf("in the directory are %v, %v, want photo and sidecar", names, err)
	}
	if err := os.WriteFile(path+sidecarExt+temporaryExt, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Scan(0, func(e Entry) error {
		if e.Kind == Foreign {
			t.Errorf("%s is foreign", e.Name)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := s.Remove(Name(m)); err != nil {
		t.Error(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("after Remove there are %v, %v, want nothing", names, err)
	}
}
