package shutter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"fieldcam/capture"
	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/photo"
)

// copyBytes is how much is copied between two looks at the context.
const copyBytes = 256 << 10

// errChanged is why a file is left for the next time.
var errChanged = errors.New("the file has changed since it was listed")

// Fetch implements capture.Deferred.
func (c *Camera) Fetch(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	if c.o.Fetcher == nil {
		return c.card.fetch(ctx, p, add)
	}
	return c.bring(ctx, p, add)
}

func (c *card) fetch(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	files, ok := c.listed[p.Name]
	if !ok {
		return capture.ErrNotListed
	}
	root, err := os.OpenRoot(c.cfg.Path)
	if err != nil {
		return fmt.Errorf("open the camera's card: %w", err)
	}
	defer root.Close()
	first := p.First
	for len(files) > 0 {
		f := files[0]
		m, sum, err := c.fetchFile(ctx, root, f, add)
		if err != nil {
			return fmt.Errorf("fetch %s: %w", f.Path(), err)
		}
		if first.ID == "" {
			first = m
		}
		files = files[1:]
		c.listed[p.Name] = files
		err = c.list.Add(fetched.Record{
			Path: f.Path(), Size: f.size, Time: f.time, Sum: sum, At: p.At,
			First: first.ID, Slot: first.Slot, Session: first.Session, Trigger: first.Trigger, Taken: first.Taken, ClockSynced: first.ClockSynced,
		})
		if err != nil {
			return err
		}
		c.remove(root, f)
	}
	delete(c.listed, p.Name)
	return nil
}

// fetchFile makes one file a photo.
func (c *card) fetchFile(ctx context.Context, root *os.Root, f cardFile, add capture.AddFile) (m photo.Meta, sum string, err error) {
	file, err := root.Open(f.Path())
	if err != nil {
		return m, "", err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return m, "", err
	case !info.Mode().IsRegular() || info.Size() != f.size || !info.ModTime().Equal(f.time):
		return m, "", errChanged
	}
	m, err = add(func(w io.Writer) (photo.Exposure, error) {
		hash := sha256.New()
		n, err := copyFile(ctx, io.MultiWriter(w, hash), file)
		if err == nil && n != f.size {
			err = errChanged
		}
		sum = hex.EncodeToString(hash.Sum(nil))
		return photo.Exposure{Camera: f.tags.Model, Format: f.Format, Attempts: 1}, err
	})
	return m, sum, err
}

// copyFile copies what the file has, until ctx ends.
func copyFile(ctx context.Context, w io.Writer, file io.Reader) (n int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		part, err := io.CopyN(w, file, copyBytes)
		n += part
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if n > dcf.MaxBytes {
			return n, errChanged
		}
	}
}

// sumOf is the SHA-256 of all of r, in lower-case hexadecimal.
func sumOf(r io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
