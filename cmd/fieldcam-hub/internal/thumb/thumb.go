// Package thumb makes small pictures of large ones, once each.
//
// Promises: a picture is never decoded whose header says that the decoder would
// need more than maxDecoder bytes for it; one is decoded at a time; what is in
// the cache is whole.
//
// Out of scope: formats other than JPEG (ErrFormat), and cleaning the cache: a
// person may empty its folder at any time.
package thumb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

// ErrFormat says that there is no small picture of this file: it is no JPEG, or too
// large a one.
var ErrFormat = errors.New("not a JPEG that can be shown small")

const (
	// maxDecoder bounds the memory that decoding takes, in bytes, on a machine of
	// 1 GB: 64 megapixels as cameras write them (4:2:0, baseline), 24 progressive.
	// Four bytes a pixel of it are rarely needed (decoderBytes).
	maxDecoder = 384 << 20
	// quality is JPEG's; below it the sky shows steps.
	quality = 80
)

// Size is the box that a small picture fits.
type Size struct {
	Name          string // its folder in the cache
	Width, Height int    // pixels
}

// Cache keeps small pictures in a folder.
type Cache struct {
	dir   string
	slots chan struct{} // one: whoever decodes has it
}

// Open gives the cache in dir, which is made when it is needed.
func Open(dir string) *Cache { return &Cache{dir: dir, slots: make(chan struct{}, 1)} }

// Open gives the small picture of the file that source opens, known as name: a
// relative path without "..", unique to that file for ever. The caller closes
// it.
func (c *Cache) Open(ctx context.Context, size Size, name string, source func() (io.ReadSeekCloser, error)) (*os.File, error) {
	path := filepath.Join(c.dir, size.Name, filepath.FromSlash(name)+".jpg")
	f, err := os.Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f, err := os.Open(path); err == nil {
		return f, nil // somebody was faster
	}
	in, err := source()
	if err != nil {
		return nil, err
	}
	small, err := shrink(in, size)
	if err := errors.Join(err, in.Close()); err != nil {
		return nil, err
	}
	if err := keep(path, small); err != nil {
		return nil, fmt.Errorf("keep small picture: %w", err)
	}
	return os.Open(path)
}

// shrink is the JPEG of in, scaled down to fit size.
func shrink(in io.ReadSeeker, size Size) ([]byte, error) {
	head, err := readFrame(in)
	if err != nil || head.decoderBytes() > maxDecoder {
		return nil, ErrFormat
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	big, err := jpeg.Decode(in)
	if err != nil {
		return nil, ErrFormat
	}
	w, h := fit(big.Bounds().Dx(), big.Bounds().Dy(), size)
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), big, big.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode small picture: %w", err)
	}
	return out.Bytes(), nil
}

// fit is the size of a w × h picture in the box; it is never made larger.
func fit(w, h int, size Size) (int, int) {
	if w <= size.Width && h <= size.Height {
		return w, h
	}
	if w*size.Height > h*size.Width {
		return size.Width, max(1, h*size.Width/w)
	}
	return max(1, w*size.Height/h), size.Height
}

// keep writes a file that is whole from the moment it has its name.
func keep(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already where all went well
	_, err = tmp.Write(content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
