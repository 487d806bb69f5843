package tus

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"fieldcam/queue/upload"
)

// body is the rest of a photo as the body of one request. net/http may read it
// from a goroutine that outlives the request, so it can be taken away.
type body struct {
	length int64 // of the whole body

	mu    sync.Mutex // guards all below
	r     io.Reader  // nil: taken away
	left  int64
	fault error // why the photo could not be read
}

// newBody gives the bytes of r from offset to size.
func newBody(r io.ReadSeeker, offset, size int64) (*body, error) {
	if _, err := r.Seek(offset, io.SeekStart); err != nil {
		return nil, &upload.SourceError{Err: err}
	}
	return &body{r: r, length: size - offset, left: size - offset}, nil
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.r == nil:
		return 0, errors.New("read photo: the request is over")
	case b.fault != nil:
		return 0, b.fault
	case b.left == 0:
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err == io.EOF && b.left > 0:
		b.fault = &upload.SourceError{Err: fmt.Errorf("the file ends %d bytes early", b.left)}
	case err != nil && err != io.EOF:
		b.fault = &upload.SourceError{Err: err}
	}
	if b.fault != nil {
		return n, b.fault
	}
	return n, nil
}

// Close does nothing: the reader belongs to the caller.
func (b *body) Close() error { return nil }

// detach takes the reader away, waiting for a Read under way, and tells whether
// reading the photo had failed.
func (b *body) detach() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.r = nil
	return b.fault
}
