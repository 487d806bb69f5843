package spool

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
)

const (
	metaAttribute = "user.fieldcam.meta"
	// markAttribute on the directory shows that its file system has user
	// attributes; set once, so that a start writes nothing.
	markAttribute = "user.fieldcam.spool"
	// metaLimit bounds the metadata in bytes: ext4 keeps an attribute in one
	// block of 4 KiB. A usual one has 400.
	metaLimit = 4000
)

// hasUserAttributes tells whether dir's file system has user attributes: ext4
// and Btrfs do, FAT does not, tmpfs since Linux 6.6.
func hasUserAttributes(dir string) (bool, error) {
	if n, err := unix.Getxattr(dir, markAttribute, nil); err == nil && n > 0 {
		return true, nil
	}
	err := unix.Setxattr(dir, markAttribute, []byte("1"), 0)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOSYS):
		return false, nil
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return true, nil // it would take the mark, had it room
	}
	return false, fmt.Errorf("set attribute of %s: %w", dir, err)
}

// attach writes m as the metadata of f, which is to be called name.
func (s *Spool) attach(f *os.File, name string, m photo.Meta) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if len(data) > metaLimit {
		return fmt.Errorf("metadata of %d bytes: want at most %d", len(data), metaLimit)
	}
	if s.xattrs {
		return os.NewSyscallError("fsetxattr", unix.Fsetxattr(int(f.Fd()), metaAttribute, data, 0))
	}
	c, err := os.OpenFile(s.Path(name)+sidecarExt, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = c.Write(data)
	if err == nil {
		err = c.Sync()
	}
	return errors.Join(err, c.Close())
}

// Meta reads the metadata of the photo e. The error wraps ErrDamaged where
// there is none or where it is not of that photo.
func (s *Spool) Meta(e Entry) (photo.Meta, error) {
	data := make([]byte, metaLimit)
	n, err := unix.Getxattr(s.Path(e.Name), metaAttribute, data)
	if err == nil {
		data = data[:n]
	} else if data, err = readSidecar(s.Path(e.Name) + sidecarExt); err != nil {
		return photo.Meta{}, fmt.Errorf("read metadata: %w", err)
	}
	m, err := DecodeMeta(data)
	if err == nil && (m.ID != e.ID || Name(m) != e.Name) {
		err = fmt.Errorf("%w: it is of %s.%s", ErrDamaged, m.ID, m.Format)
	}
	if err != nil {
		return photo.Meta{}, fmt.Errorf("read metadata of %s: %w", e.Name, err)
	}
	return m, nil
}

func readSidecar(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: it has no metadata", ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, metaLimit))
}

// DecodeMeta reads a photo's metadata from JSON, which may be damaged: the
// error then wraps ErrDamaged. Members that it doesn't know are left out.
func DecodeMeta(data []byte) (photo.Meta, error) {
	var m photo.Meta
	if err := json.Unmarshal(data, &m); err != nil {
		return photo.Meta{}, fmt.Errorf("%w: metadata: %w", ErrDamaged, err)
	}
	sum, err := hex.DecodeString(m.SHA256)
	switch {
	case err != nil || len(sum) != 32:
		err = fmt.Errorf("SHA-256 %.70q", m.SHA256)
	case m.Size < 1:
		err = fmt.Errorf("size %d", m.Size)
	case m.Trigger != photo.Scheduled && m.Trigger != photo.Manual:
		err = fmt.Errorf("trigger %.20q", m.Trigger)
	default:
		if _, err = photo.ParseID(string(m.ID)); err == nil {
			err = CheckFormat(m.Format)
		}
		if err == nil {
			err = photo.CheckDevice(m.Device)
		}
	}
	if err != nil {
		return photo.Meta{}, fmt.Errorf("%w: metadata: %w", ErrDamaged, err)
	}
	return m, nil
}
