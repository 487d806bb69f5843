package export_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/cmd/fieldcam/internal/export"
)

func TestAnExportThatWasBrokenOffGoesOn(t *testing.T) {
	dir, p := t.TempDir(), photos(9)
	o := options(dir, p)
	pulled := errors.New("stick was pulled out")
	for part := range 3 { // three photos each time
		left := 3
		p.before = func() error {
			if left--; left < 0 {
				return pulled
			}
			return nil
		}
		r, err := export.Run(t.Context(), o)
		if part < 2 && !errors.Is(err, pulled) {
			t.Fatalf("part %d: got %v, want %v", part, err, pulled)
		}
		if want := int64(3); r.Photos != want || r.Resumed != (part > 0) || r.There != int64(3*part) {
			t.Errorf("part %d: got %+v, want %d photos copied, %d there", part, r, want, 3*part)
		}
		if _, err := os.Stat(filepath.Join(r.Dir, "SHA256SUMS")); (err == nil) != (part == 2) {
			t.Errorf("part %d: SHA256SUMS: %v; want it at the end alone", part, err)
		}
		o.Now = o.Now.Add(time.Hour) // the directory stays
	}
	if p.opened != 9 {
		t.Errorf("%d photos were read, want each once", p.opened)
	}
	judge(t, filepath.Join(dir, "fieldcam-cam-1-20261121T104839Z"), p)
	p.before = nil
	if r := run(t, o); r.Resumed || r.Photos != 9 {
		t.Errorf("after the end: got %+v, want a new export", r)
	}
}

// broken makes an export of p whose last photo is missing, and gives its place.
func broken(t *testing.T, dir string, p *pictures) string {
	t.Helper()
	pulled := errors.New("stick was pulled out")
	last := p.metas[len(p.metas)-1].ID
	p.errs[last] = pulled
	r, err := export.Run(t.Context(), options(dir, p))
	if !errors.Is(err, pulled) {
		t.Fatalf("got %v, want %v", err, pulled)
	}
	delete(p.errs, last)
	return r.Dir
}

func TestWhatAPowerCutLeftOnTheStickIsMadeGood(t *testing.T) {
	for name, spoil := range map[string]func(dir, photo string) error{
		"a torn list":       func(dir, _ string) error { return appendTo(dir+"/SHA256SUMS.part", "0123abcd") },
		"an empty list":     func(dir, _ string) error { return os.Truncate(dir+"/SHA256SUMS.part", 0) },
		"a list of rubbish": func(dir, _ string) error { return appendTo(dir+"/SHA256SUMS.part", strings.Repeat("x", 200_000)) },
		"a short photo":     func(_, photo string) error { return os.Truncate(photo+".jpg", 10) },
		"a changed photo":   func(_, photo string) error { return os.WriteFile(photo+".jpg", []byte("other"), 0o644) },
		"a missing photo":   func(_, photo string) error { return os.Remove(photo + ".jpg") },
		"no metadata":       func(_, photo string) error { return os.Remove(photo + ".json") },
		"other metadata":    func(_, photo string) error { return os.WriteFile(photo+".json", []byte("{}"), 0o644) },
		"no README":         func(dir, _ string) error { return os.Remove(dir + "/README.txt") },
		"a list cut while it was made anew": func(dir, _ string) error {
			return os.WriteFile(dir+"/SHA256SUMS.new", []byte("half of i"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, p := t.TempDir(), photos(6)
			made := broken(t, dir, p)
			if err := spoil(made, filepath.Join(made, string(p.metas[0].ID)[:8], string(p.metas[0].ID))); err != nil {
				t.Fatal(err)
			}
			if r := run(t, options(dir, p)); !r.Resumed || r.Photos+r.There != 6 {
				t.Errorf("got %+v, want that it went on to 6 photos", r)
			}
			judge(t, made, p)
		})
	}
}

func appendTo(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func TestAPhotoThatLeftTheQueueMeanwhileStaysInTheExport(t *testing.T) {
	dir, p := t.TempDir(), photos(4)
	made := broken(t, dir, p)
	rest := &pictures{metas: p.metas[2:], bytes: p.bytes}
	if r := run(t, options(dir, rest)); r.Photos != 1 || r.There != 1 {
		t.Errorf("got %+v, want 1 copied and 1 there", r)
	}
	judge(t, made, p)
}

func TestAStickThatDoesNotKeepItsBytesEndsTheExport(t *testing.T) {
	dir, p := t.TempDir(), photos(3)
	o := options(dir, p)
	o.Progress = func(now export.Progress) {
		if now.Photos != 1 || now.Bytes < p.metas[0].Size+p.metas[1].Size {
			return
		}
		// The second photo's last byte has been written, and none read back.
		names, err := filepath.Glob(filepath.Join(dir, "*", "*", string(p.metas[1].ID)+".jpg"))
		if err != nil || len(names) != 1 {
			t.Errorf("got %v, %v, want the second photo", names, err)
			return
		}
		f, err := os.OpenFile(names[0], os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteAt([]byte{0xff}, 20)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Error(err)
		}
	}
	if r, err := export.Run(t.Context(), o); !errors.Is(err, export.ErrNotKept) || r.Photos != 1 {
		t.Errorf("got %+v, %v, want ErrNotKept after one photo", r, err)
	}
}

func TestAnExportThatIsInterruptedLeavesNoPartOfAPhoto(t *testing.T) {
	dir, p := t.TempDir(), photos(6)
	ctx, cancel := context.WithCancel(t.Context())
	o := options(dir, p)
	o.Progress = func(now export.Progress) {
		if now.Photos == 3 {
			cancel()
		}
	}
	r, err := export.Run(ctx, o)
	if !errors.Is(err, context.Canceled) || len(r.Failed) != 0 {
		t.Errorf("got %+v, %v, want that it was cancelled", r, err)
	}
	names, err := filepath.Glob(filepath.Join(r.Dir, "*", "*.jpg"))
	if err != nil || int64(len(names)) != r.Photos {
		t.Errorf("got %v, %v, want %d whole photos", names, err, r.Photos)
	}
	if r := run(t, options(dir, p)); !r.Resumed || r.Photos+r.There != 6 {
		t.Errorf("got %+v, want that it went on to 6 photos", r)
	}
	judge(t, r.Dir, p)
}

func TestALookAtWhatIsThereThatIsInterruptedLosesNothing(t *testing.T) {
	dir, p := t.TempDir(), photos(9)
	made := broken(t, dir, p)
	ctx, cancel := context.WithCancel(t.Context())
	o := options(dir, p)
	o.Progress = func(now export.Progress) {
		if now.Checking && now.Photos == 4 {
			cancel()
		}
	}
	if r, err := export.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %+v, %v, want that it was cancelled", r, err)
	}
	if r := run(t, options(dir, p)); r.There != 8 || r.Photos != 1 {
		t.Errorf("got %+v, want 8 photos there and 1 copied", r)
	}
	judge(t, made, p)
}
