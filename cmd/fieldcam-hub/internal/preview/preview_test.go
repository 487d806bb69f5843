package preview

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
)

var morning = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

// filed are the photos that are there.
type filed map[photo.ID]bool

func (f filed) Has(e archive.Entry) bool { return f[e.ID] }

// coming is a photo that is to come.
func coming(seq int) archive.Entry {
	at := morning.Add(time.Duration(seq) * time.Minute)
	return archive.Entry{Device: "north", Day: at.Format(time.DateOnly), ID: photo.NewID(at, uint64(seq)), Format: "jpg"}
}

func keep(t testing.TB, s *Store, e archive.Entry, content string) {
	t.Helper()
	if err := s.Keep(e, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

// previewed checks what Previews lists.
func previewed(t testing.TB, s *Store, want ...archive.Entry) {
	t.Helper()
	got, err := s.Newest("north", 100)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("previews %v, %v, want %v", got, err, want)
	}
}

func TestPreviewOfTheSamePhotoTakesTheOnesPlace(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "previews"), filed{})
	previewed(t, s)
	e := coming(1)
	keep(t, s, e, "small")
	keep(t, s, e, "smaller")
	other := coming(2)
	keep(t, s, other, "small")
	previewed(t, s, other, e)
	f, err := s.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := io.ReadAll(f); err != nil || string(b) != "smaller" {
		t.Errorf("the preview is %q, %v, want the last one", b, err)
	}
}

func TestPreviewIsGoneOnceItsPhotoIsThere(t *testing.T) {
	there := filed{}
	s := Open(t.TempDir(), there)
	e, other := coming(1), coming(2)
	keep(t, s, e, "small")
	keep(t, s, other, "small")
	there[e.ID] = true
	s.Drop(e)
	s.Drop(e)             // twice is once
	keep(t, s, e, "late") // sent before the photo, and arrived after it
	if _, err := os.Stat(s.path(e)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the preview of a filed photo: %v, want it gone", err)
	}
	previewed(t, s, other)
}

func TestWhatACrashLeftOfAPreviewIsNotShown(t *testing.T) {
	there := filed{}
	s := Open(t.TempDir(), there)
	done, old, e := coming(1), coming(2), coming(3)
	for _, e := range []archive.Entry{done, old, e} {
		keep(t, s, e, "small")
	}
	there[done.ID] = true // the crash came before Drop
	half := filepath.Join(filepath.Dir(s.path(e)), ".x.tmp")
	for _, path := range []string{half, filepath.Join(filepath.Dir(half), "notes.txt")} {
		if err := os.WriteFile(path, []byte("sm"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-lasts - time.Hour)
	if err := errors.Join(os.Chtimes(s.path(old), past, past), os.Chtimes(half, past, past)); err != nil {
		t.Fatal(err)
	}
	previewed(t, s, e)
	for _, gone := range []string{s.path(done), s.path(old), half} {
		if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, want it gone", gone, err)
		}
	}
}

func TestPreviewsAreBounded(t *testing.T) {
	s := Open(t.TempDir(), filed{})
	for seq := range kept + 20 {
		keep(t, s, coming(seq), "small")
	}
	all, err := s.files("north")
	if err != nil || len(all) != kept || all[0].ID.Seq() != kept+19 {
		t.Errorf("%d kept, the newest %v, %v, want the newest %d", len(all), all[0], err, kept)
	}
}

func TestPreviewLeadsNowhereElse(t *testing.T) {
	s := Open(t.TempDir(), filed{})
	good := coming(1)
	for _, e := range []archive.Entry{
		{Device: "../north", Day: good.Day, ID: good.ID}, {Device: "north", Day: "..", ID: good.ID},
		{Device: "north", Day: good.Day, ID: "../../x"}, {Device: "", Day: good.Day, ID: good.ID},
	} {
		if err := s.Keep(e, []byte("small")); !errors.Is(err, archive.ErrNotFound) {
			t.Errorf("%+v was kept: %v", e, err)
		}
		if _, err := s.Open(e); !errors.Is(err, archive.ErrNotFound) {
			t.Errorf("%+v was opened: %v", e, err)
		}
	}
	if _, err := s.Newest("../north", 1); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("listed elsewhere: %v", err)
	}
}
