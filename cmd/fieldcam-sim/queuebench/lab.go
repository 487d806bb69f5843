package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/bench/part"
)

const (
	// memoryDir is a file system in memory on every usual Linux: what is measured
	// is bytes, calls and the processor's time, which no disk beneath changes.
	memoryDir = "/dev/shm"
	// needBytes is what the largest image takes with the photos in it.
	needBytes = 4 << 30
)

// defaultDir is memoryDir where that has room.
func defaultDir() string {
	var s unix.Statfs_t
	if unix.Access(memoryDir, unix.W_OK) == nil && unix.Statfs(memoryDir, &s) == nil && s.Bavail*uint64(s.Bsize) >= needBytes {
		return memoryDir
	}
	return "build"
}

// room is the directory that a run makes and removes: one of its own for each
// process that a person starts, as two can run at once.
func (o options) room() string {
	return filepath.Join(o.dir, fmt.Sprintf("fieldcam-queuebench-%d", o.owner))
}

// lab is where a run works.
type lab struct {
	options
	scale
	self, strace string // strace is empty where there is none
	began        time.Time
	noDevice     error // why there are no loop devices; nil where there are
}

func openLab(ctx context.Context, o options) (*lab, error) {
	l := &lab{options: o, scale: full(), began: time.Now()}
	if o.small {
		l.scale = small()
	}
	var err error
	if l.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	l.strace, _ = blockdev.FindTool("strace") // its figures say that it is missing
	if err := os.RemoveAll(o.room()); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.room(), 0o700); err != nil {
		return nil, err
	}
	trial, err := l.enter(ctx, "trial", trialBytes)
	if err != nil {
		return nil, err
	}
	_, err = trial.leave()
	return l, err
}

// wants tells whether one of the figures is to be measured.
func (l *lab) wants(names ...string) bool {
	return len(l.only) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(l.only, n) })
}

// say reports progress.
func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench-queue: %3.0f s  %s\n", time.Since(l.began).Seconds(), fmt.Sprintf(format, args...))
}

const (
	trialBytes = 64 << 20
	// imageBytes holds all photos of any measurement, twice; images are sparse.
	imageBytes = 6 << 30
)

// room is a place for one store: a file system of its own, or a directory where
// there are no loop devices.
type room struct {
	dir    string
	loop   *blockdev.Loop   // nil for a directory
	before blockdev.Written // of the loop device, before it was mounted
}

// enter makes a room. options are further ones of mkfs.ext4. The caller leaves
// it.
func (l *lab) enter(ctx context.Context, name string, bytes int64, options ...string) (*room, error) {
	r := &room{dir: filepath.Join(l.room(), name)}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, err
	}
	if l.noDevice != nil {
		return r, nil
	}
	err := r.mount(ctx, bytes, options)
	var unavailable figure.UnavailableError
	if errors.As(err, &unavailable) {
		l.noDevice = err
		return &room{dir: r.dir}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("make file system: %w", err)
	}
	return r, nil
}

func (r *room) mount(ctx context.Context, bytes int64, options []string) (err error) {
	image := r.dir + ".ext4"
	if err := blockdev.MakeImage(ctx, image, bytes, options...); err != nil {
		return errors.Join(err, os.Remove(image))
	}
	r.loop, err = blockdev.Attach(image)
	// The device holds the file, which so ends with it.
	if err = errors.Join(err, os.Remove(image)); err != nil {
		return err
	}
	if r.before, err = r.loop.Written(); err == nil {
		err = r.loop.Mount(r.dir)
	}
	if err != nil {
		return errors.Join(err, r.loop.Close())
	}
	return nil
}

// refresh writes all that waits to the device, and forgets what of it is in
// memory.
func (r *room) refresh() error {
	if r.loop == nil {
		return nil
	}
	if err := unix.Unmount(r.dir, 0); err != nil {
		return fmt.Errorf("unmount image: %w", err)
	}
	return r.loop.Mount(r.dir)
}

// fresh says what is in memory after refresh.
func (r *room) fresh() string {
	if r.loop == nil {
		return "not mounted anew"
	}
	return "with nothing in memory"
}

// leave gives the room back, and says what was written to its device from before
// the mount to after the unmount.
func (r *room) leave() (w blockdev.Written, err error) {
	if r.loop == nil {
		return w, os.RemoveAll(r.dir)
	}
	err = unix.Unmount(r.dir, 0)
	if err == nil {
		w, err = r.loop.Written()
	}
	return w.Since(r.before), errors.Join(err, r.loop.Close())
}

// call runs a part as a process of its own.
func call[Found any](ctx context.Context, l *lab, name string, order any) (Found, error) {
	return part.Call[Found](ctx, part.Command{Program: []string{l.self, wordPart}, Progress: os.Stderr}, name, order)
}

// callTraced does so under strace, and gives what it saw of the files in dir.
// Without strace the trace is nil.
func callTraced[Found any](ctx context.Context, l *lab, dir, name string, order any) (found Found, t trace, err error) {
	if l.strace == "" {
		found, err = call[Found](ctx, l, name, order)
		return found, nil, err
	}
	file := filepath.Join(l.room(), "strace")
	c := part.Command{Program: []string{l.self, wordPart}, Wrapper: straceWords(l.strace, file), Progress: os.Stderr}
	if found, err = part.Call[Found](ctx, c, name, order); err != nil {
		return found, nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return found, nil, err
	}
	defer f.Close()
	t, err = readTrace(f, dir)
	return found, t, err
}
