package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// measureDisk is the part that fills a file system, and says what that wrote.
func measureDisk(ctx context.Context, o diskOrder) (written, error) {
	fill := fillQueue
	if o.Bare {
		fill = fillBare
	}
	if o.Image == "" {
		return fillAndRead(ctx, o.Dir, "/proc/self/io", parseProcIO, fill)
	}
	device, err := attachLoop(o.Image)
	if err != nil {
		return written{}, unavailableError{fmt.Errorf("attach loop device: %w", err)}
	}
	defer device.Close() // which also detaches it
	stat := filepath.Join("/sys/block", filepath.Base(device.Name()), "stat")
	return fillAndRead(ctx, o.Dir, stat, parseDiskStat, func(ctx context.Context, dir string) error {
		if err := unix.Mount(device.Name(), dir, "ext4", 0, ""); err != nil {
			return unavailableError{fmt.Errorf("mount image: %w", err)}
		}
		return errors.Join(fill(ctx, dir), unix.Unmount(dir, 0))
	})
}

// fillAndRead fills dir and gives the difference of the counters.
func fillAndRead(ctx context.Context, dir, counters string, parse func(string) (written, error), fill func(context.Context, string) error) (written, error) {
	before, err := readWritten(counters, parse)
	if err != nil {
		return written{}, err
	}
	if err := fill(ctx, dir); err != nil {
		return written{}, err
	}
	after, err := readWritten(counters, parse)
	return after.since(before), err
}

// fillQueue adds the photos by the real queue.
func fillQueue(ctx context.Context, dir string) error {
	_, err := enqueue(ctx, enqueueOrder{Dir: filepath.Join(dir, "state"), Photos: diskPhotos, Bytes: photoBytes})
	return err
}

// fillBare writes the same photos as files, each made durable: less would not
// survive a power cut.
func fillBare(ctx context.Context, dir string) error {
	for i := range diskPhotos {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)))
		if err != nil {
			return err
		}
		b := bufio.NewWriterSize(f, 64<<10) // as the spool's
		err = errors.Join(picture(b, byte(i), photoBytes), b.Flush(), unix.Fdatasync(int(f.Fd())), f.Close())
		if err != nil {
			return err
		}
	}
	return nil
}

// loopTries is how often a free loop device is asked for: another process may
// take the one that was named.
const loopTries = 10

// attachLoop makes a block device of a file. It detaches itself once it is
// closed and not mounted.
func attachLoop(image string) (*os.File, error) {
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
