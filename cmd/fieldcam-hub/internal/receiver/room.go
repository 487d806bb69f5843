package receiver

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

const (
	// diskReserve is what uploads leave free: the broker lives on the same disk.
	diskReserve = 64 << 20
	// roomEvery is how many bytes of a photo are written between two looks at the
	// free space.
	roomEvery = 4 << 20
)

// roomReader ends with errFull where the disk fills up: uploads that began
// together each saw the same free space.
type roomReader struct {
	src    io.Reader
	store  *store
	unseen int64 // bytes until the next look
}

func (r *roomReader) Read(p []byte) (int, error) {
	if r.unseen <= 0 {
		if free, err := r.store.freeBytes(r.store.dir); err == nil && free < diskReserve {
			return 0, errFull
		}
		r.unseen = roomEvery
	}
	n, err := r.src.Read(p)
	r.unseen -= int64(n)
	return n, err //nolint:wrapcheck // io.Reader promises EOF itself
}

// freeBytes is what statfs says an ordinary user may still write.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}
