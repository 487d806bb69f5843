package queue_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

func TestEmptyPictureIsRefusedAndLeavesNothing(t *testing.T) {
	r := newRig(t)
	q := r.open()
	_, err := q.Add(r.shot(), func(io.Writer) (photo.Exposure, error) { return photo.Exposure{Format: "jpg"}, nil })
	if !errors.Is(err, spool.ErrEmpty) || errors.Is(err, queue.ErrCardFull) {
		t.Errorf("Add = %v, want %v", err, spool.ErrEmpty)
	}
	if got := q.Stats(); got.Waiting != 0 || r.files() != 0 || q.Taken(r.slot) {
		t.Errorf("%+v, %d files, want nothing", got, r.files())
	}
}

// A photo of 300 MB is one like any other.
func TestPhotoOf300MBIsTaken(t *testing.T) {
	r := newRig(t)
	q := r.open()
	const size = 300 << 20
	piece := make([]byte, 1<<20)
	m, err := q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
		for range size / len(piece) {
			if _, err := w.Write(piece); err != nil {
				return photo.Exposure{}, err
			}
		}
		return photo.Exposure{Format: "tif"}, nil
	})
	if err != nil || m.Size != size {
		t.Fatalf("Add = %d bytes, %v, want %d", m.Size, err, size)
	}
	f, err := q.Open(m)
	r.do("Open", err)
	defer f.Close()
	if n, err := f.Seek(-1, io.SeekEnd); n != size-1 || err != nil {
		t.Errorf("its last byte is at %d, %v, want %d", n, err, size-1)
	}
	if got := q.Stats(); got.Waiting != 1 || got.WaitingBytes != size {
		t.Errorf("Stats = %+v, want %d bytes waiting", got, size)
	}
}

func TestOddShotsAreRefused(t *testing.T) {
	r := newRig(t)
	q := r.open()
	for name, change := range map[string]func(*photo.Shot){
		"format":       func(s *photo.Shot) { s.Format = "../x" },
		"trigger":      func(s *photo.Shot) { s.Trigger = "cat" },
		"of":           func(s *photo.Shot) { s.Of = "x" },
		"long session": func(s *photo.Shot) { s.Session = strings.Repeat("x", 5000) },
	} {
		shot := r.shot()
		change(&shot)
		if m, err := q.Add(shot, picture(1, 100)); err == nil || errors.Is(err, queue.ErrCardFull) {
			t.Errorf("odd %s: Add = %s, %v, want an error", name, m.ID, err)
		}
	}
	if r.files() != 0 {
		t.Error("files are left")
	}
	for _, device := range []string{"", "a/b", "ü", strings.Repeat("x", 64)} {
		o := r.options()
		o.Device, o.Dir = device, filepath.Join(r.dir, "other")
		if q, err := queue.Open(t.Context(), o); err == nil {
			t.Errorf("Open took the device name %q: %v", device, q.Close())
		}
	}
}

// flock tells apart who opened the file, not who owns the process: so this process
// can play both.
func TestSecondDaemonLearnsWhoHoldsTheQueue(t *testing.T) {
	r := newRig(t)
	r.open()
	_, err := queue.Open(t.Context(), r.options())
	if want := fmt.Sprintf("process %d", os.Getpid()); !errors.Is(err, queue.ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("second Open = %v, want %v by %s", err, queue.ErrLocked, want)
	}
	if _, err := queue.Rebuild(t.Context(), r.options()); !errors.Is(err, queue.ErrLocked) {
		t.Errorf("Rebuild = %v, want %v", err, queue.ErrLocked)
	}
	r.add() // the first one goes on
	r.reopen()
}

func TestPlaceThatCantBeWrittenIsNamed(t *testing.T) {
	r := newRig(t)
	plain := filepath.Join(scratch(t), "file")
	r.do("write", os.WriteFile(plain, nil, 0o644))
	for dir, named := range map[string]string{
		"/sys/fieldcam": "/sys/fieldcam", "/proc/self/fieldcam": "/proc/self/fieldcam", filepath.Join(plain, "state"): plain, plain: plain,
	} {
		o := r.options()
		o.Dir = dir
		q, err := queue.Open(t.Context(), o)
		if err == nil {
			t.Errorf("Open in %s: %v", dir, q.Close())
		} else if !strings.Contains(err.Error(), named) || errors.Is(err, queue.ErrDamaged) || errors.Is(err, queue.ErrLocked) {
			t.Errorf("Open = %v, want a word on %s", err, named)
		}
	}
}

func TestClosedQueueDoesNothing(t *testing.T) {
	r := newRig(t)
	q := r.open()
	m := r.add()
	r.close()
	for name, call := range map[string]func() error{
		"Add":     func() error { _, err := q.Add(r.shot(), picture(1, 100)); return err },
		"Next":    func() error { _, _, err := q.Next(queue.Select{}); return err },
		"List":    func() error { _, err := q.List(queue.Filter{}); return err },
		"Item":    func() error { _, err := q.Item(m.ID); return err },
		"Hold":    func() error { _, err := q.Hold(); return err },
		"Retry":   func() error { _, err := q.Retry(m.ID); return err },
		"Drop":    func() error { _, err := q.Drop(m.ID); return err },
		"Copied":  func() error { return q.Copied(1) },
		"Days":    func() error { _, err := q.Days(at(0, 0), at(1, 0)); return err },
		"Account": func() error { _, err := q.Account(1); return err },
		"Trim":    func() error { _, err := q.Trim(t.Context()); return err },
		"Scrub":   func() error { _, err := q.Scrub(t.Context(), queue.ScrubOptions{}); return err },
		"Check":   q.Check,
	} {
		if err := call(); !errors.Is(err, queue.ErrClosed) {
			t.Errorf("%s = %v, want %v", name, err, queue.ErrClosed)
		}
	}
	if got := q.Stats(); got.Waiting != 0 || q.Has(m) || q.Taken(m.Slot) || q.UploadURL(1) != "" {
		t.Errorf("a closed queue says %+v", got)
	}
}
