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
	"sync"

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
	xattrs     bool // dir's file system has user attributes
	flat       bool // photos of the first release lie in dir itself

	mu      sync.Mutex      // guards the following, and the making and removing of shards
	marked  uint64          // see Mark
	newest  uint64          // the shard of the newest photo created
	durable map[uint64]bool // shards whose name this process made durable
}

// Open opens the spool, and creates its directory where there is none.
func Open(o Options) (*Spool, error) {
	if err := MakeDir(o.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{dir: o.Dir, aside: o.Aside, fault: o.Fault, durable: map[uint64]bool{}}
	if s.fault == nil {
		s.fault = func(string) error { return nil }
	}
	var err error
	if s.xattrs, err = hasUserAttributes(o.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if err := s.readMark(); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	err = s.read(s.dir, func(d fs.DirEntry) error {
		s.flat = s.flat || entry(d).Kind != Foreign
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	return s, nil
}

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

// Remove removes the file called name and what belongs to it. One that is not
// there is no error. It is durable only after Sync.
func (s *Spool) Remove(name string) error {
	if err := s.fault(StepUnlink); err != nil {
		return fmt.Errorf("remove photo: %w", err)
	}
	// The photo goes first: what belongs to it is litter without it, and it would
	// be damaged without its metadata.
	path := s.Path(name)
	for _, ext := range companions() {
		if err := os.Remove(path + ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove photo: %w", err)
		}
	}
	return nil
}

// companions lists what the names of a photo and its companions end in.
func companions() []string { return []string{"", sidecarExt, urlExt, sidecarExt + temporaryExt} }

// SetAside moves the file called name and what belongs to it to Options.Aside.
func (s *Spool) SetAside(name string) error {
	if err := s.fault(StepSetAside); err != nil {
		return fmt.Errorf("set photo aside: %w", err)
	}
	if err := MakeDir(s.aside); err != nil {
		return fmt.Errorf("set photo aside: %w", err)
	}
	path := s.Path(name)
	for _, ext := range companions() {
		err := os.Rename(path+ext, filepath.Join(s.aside, name+ext))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set photo aside: %w", err)
		}
	}
	return nil
}

// Sync makes the directories durable in which the files called names are or were,
// as they are. One that is empty and not needed any more goes.
func (s *Spool) Sync(names ...string) error {
	synced := map[string]bool{}
	for _, name := range names {
		dir := filepath.Dir(s.Path(name))
		if synced[dir] {
			continue
		}
		if err := s.fault(StepDirSync); err != nil {
			return fmt.Errorf("sync spool: %w", err)
		}
		if err := SyncDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sync spool: %w", err)
		}
		synced[dir] = true
		s.prune(name)
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
