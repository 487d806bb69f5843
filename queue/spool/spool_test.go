package spool_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

func open(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(spool.Options{Dir: filepath.Join(dir, "spool"), Aside: filepath.Join(dir, "damaged")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func meta(seq uint64) photo.Meta {
	taken := time.Date(2026, 11, 21, 7, 3, 16, 5, time.UTC)
	return photo.Meta{ID: photo.NewID(taken, seq), Device: "cam", Slot: taken, Taken: taken, Trigger: photo.Manual,
		Exposure: photo.Exposure{Format: "jpg", Camera: "VC0706 1.00", Attempts: 2}}
}

func write(t *testing.T, s *spool.Spool, m photo.Meta, picture []byte) photo.Meta {
	t.Helper()
	w, err := s.Create(m.ID, m.Format)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(picture); err != nil {
		t.Fatal(err)
	}
	whole, err := w.Commit(m)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

func scan(t *testing.T, s *spool.Spool) (all []spool.Entry) {
	t.Helper()
	if err := s.Scan(0, func(e spool.Entry) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPhotoTravelsWithItsMetadata(t *testing.T) {
	s := open(t, t.TempDir())
	picture := bytes.Repeat([]byte("picture"), 50_000)
	want := write(t, s, meta(42), picture)
	if len(want.SHA256) != 64 || want.Size != int64(len(picture)) {
		t.Errorf("Commit = %+v, want size %d and a hash", want, len(picture))
	}
	entries := scan(t, s)
	for _, e := range entries {
		if e.Kind == spool.Sidecar { // where the file system has no attributes
			continue
		}
		if e.Kind != spool.Photo || e.Seq != 42 || e.ID != want.ID || e.Name != "00000000000000000042-"+string(want.ID)+".jpg" {
			t.Errorf("Scan = %+v", e)
		}
		if got, err := s.Meta(e.Name); err != nil || got != want {
			t.Errorf("Meta = %+v, %v, want %+v", got, err, want)
		}
	}
	if err := s.Secure(want); err != nil {
		t.Errorf("Secure = %v", err)
	}
	f, err := s.Open(want)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, picture) {
		t.Errorf("read back %d bytes, %v", len(got), err)
	}
}

func TestDamagedPhotoIsNotSecured(t *testing.T) {
	s := open(t, t.TempDir())
	m := write(t, s, meta(1), []byte("picture"))
	if err := os.WriteFile(s.Path(spool.Name(m)), []byte("pictuRe"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Secure(m); !errors.Is(err, spool.ErrDamaged) {
		t.Errorf("Secure of a changed photo = %v, want %v", err, spool.ErrDamaged)
	}
	if err := os.WriteFile(s.Path(spool.Name(m)), []byte("pict"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(m); !errors.Is(err, spool.ErrDamaged) {
		t.Errorf("Open of a short photo = %v, want %v", err, spool.ErrDamaged)
	}
	if err := s.Remove(spool.Name(m)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(m); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of a removed photo = %v, want %v", err, fs.ErrNotExist)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir())
	for _, size := range []int{0, 10, 200_000} {
		w, err := s.Create(meta(1).ID, "")
		if err != nil {
			t.Fatal(err)
		}
		w.Write(make([]byte, size))
		if err := w.Abort(); err != nil {
			t.Errorf("Abort = %v", err)
		}
		if _, err := w.Write([]byte("late")); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Write after Abort = %v, want %v", err, fs.ErrClosed)
		}
		if _, err := w.Commit(meta(1)); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Commit after Abort = %v, want %v", err, fs.ErrClosed)
		}
	}
	if all := scan(t, s); len(all) != 0 {
		t.Errorf("Scan = %v, want nothing", all)
	}
}

func TestUnfinishedPhotoHasNoMetadata(t *testing.T) {
	s := open(t, t.TempDir())
	w, err := s.Create(meta(3).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	w.Write(make([]byte, 200_000))
	all := scan(t, s)
	if len(all) != 1 || all[0].Kind != spool.Photo || all[0].Seq != 3 {
		t.Fatalf("Scan = %+v, want one entry of number 3", all)
	}
	if _, err := s.Meta(all[0].Name); !errors.Is(err, spool.ErrUnfinished) || !errors.Is(err, spool.ErrDamaged) {
		t.Errorf("Meta = %v, want %v", err, spool.ErrUnfinished)
	}
	if _, err := s.Create(meta(3).ID, ""); err != nil { // another ID of that number
		t.Errorf("Create = %v", err)
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	s := open(t, t.TempDir())
	m := write(t, s, meta(3), []byte("picture"))
	if _, err := s.Create(m.ID, m.Format); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create of the same photo again = %v, want %v", err, fs.ErrExist)
	}
	if err := s.Verify(m); err != nil {
		t.Errorf("Verify = %v", err)
	}
}

// A camera that was to deliver a JPEG delivers something else.
func TestFormatIsThatOfThePictureThatCame(t *testing.T) {
	s := open(t, t.TempDir())
	for n, c := range []struct{ hint, format string }{{"jpg", "cr3"}, {"", "jpg"}, {"tmp", "12345678"}, {"cr3", "cr3"}} {
		m := meta(uint64(n + 1))
		m.Format = c.format
		w, err := s.Create(m.ID, c.hint)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("picture"))
		if m, err = w.Commit(m); err != nil {
			t.Fatalf("Commit of a %s: %v", c.format, err)
		}
		if got, err := s.Meta(spool.Name(m)); err != nil || got != m {
			t.Errorf("Meta = %+v, %v, want %+v", got, err, m)
		}
	}
	for _, e := range scan(t, s) {
		if ext := filepath.Ext(e.Name); ext == ".tmp" || e.Kind == spool.Foreign {
			t.Errorf("%s is left", e.Name)
		}
	}
}

func TestOddFormatsAreRefused(t *testing.T) {
	s := open(t, t.TempDir())
	odd := []string{"JPG", "jpg ", "j.pg", "../jpg", "123456789", "json", "url", "part", "jp\x00", "jpé", "-"}
	for _, format := range odd {
		if _, err := s.Create(meta(1).ID, format); err == nil {
			t.Errorf("Create took format %q", format)
		}
		w, err := s.Create(meta(1).ID, "")
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("picture"))
		m := meta(1)
		m.Format = format
		if _, err := w.Commit(m); err == nil {
			t.Errorf("Commit took format %q", format)
		}
		if err := w.Abort(); err != nil {
			t.Errorf("Abort = %v", err)
		}
	}
	if all := scan(t, s); len(all) != 0 {
		t.Errorf("Scan = %v, want nothing", all)
	}
}

func TestEmptyPictureIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	w, err := s.Create(meta(1).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(meta(1)); !errors.Is(err, spool.ErrEmpty) {
		t.Errorf("Commit = %v, want %v", err, spool.ErrEmpty)
	}
	if err := w.Abort(); err != nil || len(scan(t, s)) != 0 {
		t.Errorf("Abort = %v, left %v", err, scan(t, s))
	}
}

// Memory must not grow with the photo: a controller has 256 MB for everything.
func TestLargePhotoTakesLittleMemory(t *testing.T) {
	s := open(t, t.TempDir())
	piece := make([]byte, 512) // as a serial camera delivers
	m := meta(1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := s.Create(m.ID, m.Format)
	if err != nil {
		t.Fatal(err)
	}
	const size = 20 << 20
	for range size / len(piece) {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if m, err = w.Commit(m); err != nil {
		t.Fatal(err)
	}
	if err := s.Secure(m); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	const most = 1 << 20
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("20 MB through the spool allocated %d bytes, want at most %d", got, most)
	}
}
