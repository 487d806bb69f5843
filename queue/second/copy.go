package second

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// pieceBytes is how much is copied between two looks at Busy: 10 ms of a card.
const pieceBytes = 256 << 10

// cardError says that a photo could not be read from the card, so that the disk
// is not to blame.
type cardError struct{ err error }

func (e *cardError) Error() string { return "read from the card: " + e.err.Error() }
func (e *cardError) Unwrap() error { return e.err }

// sidecar is what lies beside a copy.
type sidecar struct {
	photo.Meta
	// Source is the queue that it was copied from; see Options.Dir.
	Source string `json:"source"`
}

// place is where the copy of m is, below the root: its directory, and its name
// there without extension. m may be of a damaged index.
func place(m photo.Meta) (dir, base string, err error) {
	if err := photo.CheckDevice(m.Device); err != nil {
		return "", "", fmt.Errorf("device %.70q: %w", m.Device, err)
	}
	if _, err := photo.ParseID(string(m.ID)); err != nil {
		return "", "", err
	}
	if err := spool.CheckFormat(m.Format); err != nil {
		return "", "", err
	}
	return path.Join(topDir, m.Device, m.ID.Time().Format(dayLayout)), string(m.ID), nil
}

// copy copies one photo, and returns nil only when the copy is whole, checked
// and durable. The error is a *cardError where the disk is not to blame.
func (w *Worker) copy(ctx context.Context, m photo.Meta) error {
	if err := w.quiet(ctx); err != nil {
		return err
	}
	dir, base, err := place(m)
	if err != nil {
		return &cardError{err}
	}
	d, err := w.open()
	if err == nil && d.mark.Disk != w.State().Disk {
		d.Close()
		err = fmt.Errorf("%w: another disk took its place", ErrAbsent)
	}
	if err != nil {
		return fmt.Errorf("second copy: %w", err)
	}
	defer d.Close()
	err = d.copy(ctx, m, dir, base)
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		err = fmt.Errorf("%w: %w", ErrFull, err)
	}
	if err != nil {
		return fmt.Errorf("copy photo %s: %w", m.ID, err)
	}
	return nil
}

func (d *disk) copy(ctx context.Context, m photo.Meta, dir, base string) error {
	name := path.Join(dir, base+"."+m.Format)
	if err := d.check(ctx, name, m); errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged) {
		if err := d.write(ctx, m, dir, name); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	// A copy may be there without all that follows: the queue was not told before
	// the power went.
	if err := d.writeSidecar(m, path.Join(dir, base+sidecarExt)); err != nil {
		return err
	}
	return d.syncDir(dir)
}

// write copies the photo to a file of another name, checks it, and renames it.
func (d *disk) write(ctx context.Context, m photo.Meta, dir, name string) (err error) {
	if err := d.makeRoom(ctx, m.Size+smallBytes); err != nil {
		return err
	}
	if err := d.makeDirs(dir); err != nil {
		return err
	}
	// In the same directory, and a name for each photo: on FAT a rename isn't
	// atomic. Where the power goes within it both names can be left on the same
	// clusters, and to write another photo to the one would spoil the other.
	part := name + partExt
	defer func() {
		if err != nil {
			// Should the disk be gone, it stays until the photo is copied again.
			_ = d.Remove(part)
		}
	}()
	if err := d.fill(ctx, part, m); err != nil {
		return err
	}
	if err := d.check(ctx, part, m); err != nil {
		return err
	}
	if err := d.w.o.Fault(StepName); err != nil {
		return fmt.Errorf("%s: %w", StepName, err)
	}
	return d.Rename(part, name)
}

// fill writes the photo from the card to the file, and fsyncs it.
func (d *disk) fill(ctx context.Context, name string, m photo.Meta) error {
	from, err := d.w.o.Queue.Open(m)
	if err != nil {
		return &cardError{err}
	}
	defer from.Close()
	if err := d.w.o.Fault(StepCreate); err != nil {
		return fmt.Errorf("%s: %w", StepCreate, err)
	}
	to, err := d.Create(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	size, err := d.pieces(ctx, func(buf []byte) (int, error) {
		n, err := io.ReadFull(from, buf)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, &cardError{err}
		}
		sum.Write(buf[:n])
		if fault := d.w.o.Fault(StepWrite); fault != nil {
			return 0, fmt.Errorf("%s: %w", StepWrite, fault)
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return 0, err
		}
		return n, err
	})
	if err == nil {
		if err = d.w.o.Fault(StepSync); err != nil {
			err = fmt.Errorf("%s: %w", StepSync, err)
		} else {
			err = to.Sync()
		}
	}
	if err == nil {
		if got := hex.EncodeToString(sum.Sum(nil)); got != m.SHA256 || size != m.Size {
			err = &cardError{fmt.Errorf("%d bytes, SHA-256 %s, want %d and %s", size, got, m.Size, m.SHA256)}
		}
	}
	return errors.Join(err, to.Close())
}

// pieces calls one for piece after piece, when nothing is busy, until it returns
// an error: io.EOF and io.ErrUnexpectedEOF are the end.
func (d *disk) pieces(ctx context.Context, one func(buf []byte) (int, error)) (size int64, err error) {
	buf := make([]byte, pieceBytes)
	for {
		if err := d.w.quiet(ctx); err != nil {
			return size, err
		}
		n, err := one(buf)
		size += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

// check reads the file from the disk and compares it with m: nil, or an error
// that wraps ErrDamaged or fs.ErrNotExist, or the system's.
func (d *disk) check(ctx context.Context, name string, m photo.Meta) error {
	f, err := d.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() || info.Size() != m.Size {
		return fmt.Errorf("%w: %s has %d bytes, want %d", ErrDamaged, name, info.Size(), m.Size)
	}
	if err := d.w.o.Fault(StepCheck); err != nil {
		return fmt.Errorf("%s: %w", StepCheck, err)
	}
	forget(f)
	sum := sha256.New()
	_, err = d.pieces(ctx, func(buf []byte) (int, error) {
		n, err := io.ReadFull(f, buf)
		sum.Write(buf[:n])
		return n, err
	})
	if err != nil {
		return err
	}
	forget(f) // the copy won't be read soon, and the memory has better uses
	if got := hex.EncodeToString(sum.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("%w: %s reads back with SHA-256 %s, want %s", ErrDamaged, name, got, m.SHA256)
	}
	return nil
}

// forget drops the file from the page cache, so that it is read from the disk
// and not from memory. That works for pages that are written already
// (posix_fadvise(2)), so after fsync. It is a hint: where it fails, the check
// sees less.
func forget(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// writeSidecar puts the metadata beside the copy, where it isn't there.
func (d *disk) writeSidecar(m photo.Meta, name string) error {
	data, err := json.MarshalIndent(sidecar{m, d.w.source}, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if old, err := d.readSmall(name); err == nil && string(old) == string(data) {
		return nil
	}
	return d.writeSmall(name, data, StepSidecar)
}
