package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// diskPhotos is enough for what the file system writes once to vanish beside
	// the photos.
	diskPhotos = 60
	// imageBytes is the card's size; the file is sparse.
	imageBytes = 1 << 30
	// diskReach is what a card may be worn by, over the photo itself.
	diskReach = 1.02
)

func diskFigure() figure {
	return figure{
		name: "disk-bytes", unit: "ratio", reach: atMost(diskReach), measure: disk,
		what: "bytes to the disk per byte of photo (5 MB)",
	}
}

// disk fills two fresh file systems: by the queue, and by bare files.
func disk(ctx context.Context, l *lab) (outcome, error) {
	found, err := onImages(ctx, l)
	how := "ext4 on a loop device, its own counters, mount and unmount included"
	var unavailable unavailableError
	if errors.As(err, &unavailable) {
		how = fmt.Sprintf("write_bytes of the process, without the journal, because: %v", unavailable.why)
		found, err = inPlace(ctx, l)
	}
	if err != nil {
		return outcome{}, err
	}
	ratio := func(w written) float64 { return float64(w.Bytes) / (diskPhotos * photoBytes) }
	flushes := func(w written) string { return number(float64(w.Flushes) / diskPhotos) }
	return outcome{
		value:  ratio(found[0]),
		beside: fmt.Sprintf("floor %s: write, fdatasync", number(ratio(found[1]))),
		more: []row{
			{"flushes of the device's cache per photo", flushes(found[0]), "floor " + flushes(found[1])},
			{fmt.Sprintf("%d photos", diskPhotos), "", how},
		},
	}, nil
}

// diskOrder asks for a file system to be filled.
type diskOrder struct {
	Image string // of a file system to mount; empty: Dir is used as it is
	Dir   string
	Bare  bool // as bare files, in place of the queue
}

// onImages measures on loop devices.
func onImages(ctx context.Context, l *lab) (found [2]written, err error) {
	for i, bare := range []bool{false, true} {
		o := diskOrder{Bare: bare}
		if o.Dir, err = l.room("disk", fmt.Sprint("mount", i)); err != nil {
			return found, err
		}
		o.Image = o.Dir + ".ext4"
		if err := makeImage(ctx, o.Image); err != nil {
			return found, err
		}
		// Its mounts are its own, and end with it.
		found[i], err = call[written](ctx, l, partDisk, o, &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS})
		if errors.Is(err, os.ErrPermission) {
			err = unavailableError{fmt.Errorf("mount image: %w", err)}
		}
		if err = errors.Join(err, os.Remove(o.Image)); err != nil {
			return found, err
		}
	}
	return found, nil
}

// makeImage makes an ext4 file system in a file, complete: without what the
// kernel would otherwise write in the background after the first mount.
func makeImage(ctx context.Context, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(imageBytes), f.Close()); err != nil {
		return err
	}
	program, err := findTool("mkfs.ext4")
	if err != nil {
		return unavailableError{err}
	}
	out, err := exec.CommandContext(ctx, program, "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make file system: %w: %s", err, out)
	}
	return nil
}

// findTool finds a program also where Debian keeps root's from other users.
func findTool(name string) (string, error) {
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

// inPlace measures on the file system that there is.
func inPlace(ctx context.Context, l *lab) (found [2]written, err error) {
	for i, bare := range []bool{false, true} {
		o := diskOrder{Bare: bare}
		if o.Dir, err = l.room("disk", fmt.Sprint("plain", i)); err != nil {
			return found, err
		}
		if found[i], err = call[written](ctx, l, partDisk, o, nil); err != nil {
			return found, err
		}
		if err := os.RemoveAll(o.Dir); err != nil {
			return found, err
		}
	}
	return found, nil
}
