package second

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// deleteAhead is how many copies are deleted at once where there is no room:
// finding the oldest costs more than deleting them.
const deleteAhead = 32

// space asks the system.
func space(root *os.File) (free, total uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(root.Fd()), &st); err != nil {
		return 0, 0, os.NewSyscallError("fstatfs", err)
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// space is the disk's, which it notes.
func (d *disk) space() (free, total uint64, err error) {
	f, err := d.Open(".")
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if free, total, err = d.w.o.Space(f); err != nil {
		return 0, 0, fmt.Errorf("free space of the disk: %w", err)
	}
	d.w.update(func(s *State) { s.FreeBytes, s.TotalBytes = free, total })
	return free, total, nil
}

// makeRoom deletes copies where there is no room for so many bytes. The error
// wraps ErrFull where none may be deleted any more.
func (d *disk) makeRoom(ctx context.Context, bytes int64) error {
	for {
		free, total, err := d.space()
		if err != nil {
			return err
		}
		keep := total / 100 * uint64(d.w.c.KeepFreePercent)
		switch need := keep + uint64(bytes); {
		case free >= need:
			return nil
		case total < need: // no deletion can help
			return fmt.Errorf("%w: it has %d bytes, and %d are needed", ErrFull, total, need)
		}
		// What the queue is told it has must be there when it is told.
		if err := d.w.tell(); err != nil {
			return err
		}
		n, err := d.deleteOldest(ctx)
		d.w.update(func(s *State) { s.Deleted += n })
		if err != nil {
			return fmt.Errorf("delete old copies: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("%w: no copy is left that the cloud has", ErrFull)
		}
	}
}

// deleteOldest deletes some of the oldest copies that may be deleted, and
// returns how many.
func (d *disk) deleteOldest(ctx context.Context) (deleted int, err error) {
	if d.w.offered != d.mark.Disk { // what the queue says may be of other photos
		return 0, nil
	}
	top := path.Join(topDir, d.w.o.Device)
	days, err := d.names(top)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, day := range days { // their names sort by time, and so do the photos'
		if _, err := time.Parse(dayLayout, day); err != nil {
			continue
		}
		n, err := d.deleteOf(ctx, path.Join(top, day), deleteAhead-deleted)
		if deleted += n; err != nil || deleted >= deleteAhead {
			return deleted, err
		}
	}
	return deleted, nil
}

// deleteOf deletes at most limit copies of one day, and the day when it is empty.
func (d *disk) deleteOf(ctx context.Context, dir string, limit int) (deleted int, err error) {
	names, err := d.names(dir)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if err := d.w.quiet(ctx); err != nil {
			return deleted, err
		}
		if !d.deletable(dir, name) {
			continue
		}
		if err := d.delete(dir, name); err != nil {
			return deleted, err
		}
		if deleted++; deleted >= limit {
			break
		}
	}
	if deleted == 0 {
		return 0, nil
	}
	if err := d.syncDir(dir); err != nil {
		return deleted, err
	}
	_ = d.Remove(dir) // it fails where the day still has something
	return deleted, nil
}

// deletable tells whether the file is a copy that may be deleted: one that the
// cloud has, and that came from this queue. Of others' files it knows nothing,
// and so they stay.
func (d *disk) deletable(dir, name string) bool {
	base, ext, _ := strings.Cut(name, ".")
	id, err := photo.ParseID(base)
	if err != nil || spool.CheckFormat(ext) != nil {
		return false
	}
	if !d.w.o.Queue.Has(photo.Meta{ID: id, Device: d.w.o.Device}) {
		return false
	}
	var s sidecar
	data, err := d.readSmall(path.Join(dir, base+sidecarExt))
	return err == nil && json.Unmarshal(data, &s) == nil &&
		s.ID == id && s.Device == d.w.o.Device && s.Source == d.w.source
}

// delete deletes a copy, and its metadata after it: should the disk go in
// between, what stays for ever are some hundred bytes, and not a photo.
func (d *disk) delete(dir, name string) error {
	if err := d.w.o.Fault(StepDelete); err != nil {
		return fmt.Errorf("%s: %w", StepDelete, err)
	}
	if err := d.Remove(path.Join(dir, name)); err != nil {
		return err
	}
	base, _, _ := strings.Cut(name, ".")
	return d.Remove(path.Join(dir, base+sidecarExt))
}
