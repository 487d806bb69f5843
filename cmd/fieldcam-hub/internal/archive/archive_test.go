package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

var morning = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string) *Archive {
	t.Helper()
	a, err := Open(filepath.Join(dir, "photos"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// file files a photo of that slot, exposed at taken.
func file(t testing.TB, a *Archive, dir, device string, seq uint64, slot, taken time.Time) photo.Meta {
	t.Helper()
	from := filepath.Join(dir, fmt.Sprint("upload", seq))
	if err := os.WriteFile(from, []byte("picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := photo.Meta{ID: photo.NewID(taken, seq), Device: device, Slot: slot, Taken: taken, Size: 7, Exposure: photo.Exposure{Format: "jpg"}}
	if err := a.File(m, from); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPhotoIsFoundByItsIDAlone(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	for i, c := range []struct{ slot, taken time.Time }{
		{morning, morning},
		{morning.Add(17*time.Hour - time.Second), morning.Add(17*time.Hour + time.Second)}, // exposed after midnight
		{morning, time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC)},                             // the clock was not set
	} {
		m := file(t, a, dir, "north", uint64(i+1), c.slot, c.taken)
		got, err := open(t, dir).Find("north", m.ID)
		if err != nil || got != m {
			t.Errorf("Find(%s) = %+v, %v; want %+v", m.ID, got, err, m)
		}
		if _, err := a.Find("south", m.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another device's: %v, want ErrNotFound", err)
		}
	}
}

func TestHalfAPhotoIsNone(t *testing.T) {
	dir := t.TempDir()
	for _, remove := range []string{".jpg", ".json"} {
		a := open(t, dir)
		m := file(t, a, dir, "north", 1, morning, morning)
		if err := os.Remove(filepath.Join(dir, "photos", "north", "2026-11-21", string(m.ID)+remove)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Find("north", m.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("without %s: %v, want ErrNotFound", remove, err)
		}
		if all, err := a.Photos("north", "2026-11-21"); err != nil || len(all) != 0 {
			t.Errorf("without %s: listed as %v, %v", remove, all, err)
		}
	}
	a := open(t, dir)
	m := file(t, a, dir, "north", 2, morning, morning)
	if err := os.Truncate(a.path(m), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Find("north", m.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a truncated photo: %v, want ErrNotFound", err)
	}
}

func TestNewestKnowsWhatIsFiledAndWhatIsDeleted(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	var all []photo.Meta
	for i := range 20 {
		at := morning.Add(time.Duration(i) * 2 * time.Hour) // over two days
		all = append(all, file(t, a, dir, "north", uint64(i+1), at, at))
		if i == 3 {
			if _, err := a.Newest("north", 5); err != nil { // from now on in memory
				t.Fatal(err)
			}
		}
	}
	check := func(want ...int) {
		t.Helper()
		for _, archive := range []*Archive{a, open(t, dir)} {
			got, err := archive.Newest("north", len(want))
			if err != nil || len(got) != len(want) {
				t.Fatalf("got %v, %v, want %d", got, err, len(want))
			}
			for i, n := range want {
				if got[i].ID != all[n].ID {
					t.Errorf("place %d: %s, want %s", i, got[i].ID, all[n].ID)
				}
			}
		}
	}
	check(19, 18, 17, 16, 15)
	if err := os.Remove(a.path(all[18])); err != nil {
		t.Fatal(err)
	}
	check(19, 17, 16, 15, 14)
	old := file(t, a, dir, "north", 99, morning.Add(-time.Hour), morning.Add(-time.Hour)) // of the backlog
	check(19, 17, 16, 15, 14)
	if _, err := a.Find("north", old.ID); err != nil {
		t.Error(err)
	}
	if days, err := a.Days("north"); err != nil || fmt.Sprint(days) != "[2026-11-22 2026-11-21]" {
		t.Errorf("days %v, %v", days, err)
	}
}

func TestNothingFromOutsideBecomesAPath(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	m := file(t, a, dir, "north", 1, morning, morning)
	if err := os.WriteFile(filepath.Join(dir, "secret.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", ".", "..", "../..", "north/../..", "north/", "\x00", "2026-11-21/../.."} {
		if _, err := a.Meta(bad, "2026-11-21", m.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("device %q: %v", bad, err)
		}
		if _, err := a.Meta("north", bad, m.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("day %q: %v", bad, err)
		}
		if _, err := a.Meta("north", "2026-11-21", photo.ID(bad)); !errors.Is(err, ErrNotFound) {
			t.Errorf("ID %q: %v", bad, err)
		}
		if _, err := a.Photos("north", bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("list of day %q: %v", bad, err)
		}
		if _, err := a.Days(bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("days of %q: %v", bad, err)
		}
		wrong := m
		wrong.Format = bad
		if err := a.File(wrong, filepath.Join(dir, "none")); err == nil {
			t.Errorf("format %q was filed", bad)
		}
	}
}

func TestDescriptionThatSomebodyEditedLeadsNowhere(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	m := file(t, a, dir, "north", 1, morning, morning)
	path := filepath.Join(dir, "photos", "north", "2026-11-21", string(m.ID)+".json")
	for _, text := range []string{`{`, `{"id":"` + string(m.ID) + `","device":"../..","slot":"2026-11-21T07:00:00Z","format":"jpg"}`,
		`{"id":"` + string(m.ID) + `","device":"north","slot":"2026-11-21T07:00:00Z","format":"/../../secret"}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := a.Find("north", m.ID); err == nil {
			t.Errorf("%s was believed: %+v", text, got)
		}
	}
}
