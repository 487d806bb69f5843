package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam/internal/export"
)

// pictures is a Source in memory.
type pictures struct {
	metas []photo.Meta
	bytes map[photo.ID][]byte
	errs  map[photo.ID]error
	// opened counts the photos that were read; before is asked before each.
	opened int
	before func() error
}

func (p *pictures) Each(_ context.Context, f func(photo.Meta) error) error {
	for _, m := range p.metas {
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

func (p *pictures) Open(_ context.Context, m photo.Meta) (io.ReadCloser, error) {
	if err := p.errs[m.ID]; err != nil {
		return nil, err
	}
	if p.before != nil {
		if err := p.before(); err != nil {
			return nil, err
		}
	}
	p.opened++
	return io.NopCloser(bytes.NewReader(p.bytes[m.ID])), nil
}

// start is when the first photo of a source was taken.
func start() time.Time { return time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC) }

// photos makes a source of n photos, one each half hour, newest first. Each third
// one is larger than a piece.
func photos(n int) *pictures {
	p := &pictures{bytes: map[photo.ID][]byte{}, errs: map[photo.ID]error{}}
	for i := n; i > 0; i-- {
		taken := start().Add(time.Duration(i-1) * 30 * time.Minute)
		b := bytes.Repeat([]byte{byte(i)}, 100+i)
		if i%3 == 0 {
			b = bytes.Repeat(b, 3000)
		}
		sum := sha256.Sum256(b)
		m := photo.Meta{ID: photo.NewID(taken, uint64(i)), Device: "cam-1", Taken: taken, Trigger: photo.Manual, Size: int64(len(b)),
			SHA256: hex.EncodeToString(sum[:]), Exposure: photo.Exposure{Format: "jpg"}}
		p.metas, p.bytes[m.ID] = append(p.metas, m), b
	}
	return p
}

// options export p into dir.
func options(dir string, p *pictures) export.Options {
	return export.Options{Source: p, Device: "cam-1", Now: time.Date(2026, 11, 21, 10, 48, 39, 0, time.UTC), Dir: dir}
}

// run makes an export that must succeed.
func run(t *testing.T, o export.Options) export.Result {
	t.Helper()
	r, err := export.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// judge fails unless dir is a whole export of p's photos: by sha256sum, and by
// what is in it.
func judge(t *testing.T, dir string, p *pictures) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	files := 0
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		if strings.ContainsAny(d.Name(), `:*?"<>|\`) {
			t.Errorf("%s: FAT has no such name", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if lines := bytes.Count(out, []byte(": OK\n")); files != lines+1 || lines != 2*len(p.metas)+1 {
		t.Errorf("%d files, %d of them checked, want %d: %d photos, as many JSON files and README.txt\n%s", files, lines, 2*len(p.metas)+1, len(p.metas), out)
	}
	for _, m := range p.metas {
		name := filepath.Join(dir, string(m.ID)[:8], string(m.ID))
		b, err := os.ReadFile(name + ".jpg")
		if err != nil || !bytes.Equal(b, p.bytes[m.ID]) {
			t.Errorf("%s: %v, or its bytes differ", name, err)
		}
		var about photo.Meta
		if b, err = os.ReadFile(name + ".json"); err != nil || json.Unmarshal(b, &about) != nil || about != m {
			t.Errorf("%s.json: %v, %s; want %+v", name, err, b, m)
		}
	}
}

func TestAnExportCanBeCheckedByStandardTools(t *testing.T) {
	dir, p := t.TempDir(), photos(8)
	r := run(t, options(dir, p))
	want := filepath.Join(dir, "fieldcam-cam-1-20261121T104839Z")
	if r.Dir != want || r.Photos != 8 || r.There != 0 || len(r.Failed) != 0 || r.Resumed {
		t.Errorf("got %+v, want 8 photos in %s", r, want)
	}
	judge(t, want, p)
	text, err := os.ReadFile(filepath.Join(want, "README.txt"))
	if err != nil || !bytes.Contains(text, []byte("sha256sum -c SHA256SUMS")) {
		t.Errorf("README.txt: %v, %s; want how to check", err, text)
	}
}

func TestAByteThatChangedOnTheStickIsFoundThere(t *testing.T) {
	dir, p := t.TempDir(), photos(2)
	r := run(t, options(dir, p))
	name := filepath.Join(r.Dir, "20261120", string(p.metas[1].ID)+".jpg")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[50] ^= 1
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "sha256sum", "-c", "SHA256SUMS")
	c.Dir = r.Dir
	if out, err := c.CombinedOutput(); err == nil {
		t.Errorf("sha256sum finds nothing:\n%s", out)
	}
}

func TestADamagedPhotoIsNamedAndTheRestIsCopied(t *testing.T) {
	dir, p := t.TempDir(), photos(6)
	changed, short, unreadable, gone := p.metas[0].ID, p.metas[1].ID, p.metas[2].ID, p.metas[3].ID
	p.bytes[changed] = bytes.Repeat([]byte{7}, len(p.bytes[changed]))
	p.bytes[short] = p.bytes[short][:10]
	p.errs[unreadable] = fmt.Errorf("%w: bad sector", export.ErrUnreadable)
	p.errs[gone] = export.ErrGone
	r := run(t, options(dir, p))
	var failed []photo.ID
	for _, f := range r.Failed {
		failed = append(failed, f.ID)
	}
	if want := []photo.ID{changed, short, unreadable}; !slices.Equal(failed, want) || r.Photos != 2 || r.Gone != 1 {
		t.Errorf("got %+v, want failures of %v, 2 copied, 1 gone", r, want)
	}
	p.metas = p.metas[4:]
	judge(t, r.Dir, p)
}

func TestAStickThatIsTooSmallIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	dir, p := t.TempDir(), photos(6)
	o := options(dir, p)
	o.Space = func(string) (free, cluster uint64, err error) { return 2_000_000, 32 << 10, nil }
	if _, err := export.Run(t.Context(), o); !errors.Is(err, export.ErrSpace) {
		t.Errorf("got %v, want ErrSpace", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the stick has %v (%v), want nothing", left, err)
	}
}

func TestNoPhotosMakeNoDirectory(t *testing.T) {
	dir := t.TempDir()
	if r := run(t, options(dir, photos(0))); r.Dir != "" || r.Failed == nil {
		t.Errorf("got %+v, want nothing made", r)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("the stick has %v, want nothing", left)
	}
}

func TestAnotherDevicesExportIsLeftAlone(t *testing.T) {
	dir, p := t.TempDir(), photos(3)
	made := broken(t, dir, p)
	o := options(dir, photos(2))
	o.Device = "cam-10"
	p.before = nil
	if r := run(t, o); r.Resumed || r.Dir == made {
		t.Errorf("got %+v, want an export of its own", r)
	}
	if _, err := os.Stat(filepath.Join(made, "SHA256SUMS.part")); err != nil {
		t.Errorf("the other's: %v", err)
	}
}

func TestProgressComesToTheWhole(t *testing.T) {
	p, last := photos(7), export.Progress{}
	o := options(t.TempDir(), p)
	o.Progress = func(p export.Progress) {
		if p.Bytes < last.Bytes || p.Bytes > p.OfBytes {
			t.Errorf("progress: got %+v after %+v", p, last)
		}
		last = p
	}
	r := run(t, o)
	if last.Bytes != r.Bytes || last.OfBytes != r.Bytes || last.OfPhotos != 7 {
		t.Errorf("at the end: got %+v, want %d bytes of 7 photos", last, r.Bytes)
	}
}

func TestADayOfManyPhotosFitsFAT(t *testing.T) {
	dir := t.TempDir()
	taken := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	b := []byte("x")
	sum := sha256.Sum256(b)
	made := broken(t, dir, &pictures{
		metas: []photo.Meta{{ID: photo.NewID(taken, 1)}}, errs: map[photo.ID]error{},
	})
	full := filepath.Join(made, "20261121")
	for i := range 10_000 { // as 5,000 photos
		if err := os.WriteFile(filepath.Join(full, fmt.Sprint("other", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := photo.Meta{ID: photo.NewID(taken, 2), Size: 1, SHA256: hex.EncodeToString(sum[:]), Exposure: photo.Exposure{Format: "cr2"}}
	p := &pictures{metas: []photo.Meta{m}, bytes: map[photo.ID][]byte{m.ID: b}}
	run(t, options(dir, p))
	if _, err := os.Stat(filepath.Join(made, "20261121-2", string(m.ID)+".cr2")); err != nil {
		t.Errorf("the next directory: %v", err)
	}
	c := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	c.Dir = made
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}
