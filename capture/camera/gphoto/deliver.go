package gphoto

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/exif"
	"fieldcam/capture/photo"
)

// copyBytes is how much of a file is in memory.
const copyBytes = 64 << 10

// readFile reads what a file says of itself, and checks that it is whole.
func readFile(path string, size int64, format string, zone *time.Location) (exif.Tags, error) {
	f, err := os.Open(path)
	if err != nil {
		return exif.Tags{}, err
	}
	defer f.Close()
	return dcf.Read(f, size, format, zone)
}

// deliver passes a file of the shot that begins with first on to w, and writes down that
// it is on its way: the store has it at the earliest when this has returned. sum is its
// SHA-256.
func (c *Camera) deliver(ctx context.Context, w io.Writer, f local, first photo.Meta) (sum string, err error) {
	hash := sha256.New()
	if err := copyFile(ctx, io.MultiWriter(w, hash), f); err != nil {
		return "", err
	}
	sum = hex.EncodeToString(hash.Sum(nil))
	c.underWay(f, sum, first)
	return sum, nil
}

// copyFile passes a file on to w, a part at a time. What is w's fault is a SinkError.
func copyFile(ctx context.Context, w io.Writer, f local) error {
	in, err := os.Open(f.file)
	if err != nil {
		return &jpegstream.SinkError{Err: err}
	}
	defer in.Close()
	b := make([]byte, copyBytes)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(b)
		if n > 0 {
			if _, err := w.Write(b[:n]); err != nil {
				return &jpegstream.SinkError{Err: err}
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &jpegstream.SinkError{Err: fmt.Errorf("read what gphoto2 fetched: %w", err)}
		}
	}
}
