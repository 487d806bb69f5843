package blockdev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// MakeImage makes an ext4 file system in a sparse file of that size, complete:
// without what the kernel would otherwise write in the background after the
// first mount. options are further ones of mkfs.ext4.
func MakeImage(ctx context.Context, path string, bytes int64, options ...string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(bytes), f.Close()); err != nil {
		return err
	}
	program, err := FindTool("mkfs.ext4")
	if err != nil {
		return figure.UnavailableError{Why: err}
	}
	args := append([]string{"-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"}, options...)
	out, err := exec.CommandContext(ctx, program, append(args, path)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make file system: %w: %s", err, out)
	}
	return nil
}

// FindTool finds a program also where Debian keeps root's from other users.
func FindTool(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", err
}
