package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fieldcam/capture/photo"
)

// ErrDamaged is wrapped by errors about a photo whose bytes or metadata are not
// what they were when it was committed.
var ErrDamaged = errors.New("photo is damaged")

// Options say where a Spool lives.
type Options struct {
	// Dir holds the photos; it is created where it is missing.
	Dir string
	// Aside receives what SetAside moves; on Dir's file system. It is created
	// when the first file goes there.
	Aside string
	// Fault is asked before each durable step, with its name; on an error the
	// step is not done and the error comes back wrapped. nil: never an error.
	Fault func(step string) error
}

// Spool is a directory of photos. Its methods may be called at once from
// several goroutines. Nobody else may write to the directory.
type Spool struct {
	dir, aside string
	fault      func(step string) error
	handle     *os.File // of dir, for fsync
	xattrs     bool     // dir's file system has user attributes
}

// Open opens the spool, and creates its directory where there is none. The
// caller closes it.
func Open(o Options) (*Spool, error) {
	if err := MakeDir(o.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{dir: o.Dir, aside: o.Aside, fault: o.Fault}
	if s.fault == nil {
		s.fault = func(string) error { return nil }
	}
	var err error
	if s.xattrs, err = hasUserAttributes(o.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if s.handle, err = os.Open(o.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	return s, nil
}

// Close releases the spool. Writers must have ended.
func (s *Spool) Close() error { return s.handle.Close() }

// Path is where the file called name is, or would be.
func (s *Spool) Path(name string) string { return filepath.Join(s.dir, name) }

// Open opens the photo for reading. The error wraps fs.ErrNotExist where there
// is no such file and ErrDamaged where it has not the size in m.
func (s *Spool) Open(m photo.Meta) (*os.File, error) {
	f, err := os.Open(s.Path(Name(m)))
	if err != nil {
		return nil, fmt.Errorf("open photo: %w", err)
	}
	if err := sized(f, m); err != nil {
		f.Close()
		return nil, fmt.Errorf("open photo: %w", err)
	}
	return f, nil
}

// sized tells whether f is a regular file of the size in m.
func sized(f *os.File, m photo.Meta) error {
	st, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return fmt.Errorf("%w: not a regular file", ErrDamaged)
	case st.Size() != m.Size:
		return fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, st.Size(), m.Size)
	}
	return nil
}

// Size is the size of m's file. The error wraps fs.ErrNotExist where there is
// none.
func (s *Spool) Size(m photo.Meta) (int64, error) {
	st, err := os.Lstat(s.Path(Name(m)))
	if err != nil {
		return 0, fmt.Errorf("look at photo: %w", err)
	}
	return st.Size(), nil
}

// readBuffer is the memory that Verify uses: large enough for a card's
// read-ahead, small beside the daemon.
const readBuffer = 64 << 10

// Verify reads the whole photo and compares it with m. The error is that of Open,
// and wraps ErrDamaged too where the photo's bytes differ.
func (s *Spool) Verify(m photo.Meta) error {
	f, err := s.Open(m)
	if err != nil {
		return err
	}
	defer f.Close()
	return verify(f, m)
}

// Secure is Verify, and makes the photo's bytes durable: a process that was
// killed before its fsync left them to the page cache.
func (s *Spool) Secure(m photo.Meta) error {
	f, err := s.Open(m)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := verify(f, m); err != nil {
		return err
	}
	if err := s.fault(StepSync); err != nil {
		return fmt.Errorf("sync photo: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync photo: %w", err)
	}
	return nil
}

// verify compares the bytes of f with m.
func verify(f *os.File, m photo.Meta) error {
	h := sha256.New()
	// The bare Reader and Writer keep io.CopyBuffer at our buffer.
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, make([]byte, readBuffer)); err != nil {
		return fmt.Errorf("read photo: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("read photo: %w: its SHA-256 is %s, want %s", ErrDamaged, got, m.SHA256)
	}
	return nil
}

// Remove removes the file called name and its sidecar. One that is not there
// is no error. It is durable only after Sync.
func (s *Spool) Remove(name string) error {
	if err := s.fault(StepUnlink); err != nil {
		return fmt.Errorf("remove photo: %w", err)
	}
	// The sidecar goes last: without its photo it is litter, the photo without
	// it would be damaged.
	for _, n := range []string{name, name + sidecarExt} {
		if err := os.Remove(s.Path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove photo: %w", err)
		}
	}
	return nil
}

// SetAside moves the file called name and its sidecar to Options.Aside.
func (s *Spool) SetAside(name string) error {
	if err := s.fault(StepSetAside); err != nil {
		return fmt.Errorf("set photo aside: %w", err)
	}
	if err := MakeDir(s.aside); err != nil {
		return fmt.Errorf("set photo aside: %w", err)
	}
	for _, n := range []string{name, name + sidecarExt} {
		err := os.Rename(s.Path(n), filepath.Join(s.aside, n))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set photo aside: %w", err)
		}
	}
	return nil
}

// Sync makes the directory durable as it is.
func (s *Spool) Sync() error {
	if err := s.fault(StepDirSync); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	if err := s.handle.Sync(); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	return nil
}

// MakeDir creates dir and what is missing above it, durably.
func MakeDir(dir string) error {
	if st, err := os.Stat(dir); err == nil && st.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := MakeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	return SyncDir(parent)
}

// SyncDir makes the names in dir durable.
func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Has tells whether there is a file called name.
func (s *Spool) Has(name string) (bool, error) {
	_, err := os.Lstat(s.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
