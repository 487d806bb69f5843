package spool_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

func open(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(spool.Options{Dir: filepath.Join(dir, "spool"), Aside: filepath.Join(dir, "damaged")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func meta(seq uint64) photo.Meta {
	taken := time.Date(2026, 11, 21, 7, 3, 16, 5, time.UTC)
	return photo.Meta{ID: photo.NewID(taken, seq), Device: "cam", Slot: taken, Taken: taken, Trigger: photo.Manual,
		Exposure: photo.Exposure{Format: "jpg", Camera: "VC0706 1.00", Attempts: 2}}
}

func write(t *testing.T, s *spool.Spool, m photo.Meta, picture []byte) photo.Meta {
	t.Helper()
	w, err := s.Create(m.ID)
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
	if err := s.Scan(func(e spool.Entry) error { all = append(all, e); return nil }); err != nil {
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
		if got, err := s.Meta(e); err != nil || got != want {
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

func TestSidecarServesWhereTheAttributeIsGone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	m := write(t, s, meta(7), []byte("picture"))
	e := spool.Entry{Name: spool.Name(m), Kind: spool.Photo, Seq: 7, ID: m.ID}
	if unix.Removexattr(s.Path(e.Name), "user.fieldcam.meta") == nil {
		if _, err := s.Meta(e); !errors.Is(err, spool.ErrDamaged) {
			t.Errorf("Meta of a photo without metadata = %v, want %v", err, spool.ErrDamaged)
		}
	}
	json := `{"id":"` + string(m.ID) + `","device":"cam","slot":"2026-11-21T07:03:16Z","trigger":"manual","taken":"2026-11-21T07:03:16Z","size":7,"sha256":"` + m.SHA256 + `","format":"jpg"}`
	if err := os.WriteFile(s.Path(e.Name)+".json", []byte(json), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Meta(e); err != nil || got.SHA256 != m.SHA256 {
		t.Errorf("Meta = %+v, %v", got, err)
	}
	if err := s.SetAside(e.Name); err != nil {
		t.Fatal(err)
	}
	aside, _ := os.ReadDir(filepath.Join(dir, "damaged"))
	if len(scan(t, s)) != 0 || len(aside) != 2 {
		t.Errorf("after SetAside: %v stay, %v are aside, want photo and sidecar aside", scan(t, s), aside)
	}
}

// Metadata that was copied to another photo is damage, not that photo's.
func TestMetadataOfAnotherPhotoIsDamage(t *testing.T) {
	s := open(t, t.TempDir())
	a := write(t, s, meta(1), []byte("a"))
	if err := os.Rename(s.Path(spool.Name(a)), s.Path("00000000000000000002-20261121T070316Z-000002-9f3ac1.jpg")); err != nil {
		t.Fatal(err)
	}
	for _, e := range scan(t, s) {
		if e.Kind != spool.Photo {
			continue
		}
		if _, err := s.Meta(e); !errors.Is(err, spool.ErrDamaged) {
			t.Errorf("Meta = %v, want %v", err, spool.ErrDamaged)
		}
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
		w, err := s.Create(meta(1).ID)
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

func TestUnfinishedPhotoIsNoPhoto(t *testing.T) {
	s := open(t, t.TempDir())
	w, err := s.Create(meta(3).ID)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if all := scan(t, s); len(all) != 1 || all[0].Kind != spool.Part || all[0].Seq != 3 {
		t.Errorf("Scan = %+v, want one Part", all)
	}
	if _, err := s.Create(meta(3).ID); err != nil { // another ID of that number
		t.Errorf("Create = %v", err)
	}
}

func TestOddNamesAreForeign(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	id := "20261121T070316Z-000042-9f3ac1"
	for _, name := range []string{
		"x", ".", strings.Repeat("0", 18) + "42", "00000000000000000042-" + id, "00000000000000000043-" + id + ".jpg",
		"00000000000000000042-" + id + ".JPG", "00000000000000000042-" + id + ".json", "00000000000000000042-" + id + ".part.json",
		"00000000000000000042_" + id + ".jpg", "00000000000000000042-20261399T070316Z-000042-9f3ac1.jpg", "-0000000000000000042-" + id + ".jpg",
		"00000000000000000042-" + id + ".jpg\x01", "99999999999999999999-" + id + ".jpg",
	} {
		os.WriteFile(filepath.Join(dir, "spool", name), nil, 0o644)
	}
	os.Mkdir(filepath.Join(dir, "spool", "00000000000000000042-"+id+".jpg"), 0o755)
	for _, e := range scan(t, s) {
		if e.Kind != spool.Foreign || e.Seq != 0 {
			t.Errorf("%q is %+v, want it foreign", e.Name, e)
		}
	}
}

// Memory must not grow with the photo: a controller has 256 MB for everything.
func TestLargePhotoTakesLittleMemory(t *testing.T) {
	s := open(t, t.TempDir())
	piece := make([]byte, 512) // as a serial camera delivers
	m := meta(1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := s.Create(m.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 << 20 / len(piece) {
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
		t.Errorf("50 MB through the spool allocated %d bytes, want at most %d", got, most)
	}
}

func FuzzMetadataIsWholeOrRefused(f *testing.F) {
	f.Add([]byte(`{"id":"20261121T070316Z-000042-9f3ac1","device":"cam","trigger":"manual","size":1,"sha256":"` + strings.Repeat("ab", 32) + `","format":"jpg"}`))
	f.Add([]byte(`{"id":"../../etc/passwd"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := spool.DecodeMeta(data)
		if err != nil {
			if !errors.Is(err, spool.ErrDamaged) {
				t.Errorf("DecodeMeta = %v, want %v", err, spool.ErrDamaged)
			}
			return
		}
		if name := spool.Name(m); filepath.Base(name) != name || spool.Sequence(name) != m.Seq() {
			t.Errorf("metadata %+v gives the name %q", m, name)
		}
	})
}
