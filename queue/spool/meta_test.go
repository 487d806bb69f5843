package spool_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"fieldcam/queue/spool"
)

func TestSidecarServesWhereTheAttributeIsGone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	m := write(t, s, meta(7), []byte("picture"))
	e := spool.Entry{Name: spool.Name(m), Kind: spool.Photo, Seq: 7, ID: m.ID}
	if unix.Removexattr(s.Path(e.Name), "user.fieldcam.meta") == nil {
		if _, err := s.Meta(e.Name); !errors.Is(err, spool.ErrDamaged) {
			t.Errorf("Meta of a photo without metadata = %v, want %v", err, spool.ErrDamaged)
		}
	}
	json := `{"id":"` + string(m.ID) + `","device":"cam","slot":"2026-11-21T07:03:16Z","trigger":"manual","taken":"2026-11-21T07:03:16Z","size":7,"sha256":"` + m.SHA256 + `","format":"jpg"}`
	if err := os.WriteFile(s.Path(e.Name)+".json", []byte(json), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Meta(e.Name); err != nil || got.SHA256 != m.SHA256 {
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
		if _, err := s.Meta(e.Name); !errors.Is(err, spool.ErrDamaged) {
			t.Errorf("Meta = %v, want %v", err, spool.ErrDamaged)
		}
	}
}

func TestUploadURLStaysWithThePhoto(t *testing.T) {
	s := open(t, t.TempDir())
	m := write(t, s, meta(5), []byte("picture"))
	name := spool.Name(m)
	long := "https://hub/" + strings.Repeat("x", spool.URLBytes-12)
	for _, url := range []string{"", "https://hub/files/1", long, "https://hub/2", ""} {
		if err := s.SetUploadURL(name, url); err != nil || s.UploadURL(name) != url {
			t.Errorf("SetUploadURL(%.20q) = %v, then it is %.20q", url, err, s.UploadURL(name))
		}
	}
	if err := s.SetUploadURL(name, long+"x"); err == nil {
		t.Error("a URL that is too long was taken")
	}
	if got, err := s.Meta(name); err != nil || got != m {
		t.Errorf("Meta = %+v, %v, want %+v", got, err, m)
	}
	if err := s.SetUploadURL(spool.Name(meta(6)), "https://hub"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SetUploadURL of no photo = %v, want %v", err, fs.ErrNotExist)
	}
}

func TestMetadataThatIsTooLongIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	m := meta(5)
	m.Session = strings.Repeat("é", 2500)
	w, err := s.Create(m.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("picture"))
	if _, err := w.Commit(m); err == nil || !strings.Contains(err.Error(), "5") {
		t.Errorf("Commit with a session of 5,000 bytes = %v, want it to say so", err)
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

func TestLostMetadataIsAttachedAnew(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	m := write(t, s, meta(5), []byte("picture"))
	path := s.Path(spool.Name(m))
	unix.Removexattr(path, "user.fieldcam.meta")
	os.Remove(path + ".json")
	if _, err := s.Meta(spool.Name(m)); !errors.Is(err, spool.ErrUnfinished) {
		t.Fatalf("Meta = %v, want %v", err, spool.ErrUnfinished)
	}
	for range 2 {
		if err := s.Attach(m); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Meta(spool.Name(m)); err != nil || got != m {
			t.Errorf("Meta = %+v, %v, want %+v", got, err, m)
		}
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
