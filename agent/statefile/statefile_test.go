package statefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"fieldcam/agent/statefile"
)

func TestReplacedFileIsReadBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	if _, err := statefile.Read(name, 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first: got %v, want fs.ErrNotExist", err)
	}
	for _, want := range []string{"first", "second..", ""} {
		if err := statefile.Replace(name, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := statefile.Read(name, 8); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if all, err := os.ReadDir(filepath.Dir(name)); err != nil || len(all) != 1 {
		t.Errorf("got %v, %v, want no file but the one", all, err)
	}
}

// TestPartOfAPowerCutIsNoHindrance: what it left is written over.
func TestPartOfAPowerCutIsNoHindrance(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	if err := errors.Join(statefile.Replace(name, []byte("old")), os.WriteFile(name+".part", []byte("much longer than it"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := statefile.Read(name, 8); err != nil || string(got) != "old" {
		t.Errorf("after the cut: got %q, %v, want the old one", got, err)
	}
	if err := statefile.Replace(name, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := statefile.Read(name, 8); err != nil || string(got) != "new" {
		t.Errorf("got %q, %v, want the new one", got, err)
	}
}

func TestOldFileStaysWhereTheNewOneCannotBe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	if err := errors.Join(statefile.Replace(name, []byte("old")), os.Mkdir(name+".part", 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := statefile.Replace(name, []byte("new")); err == nil {
		t.Error("got no error where the part can't be written")
	}
	if got, err := statefile.Read(name, 8); err != nil || string(got) != "old" {
		t.Errorf("got %q, %v, want the old one", got, err)
	}
}

func TestTooLargeFileIsNotReadWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(name, make([]byte, 9), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := statefile.Read(name, 8); err == nil {
		t.Errorf("got %d bytes, want an error", len(got))
	}
}

func TestSetAsideKeepsTheLastOne(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	for _, bad := range []string{"first", "second"} {
		if err := errors.Join(statefile.Replace(name, []byte(bad)), statefile.SetAside(name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name + ".damaged"); err != nil || string(got) != "second" {
		t.Errorf("got %q, %v, want the second", got, err)
	}
	if _, err := statefile.Read(name, 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want no file", err)
	}
}
