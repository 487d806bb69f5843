//go:build e2e

package e2e_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// spool is the directory of the first 999 photos, which is more than any test
// takes.
func (r *rig) spool() string { return filepath.Join(r.StateDir(), "spool", "00000000000000000") }

// inSpool lists the photos' files, ascending: those that are whole, as their
// metadata says, and those that are not, or not yet.
func (r *rig) inSpool() (whole, half []string) {
	r.Helper()
	dir, err := os.ReadDir(r.spool())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.Fatal(err)
	}
	for _, e := range dir {
		switch {
		case filepath.Ext(e.Name()) != ".jpg":
			continue
		case r.isWhole(e.Name()):
			whole = append(whole, e.Name())
		default:
			half = append(half, e.Name())
		}
	}
	return whole, half
}

// isWhole tells whether the photo has its metadata: in its attribute, or beside it
// where the file system has none.
func (r *rig) isWhole(name string) bool {
	path := filepath.Join(r.spool(), name)
	if n, err := unix.Getxattr(path, "user.fieldcam.meta", nil); err == nil && n > 0 {
		return true
	}
	_, err := os.Stat(path + ".json")
	return err == nil
}

// newestWhole is the name of the newest photo that is whole; empty where there is
// none.
func (r *rig) newestWhole() string {
	dir, err := os.ReadDir(r.spool())
	if err != nil {
		return ""
	}
	for _, e := range slices.Backward(dir) {
		if filepath.Ext(e.Name()) == ".jpg" && r.isWhole(e.Name()) {
			return e.Name()
		}
	}
	return ""
}
