package spool_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/queue/spool"
)

func TestOddNamesAreForeign(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	const stem, shard = "00000000000000000042-20261121T070316Z-000042-9f3ac1", "00000000000000000"
	id := stem[21:]
	if err := os.MkdirAll(filepath.Join(dir, "spool", shard), 0o755); err != nil {
		t.Fatal(err)
	}
	odd := []string{
		"x", strings.Repeat("0", 18) + "42", stem, "00000000000000000043-" + id + ".jpg",
		stem + ".JPG", stem + ".json", stem + ".part.json", "00000000000000000042_" + id + ".jpg",
		"00000000000000000042-20261399T070316Z-000042-9f3ac1.jpg", "-0000000000000000042-" + id + ".jpg",
		stem + ".jpg\x01", "99999999999999999999-" + id + ".jpg", "ü", " ",
		"00000000000000000000-20261121T070316Z-000000-9f3ac1.jpg",
		"18446744073709551615-20261121T070316Z-18446744073709551615-9f3ac1.jpg",
	}
	for _, name := range odd {
		for _, in := range []string{"", shard} {
			if err := os.WriteFile(filepath.Join(dir, "spool", in, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A directory called like a photo, a link, a photo in another's shard, a file
	// called like a shard.
	os.Mkdir(filepath.Join(dir, "spool", stem+".jpg"), 0o755)
	os.Symlink("nowhere", filepath.Join(dir, "spool", shard, stem+".jpg"))
	os.WriteFile(filepath.Join(dir, "spool", shard, "00000000000000001000-20261121T070316Z-001000-9f3ac1.jpg"), nil, 0o644)
	os.WriteFile(filepath.Join(dir, "spool", "00000000000000007"), nil, 0o644)
	for _, from := range []uint64{0, 5000} {
		n := 0
		if err := s.Scan(from, func(e spool.Entry) error {
			n++
			if e.Kind != spool.Foreign || e.Seq != 0 {
				t.Errorf("%q is %+v, want it foreign", e.Name, e)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if want := len(odd) + 2; from > 0 && n != want || from == 0 && n != 2*len(odd)+4 {
			t.Errorf("Scan from %d told of %d files", from, n)
		}
	}
}

// The first release kept all photos in one directory.
func TestFlatFilesAreFoundStill(t *testing.T) {
	dir := t.TempDir()
	m := write(t, open(t, dir), meta(42), []byte("picture"))
	name := spool.Name(m)
	flat := filepath.Join(dir, "spool", name)
	if err := os.Rename(filepath.Join(dir, "spool", "00000000000000000", name), flat); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "spool", "00000000000000000043-20261121T070316Z-000043-9f3ac1.part"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if err := s.Secure(m); err != nil {
		t.Errorf("Secure of a flat photo = %v", err)
	}
	kinds := map[spool.Kind]int{}
	for _, e := range scan(t, s) {
		kinds[e.Kind]++
	}
	if kinds[spool.Photo] != 1 || kinds[spool.Part] != 1 || kinds[spool.Foreign] != 0 {
		t.Errorf("Scan = %v, want a photo and a part", kinds)
	}
	if err := errors.Join(s.Remove(name), s.Sync(name)); err != nil {
		t.Errorf("Remove = %v", err)
	}
	if _, err := os.Lstat(flat); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove: %v, want %v", err, fs.ErrNotExist)
	}
}

func TestScanLooksAtTheShardsFromANumberOn(t *testing.T) {
	s := open(t, t.TempDir())
	numbers := []uint64{1, 999, 1000, 1001, 2500, 1 << 40}
	for _, n := range numbers {
		write(t, s, meta(n), []byte("picture"))
	}
	for _, from := range []uint64{0, 1, 2, 999, 1000, 1001, 1002, 2000, 2500, 2501, 1 << 40, 1<<40 + 1} {
		got := map[uint64]bool{}
		if err := s.Scan(from, func(e spool.Entry) error {
			got[e.Seq] = got[e.Seq] || e.Kind == spool.Photo
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers {
			if got[n] != (n >= from) {
				t.Errorf("Scan from %d has number %d: %t", from, n, got[n])
			}
		}
	}
}

func TestEmptyShardGoesButNotTheNewest(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var names []string
	for _, n := range []uint64{1, 2, 1001} {
		names = append(names, spool.Name(write(t, s, meta(n), []byte("picture"))))
	}
	shards := func() (all []string) {
		entries, err := os.ReadDir(filepath.Join(dir, "spool"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, e.Name()[16:])
		}
		return all
	}
	for i, want := range []string{"[0 1]", "[1]", "[1]"} {
		if err := errors.Join(s.Remove(names[i]), s.Sync(names[i])); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(shards()); got != want {
			t.Errorf("after %d photos went, shards %s, want %s", i+1, got, want)
		}
	}
	write(t, s, meta(1002), []byte("picture"))
	write(t, s, meta(3), []byte("late")) // its shard is made again
}

// A shard's last photo is deleted while a photo is created in it.
func TestPhotoFindsItsShardGone(t *testing.T) {
	dir := t.TempDir()
	creates := 0
	s, err := spool.Open(spool.Options{Dir: filepath.Join(dir, "spool"), Aside: filepath.Join(dir, "damaged"), Fault: func(step string) error {
		if step == spool.StepCreate {
			if creates++; creates == 1 {
				return os.RemoveAll(filepath.Join(dir, "spool", "00000000000000000"))
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	m := write(t, s, meta(5), []byte("picture"))
	if err := s.Verify(m); err != nil || creates != 2 {
		t.Errorf("Verify = %v after %d tries, want nil after 2", err, creates)
	}
}
