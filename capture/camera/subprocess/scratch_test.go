package subprocess_test

import (
	"os"
	"path/filepath"
	"testing"

	"fieldcam/capture/camera/subprocess"
)

func TestScratchIsPrivateAndLeavesNothing(t *testing.T) {
	root := t.TempDir()
	old := filepath.Join(root, "camera", "run-of-before", "huge.jpg")
	if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, []byte("x"), 0o444); err != nil {
		t.Fatal(err)
	}
	s := subprocess.NewScratch(root, "camera")
	seen := map[string]bool{}
	for range 3 {
		dir, err := s.Make()
		if err != nil || seen[dir] {
			t.Fatalf("Make: %q, %v; want another directory each time", dir, err)
		}
		seen[dir] = true
		if _, err := os.Stat(old); !os.IsNotExist(err) {
			t.Errorf("what an earlier run left: %v, want it gone", err)
		}
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("Stat: %v, %v; want mode 0700", info.Mode(), err)
		}
		if err := os.WriteFile(filepath.Join(dir, "picture.jpg"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v; want nothing", left, err)
	}
	if _, err := s.Make(); err != nil {
		t.Errorf("Make after Remove: %v", err)
	}
}
