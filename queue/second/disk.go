package second

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
)

// The names of the layout; see the package's comment. Names below a root are
// with slashes.
const (
	topDir     = "fieldcam"
	markFile   = topDir + "/disk.json"
	partExt    = ".part" // of what is being written
	sidecarExt = ".json"
	dayLayout  = "2006-01-02"
)

// smallBytes bounds the mark and the sidecars, which have some hundred bytes.
const smallBytes = 16 << 10

// disk is the mounted disk, in use. While it is open the disk can't be
// unmounted, so it is closed after each photo.
type disk struct {
	*os.Root
	w    *Worker
	mark mark
}

// mark is the content of the file that says whose disk it is.
type mark struct {
	Version int    `json:"v"`
	Disk    string `json:"disk"`   // its own name, random
	Device  string `json:"device"` // the controller that took it into use
}

const markVersion = 1

// open opens the disk at the mount point. The error wraps ErrAbsent or
// ErrForeign where that is why. A disk that has no mark yet has none in the
// result, whose mark.Disk is empty.
func (w *Worker) open() (*disk, error) {
	// A mount point may be named by a symbolic link; its parent is then another.
	dir, err := filepath.EvalSymlinks(w.c.Mount)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	d := &disk{Root: root, w: w}
	if err := d.identify(dir); err != nil {
		root.Close()
		return nil, err
	}
	return d, nil
}

// identify checks that the root, as it was opened, is of a mounted disk, and
// reads its mark. Had the disk gone before the root was opened, the root would be
// the card's; one that goes later takes the handle with it.
func (d *disk) identify(dir string) error {
	self, err := d.Stat(".")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	parent, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if !d.w.o.Mounted(self, parent) {
		return fmt.Errorf("%w at %s", ErrAbsent, d.w.c.Mount)
	}
	data, err := d.readSmall(markFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read the disk's mark: %w", err)
	}
	var m mark
	if err := json.Unmarshal(data, &m); err != nil || m.Version < 1 || m.Disk == "" || photo.CheckDevice(m.Device) != nil {
		if d.w.c.Adopt {
			return nil // it gets a new one
		}
		return fmt.Errorf("%w: %s is damaged", ErrForeign, markFile)
	}
	if m.Version > markVersion {
		return fmt.Errorf("%w: it is of a newer fieldcam (%d)", ErrForeign, m.Version)
	}
	if m.Device != d.w.o.Device && !d.w.c.Adopt {
		return fmt.Errorf("%w: it is of %s", ErrForeign, m.Device)
	}
	d.mark = m
	return nil
}

// otherDevice is the usual Options.Mounted: a directory on another device than
// the one above it is a mount point (stat(2), st_dev). Where a directory of the
// card itself is mounted once more, it is no second copy and does not count.
func otherDevice(dir, parent os.FileInfo) bool {
	a, ok := dir.Sys().(*syscall.Stat_t)
	b, also := parent.Sys().(*syscall.Stat_t)
	return ok && also && a.Dev != b.Dev
}

// present tells whether a disk seems to be mounted, without reading from it.
func (w *Worker) present() bool {
	dir, err := filepath.EvalSymlinks(w.c.Mount)
	if err != nil {
		return false
	}
	self, err := os.Stat(dir)
	parent, also := os.Stat(filepath.Dir(dir))
	return err == nil && also == nil && w.o.Mounted(self, parent)
}

// take marks an empty disk, or any where Config.Adopt allows it, as this
// controller's.
func (d *disk) take() error {
	if !d.w.c.Adopt {
		other, err := d.other()
		if err != nil {
			return err
		}
		if other != "" {
			return fmt.Errorf("%w: it has %q on it, and no mark", ErrForeign, other)
		}
	}
	m := mark{Version: markVersion, Disk: rand.Text(), Device: d.w.o.Device}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := d.makeDirs(topDir); err != nil {
		return err
	}
	if err := d.writeSmall(markFile, data, StepMark); err != nil {
		return err
	}
	if err := d.syncDir(topDir); err != nil {
		return err
	}
	d.mark = m
	d.w.o.Log.Info().Str("disk", m.Disk).Msg("second copy: new disk taken into use")
	return nil
}

// other is the name of something on the disk that is neither of this package
// nor made by formatting it, or by a desktop that it was plugged into.
func (d *disk) other() (string, error) {
	names, err := d.names(".")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		switch name {
		case "lost+found", "System Volume Information", "$RECYCLE.BIN", ".Trashes", ".fseventsd", ".Spotlight-V100":
		case topDir: // a power cut came before its mark was written
			inner, err := d.names(topDir)
			if err != nil {
				return "", err
			}
			for _, name := range inner {
				if name != path.Base(markFile)+partExt {
					return topDir + "/" + name, nil
				}
			}
		default:
			return name, nil
		}
	}
	return "", nil
}

// names lists a directory, in order.
func (d *disk) names(dir string) ([]string, error) {
	f, err := d.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

func (d *disk) readSmall(name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, smallBytes))
}

// writeSmall writes a file under another name, fsyncs and renames it. The
// directory is left to the caller.
func (d *disk) writeSmall(name string, data []byte, step string) error {
	if err := d.w.o.Fault(step); err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	f, err := d.Create(name + partExt)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return d.Rename(name+partExt, name)
}

// makeDirs makes a directory and those above it, each durably.
func (d *disk) makeDirs(dir string) error {
	if _, err := d.Stat(dir); err == nil {
		return nil
	}
	above := path.Dir(dir)
	if above != "." {
		if err := d.makeDirs(above); err != nil {
			return err
		}
	}
	if err := d.w.o.Fault(StepDir); err != nil {
		return fmt.Errorf("%s: %w", StepDir, err)
	}
	if err := d.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.syncDir(above)
}

// syncDir makes the names in a directory durable. File systems in user space
// may have no fsync for directories (EINVAL): there the whole disk is synced.
func (d *disk) syncDir(dir string) error {
	if err := d.w.o.Fault(StepDirSync); err != nil {
		return fmt.Errorf("%s: %w", StepDirSync, err)
	}
	f, err := d.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS) {
		err = os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd())))
	}
	return err
}
