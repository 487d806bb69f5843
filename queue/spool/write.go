package spool

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"fieldcam/capture/photo"
)

// writeBuffer gathers what a serial camera delivers in pieces of tens of bytes.
const writeBuffer = 64 << 10

// MaxBytes bounds a picture: the index keeps its size in 32 bits.
const MaxBytes = math.MaxUint32

// ErrEmpty is what Commit returns for a picture without a byte.
var ErrEmpty = errors.New("picture is empty")

// Writer takes one picture into the spool. It ends with Commit or Abort; both
// may be called in any order, the first decides. It is for one goroutine.
type Writer struct {
	s     *Spool
	f     *os.File
	name  string // at present
	buf   *bufio.Writer
	hash  hash.Hash
	size  int64
	err   error // of the first write that failed
	ended bool
}

// Create begins the photo with that ID, of a format that the picture probably
// will have; empty is jpg. An error leaves no file behind.
func (s *Spool) Create(id photo.ID, format string) (*Writer, error) {
	if format == "" {
		format = defaultFormat
	}
	if err := CheckFormat(format); err != nil {
		return nil, fmt.Errorf("create photo: %w", err)
	}
	name := stem(id.Seq(), id) + "." + format
	f, err := s.create(id.Seq(), name)
	if err != nil {
		return nil, fmt.Errorf("create photo: %w", err)
	}
	w := &Writer{s: s, f: f, name: name, hash: sha256.New()}
	w.buf = bufio.NewWriterSize(pieces{w}, writeBuffer)
	return w, nil
}

// create creates the file, and its shard where there is none. A shard may go
// between the two, when its last photo is deleted: then it is made again.
func (s *Spool) create(seq uint64, name string) (*os.File, error) {
	for again := false; ; again = true {
		if err := s.makeShard(seq); err != nil {
			return nil, err
		}
		if err := s.fault(StepCreate); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(s.shardPath(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil || again || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
}

// Write adds to the picture. After an error every later call returns it.
func (w *Writer) Write(p []byte) (int, error) {
	if w.ended {
		return 0, fs.ErrClosed
	}
	return w.buf.Write(p)
}

// Err is the error of the first write that failed, which a camera's driver may
// have replaced by one of its own.
func (w *Writer) Err() error { return w.err }

// pieces writes a Writer's gathered bytes to its file.
type pieces struct{ w *Writer }

func (p pieces) Write(b []byte) (int, error) {
	w := p.w
	if err := w.s.fault(StepWrite); err != nil {
		w.err = fmt.Errorf("write photo: %w", err)
		return 0, w.err
	}
	n, err := w.f.Write(b)
	w.hash.Write(b[:n])
	w.size += int64(n)
	if err != nil {
		w.err = fmt.Errorf("write photo: %w", err)
	}
	return n, w.err
}

// Commit completes m with the picture's size and SHA-256, and makes picture,
// metadata and name durable. m's ID must be the one given to Create. On an
// error the caller calls Abort; where that fails too, for want of power, the
// next Scan finds what is left.
func (w *Writer) Commit(m photo.Meta) (photo.Meta, error) {
	if w.ended {
		return photo.Meta{}, fs.ErrClosed
	}
	if err := w.buf.Flush(); err != nil {
		return photo.Meta{}, err
	}
	if w.size == 0 {
		return photo.Meta{}, ErrEmpty
	}
	if err := CheckFormat(m.Format); err != nil {
		return photo.Meta{}, err
	}
	if w.size > MaxBytes {
		return photo.Meta{}, fmt.Errorf("picture of %d bytes: want at most %d", w.size, int64(MaxBytes))
	}
	m.Size, m.SHA256 = w.size, hex.EncodeToString(w.hash.Sum(nil))
	type step struct {
		name string
		do   func() error
	}
	steps := []step{
		{StepMeta, func() error { return w.s.attach(w.f, w.name, m) }},
		{StepSync, w.f.Sync},
		{StepDirSync, func() error { return SyncDir(filepath.Dir(w.s.shardPath(w.name))) }},
	}
	if final := Name(m); final != w.name {
		steps = append([]step{{StepName, func() error { return w.rename(final) }}}, steps...)
	}
	for _, step := range steps {
		err := w.s.fault(step.name)
		if err == nil {
			err = step.do()
		}
		if err != nil {
			return photo.Meta{}, fmt.Errorf("commit photo: %s: %w", step.name, err)
		}
	}
	w.ended = true
	w.f.Close() // nothing is left to lose after the fsync
	return m, nil
}

// rename gives the file the extension of what the camera delivered.
func (w *Writer) rename(final string) error {
	err := os.Rename(w.s.shardPath(w.name), w.s.shardPath(final))
	if err == nil {
		w.name = final
	}
	return err
}

// Abort removes what was written. After Commit returned nil it does nothing.
func (w *Writer) Abort() error {
	if w.ended {
		return nil
	}
	w.ended = true
	w.f.Close()
	return w.s.Remove(w.name)
}
