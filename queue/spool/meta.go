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
	urlAttribute  = "user.fieldcam.upload"
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

func encodeMeta(m photo.Meta) ([]byte, error) {
	data, err := json.Marshal(m)
	if err == nil && len(data) > metaLimit {
		err = fmt.Errorf("metadata of %d bytes: want at most %d", len(data), metaLimit)
	}
	return data, err
}

// attach writes m as the metadata of f, which is to be called name.
func (s *Spool) attach(f *os.File, name string, m photo.Meta) error {
	data, err := encodeMeta(m)
	if err != nil {
		return err
	}
	if s.xattrs {
		return os.NewSyscallError("fsetxattr", unix.Fsetxattr(int(f.Fd()), metaAttribute, data, 0))
	}
	return writeSidecar(s.shardPath(name)+sidecarExt, data)
}

// writeSidecar creates a small file, durably but for its name.
func writeSidecar(path string, data []byte) error {
	c, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = c.Write(data)
	if err == nil {
		err = c.Sync()
	}
	return errors.Join(err, c.Close())
}

// ErrUnfinished is wrapped, beside ErrDamaged, by Meta's error about a file
// without metadata: a photo that was not committed, or that has lost it.
var ErrUnfinished = errors.New("it has no metadata")

// Meta reads the metadata of the photo called name. The error wraps ErrDamaged
// where there is none or where it is not of that photo, fs.ErrNotExist where
// there is no such file.
func (s *Spool) Meta(name string) (photo.Meta, error) {
	path := s.Path(name)
	data := make([]byte, metaLimit)
	n, err := unix.Getxattr(path, metaAttribute, data)
	switch {
	case err == nil:
		data = data[:n]
	case errors.Is(err, unix.ENOENT):
		return photo.Meta{}, fmt.Errorf("read metadata of %s: %w", name, err)
	default:
		own := err
		data, err = readSmall(path+sidecarExt, metaLimit)
		switch {
		case !errors.Is(err, fs.ErrNotExist):
		case errors.Is(own, unix.EIO), errors.Is(own, unix.EACCES), errors.Is(own, unix.EPERM):
			err = os.NewSyscallError("getxattr", own) // it may have some
		default:
			err = fmt.Errorf("%w: %w", ErrDamaged, ErrUnfinished)
		}
		if err != nil {
			return photo.Meta{}, fmt.Errorf("read metadata of %s: %w", name, err)
		}
	}
	m, err := DecodeMeta(data)
	if err == nil && Name(m) != name {
		err = fmt.Errorf("%w: it is of %s.%s", ErrDamaged, m.ID, m.Format)
	}
	if err != nil {
		return photo.Meta{}, fmt.Errorf("read metadata of %s: %w", name, err)
	}
	return m, nil
}

// readSmall reads a file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// Attach writes m anew as the metadata of its photo, which has lost it. Until the
// file system next writes, a power cut brings back what was there before.
func (s *Spool) Attach(m photo.Meta) error {
	if err := s.reattach(Name(m), m); err != nil {
		return fmt.Errorf("attach metadata: %w", err)
	}
	return nil
}

// reattach puts a new sidecar into the place of the old one: between its removal
// and another, the photo would have none.
func (s *Spool) reattach(name string, m photo.Meta) error {
	path := s.Path(name)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.xattrs {
		return s.attach(f, name, m)
	}
	data, err := encodeMeta(m)
	if err != nil {
		return err
	}
	temporary := path + sidecarExt + temporaryExt
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a power cut
		return err
	}
	if err := writeSidecar(temporary, data); err != nil {
		return err
	}
	return os.Rename(temporary, path+sidecarExt)
}

// URLBytes bounds an upload URL, as usual servers do; with the metadata it fits
// one block of attributes.
const URLBytes = 2048

// UploadURL is what SetUploadURL left with the photo called name; empty where
// there is nothing.
func (s *Spool) UploadURL(name string) string {
	path := s.Path(name)
	data := make([]byte, URLBytes)
	n, err := unix.Getxattr(path, urlAttribute, data)
	if err == nil {
		return string(data[:n])
	}
	if data, err = readSmall(path+urlExt, URLBytes); err == nil {
		return string(data)
	}
	return ""
}

// SetUploadURL remembers with the photo where its upload goes on; empty forgets
// it. It waits for no disk: what a power cut takes, some seconds' worth, costs as
// many seconds of sending again.
func (s *Spool) SetUploadURL(name, url string) error {
	path := s.Path(name)
	var err error
	switch {
	case len(url) > URLBytes:
		err = fmt.Errorf("%d bytes: want at most %d", len(url), URLBytes)
	case s.xattrs && url != "":
		err = os.NewSyscallError("setxattr", unix.Setxattr(path, urlAttribute, []byte(url), 0))
	case s.xattrs:
		if err = unix.Removexattr(path, urlAttribute); errors.Is(err, unix.ENODATA) {
			err = nil
		}
	case url != "":
		err = os.WriteFile(path+urlExt, []byte(url), 0o644)
	default:
		if err = os.Remove(path + urlExt); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("remember upload URL: %w", err)
	}
	return nil
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
	case m.Size < 1 || m.Size > MaxBytes:
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
