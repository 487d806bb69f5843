package second

import (
	"fmt"
	"io"
	"path"

	"fieldcam/capture/photo"
)

// Open opens the copy of a photo. Where Run found no disk, or not this
// controller's, it says so without touching it; the error then wraps what
// State.Err has. It wraps fs.ErrNotExist where the disk has no such copy, and
// ErrDamaged where that has another size: the content is for the reader to
// check, against the SHA-256 in m. The caller closes what it gets; while it is
// open the disk can't be unmounted.
func (w *Worker) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	f, err := w.openCopy(m)
	if err != nil {
		return nil, fmt.Errorf("open second copy of %s: %w", m.ID, err)
	}
	return f, nil
}

func (w *Worker) openCopy(m photo.Meta) (io.ReadSeekCloser, error) {
	if w.c.Mount == "" {
		return nil, fmt.Errorf("%w: none is configured", ErrAbsent)
	}
	if s := w.State(); s.Looked && !s.Mounted {
		return nil, s.Err
	}
	dir, base, err := place(m)
	if err != nil {
		return nil, err
	}
	d, err := w.open()
	if err != nil {
		return nil, err
	}
	defer d.Close() // the file has a handle of its own
	name := path.Join(dir, base+"."+m.Format)
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != m.Size {
		err = fmt.Errorf("%w: %s has %d bytes, want %d", ErrDamaged, name, info.Size(), m.Size)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
