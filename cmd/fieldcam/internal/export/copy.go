package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
)

// pieceBytes is how much of a file is in memory at once: sticks are slow with
// less, and the controller has little.
const pieceBytes = 256 << 10

// hasher is SHA-256 with a buffer of its own.
type hasher struct {
	hash.Hash
	buffer []byte
}

func newHash() hasher { return hasher{sha256.New(), make([]byte, pieceBytes)} }

// read adds all of r.
func (h hasher) read(r io.Reader) (int64, error) {
	// The bare Reader and Writer keep io.CopyBuffer at our buffer.
	return io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, h.buffer)
}

// copy puts one photo and its JSON into the export, and lists them; false where
// the photo was there, and right.
func (e *export) copy(ctx context.Context, m photo.Meta, progress func(bytes int64)) (copied bool, err error) {
	dir, err := e.place(m)
	if err != nil {
		return false, err
	}
	name := path.Join(dir, fileName(m))
	sum, _, err := e.sumOf(name)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return false, err
	}
	if missing {
		e.filled[dir]++
	}
	if missing || sum != m.SHA256 {
		if err := e.fetch(ctx, m, name, progress); err != nil {
			return false, err
		}
		copied = true
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return false, fmt.Errorf("encode metadata: %w", err)
	}
	about := string(text) + "\n"
	aboutSum, err := e.write(ctx, sidecar(name), strings.NewReader(about), int64(len(about)), func(int64) {})
	if err != nil {
		return false, err
	}
	return copied, e.list(line{m.SHA256, name}, line{aboutSum, sidecar(name)})
}

// fetch writes the photo's bytes to the file called name.
func (e *export) fetch(ctx context.Context, m photo.Meta, name string, progress func(bytes int64)) error {
	in, err := e.o.Source.Open(ctx, m)
	if err != nil {
		return err
	}
	defer in.Close()
	sum, err := e.write(ctx, name, in, m.Size, progress)
	if err == nil && sum != m.SHA256 {
		err = fmt.Errorf("%w: its SHA-256 is %s, not %s", ErrUnreadable, sum, m.SHA256)
	}
	if err != nil {
		// A part must not look like a photo; where even this fails, it isn't listed.
		return errors.Join(err, ignoreMissing(e.root.Remove(name)))
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// write writes size bytes of in to the file called name, makes them durable, reads
// them back past the page cache, and gives their SHA-256.
func (e *export) write(ctx context.Context, name string, in io.Reader, size int64, progress func(bytes int64)) (sum string, err error) {
	f, err := e.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := newHash()
	for left := size; left > 0; {
		n, err := io.ReadFull(in, h.buffer[:min(left, pieceBytes)])
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return "", fmt.Errorf("%w: it ends %d bytes early: %w", ErrUnreadable, left-int64(n), err)
		}
		h.Write(h.buffer[:n])
		if _, err := f.Write(h.buffer[:n]); err != nil {
			return "", err
		}
		left -= int64(n)
		progress(size - left)
	}
	sum = hex.EncodeToString(h.Sum(nil))
	if err := f.Sync(); err != nil {
		return "", err
	}
	// Only a hint, so that what follows comes from the stick: file systems in
	// memory have nothing to drop.
	unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h.Reset()
	n, err := h.read(f)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotKept, err)
	}
	if n != size || hex.EncodeToString(h.Sum(nil)) != sum {
		return "", fmt.Errorf("%w (%s)", ErrNotKept, name)
	}
	return sum, nil
}

// close gives back what resume or begin took.
func (e *export) close() {
	if e.sums != nil {
		e.sums.Close() // closed already, where the export is whole
	}
	if e.root != nil {
		e.root.Close()
	}
}
