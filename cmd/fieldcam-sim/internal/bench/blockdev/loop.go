package blockdev

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// Loop is a loop device. It detaches itself once it is closed and not mounted,
// also where its process is killed.
type Loop struct{ f *os.File }

// loopTries is how often a free loop device is asked for: another process may
// take the one that was named.
const loopTries = 10

// Attach makes a block device of an image. The caller closes it.
func Attach(image string) (*Loop, error) {
	f, err := attach(image)
	if err != nil {
		return nil, figure.UnavailableError{Why: fmt.Errorf("attach loop device: %w", err)}
	}
	return &Loop{f}, nil
}

func attach(image string) (*os.File, error) {
	file, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the device holds the file itself
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	for try := 1; ; try++ {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, fmt.Errorf("find a free loop device: %w", err)
		}
		device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", n), os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &unix.LoopConfig{
			Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR},
		})
		if err == nil {
			return device, nil
		}
		device.Close()
		if !errors.Is(err, unix.EBUSY) || try == loopTries {
			return nil, fmt.Errorf("configure %s: %w", device.Name(), err)
		}
	}
}

// Close gives the device back.
func (l *Loop) Close() error { return l.f.Close() }

// Mount mounts the image's file system at dir. The caller unmounts it; in a
// mount namespace of its own it ends with that.
func (l *Loop) Mount(dir string) error {
	if err := unix.Mount(l.f.Name(), dir, "ext4", 0, ""); err != nil {
		return figure.UnavailableError{Why: fmt.Errorf("mount image: %w", err)}
	}
	return nil
}

// Stat is the path of the device's counters, for Read and ParseStat.
func (l *Loop) Stat() string { return filepath.Join("/sys/block", filepath.Base(l.f.Name()), "stat") }

// Written reads the device's counters.
func (l *Loop) Written() (Written, error) { return Read(l.Stat(), ParseStat) }
