package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
)

// PhotoExt ends the names of the photos' files, in every store that has such.
const PhotoExt = ".jpg"

// fileBuffer is as the product's.
const fileBuffer = 64 << 10

// folder keeps photos as files beside a database.
type folder struct{ dir string }

func newFolder(dir string) (folder, error) {
	f := folder{filepath.Join(dir, "photos")}
	return f, os.MkdirAll(f.dir, 0o755)
}

func (f folder) path(i int) string { return filepath.Join(f.dir, fmt.Sprintf("%08d%s", i, PhotoExt)) }

// put makes a durable file of photo i.
func (f folder) put(i int, bytes int64) error {
	temporary := strings.TrimSuffix(f.path(i), PhotoExt) + ".tmp" + PhotoExt
	err := write(temporary, i, bytes, (*os.File).Sync)
	if err == nil {
		err = os.Rename(temporary, f.path(i))
	}
	if err != nil {
		return err
	}
	d, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f folder) remove(i int) error { return os.Remove(f.path(i)) }

// write makes a new file and syncs it.
func write(path string, i int, bytes int64, sync func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, fileBuffer)
	return errors.Join(picture(b, i, bytes), b.Flush(), sync(f), f.Close())
}

// record is what a peer's database knows of a photo: the product's metadata.
func record(i int, bytes int64) ([]byte, error) {
	slot := Slot(i)
	return json.Marshal(photo.Meta{
		ID: photo.NewID(slot, uint64(i)), Device: device, Slot: slot, Session: session, Trigger: photo.Scheduled,
		Taken: slot, ClockSynced: true, Size: bytes, SHA256: strings.Repeat("0f", 32),
		Exposure: exposure,
	})
}

// bare is the floor: files and nothing else. Less than this would not survive a
// power cut.
type bare struct {
	dir             string
	next, confirmed int
}

func openBare(_ context.Context, dir string) (Store, error) { return &bare{dir: dir}, nil }

func (b *bare) path(i int) string { return filepath.Join(b.dir, fmt.Sprintf("%d%s", i, PhotoExt)) }

func (b *bare) Put(_ context.Context, i int, bytes int64) error {
	return write(b.path(i), i, bytes, func(f *os.File) error { return unix.Fdatasync(int(f.Fd())) })
}

func (b *bare) Drain(_ context.Context, n int) error {
	b.confirmed += n
	return nil
}

func (b *bare) Delete(context.Context) error {
	for ; b.next < b.confirmed; b.next++ {
		if err := os.Remove(b.path(b.next)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bare) Close() error { return nil }
