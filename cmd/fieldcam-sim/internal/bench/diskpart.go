package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
)

// measureDisk is the part that fills a file system, and says what that wrote.
func measureDisk(ctx context.Context, o diskOrder) (blockdev.Written, error) {
	fill := fillQueue
	if o.Bare {
		fill = fillBare
	}
	if o.Image == "" {
		return fillAndRead(ctx, o.Dir, func() (blockdev.Written, error) { return blockdev.Read("/proc/self/io", blockdev.ParseIO) }, fill)
	}
	loop, err := blockdev.Attach(o.Image)
	if err != nil {
		return blockdev.Written{}, err
	}
	defer loop.Close() // which also detaches it
	return fillAndRead(ctx, o.Dir, loop.Written, func(ctx context.Context, dir string) error {
		if err := loop.Mount(dir); err != nil {
			return err
		}
		return errors.Join(fill(ctx, dir), unix.Unmount(dir, 0))
	})
}

// fillAndRead fills dir and gives the difference of the counters.
func fillAndRead(ctx context.Context, dir string, counters func() (blockdev.Written, error), fill func(context.Context, string) error) (blockdev.Written, error) {
	before, err := counters()
	if err != nil {
		return blockdev.Written{}, err
	}
	if err := fill(ctx, dir); err != nil {
		return blockdev.Written{}, err
	}
	after, err := counters()
	return after.Since(before), err
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
