// Package statefile keeps small files that must survive a power cut.
//
// Promises: Replace leaves the old file or the new one, never a part; when it
// returns nil the new one is durable. Read reads no more than it was told. What
// can't be used is set aside, not deleted: somebody may want to look at it.
//
// Out of scope: what is in the files, and a change of many at once.
package statefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	// partExt is added to the name of a file that is being written, and asideExt to
	// that of one which can't be used.
	partExt  = ".part"
	asideExt = ".damaged"
)

// Replace writes data under another name, fsyncs it, renames it to name, and
// fsyncs the directory. One goroutine may do so for a name. It fails with an error
// of package os.
func Replace(name string, data []byte) error {
	f, err := os.OpenFile(name+partExt, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
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
	if err := os.Rename(name+partExt, name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Read reads a file of at most limit bytes; a larger one is an error. Where there
// is none the error is fs.ErrNotExist.
func Read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("read %s: more than %d bytes", filepath.Base(name), limit)
	}
	return data, nil
}

// SetAside renames a file that can't be used, to its name with ".damaged" at the
// end; one that was set aside before makes room.
func SetAside(name string) error { return os.Rename(name, name+asideExt) }
