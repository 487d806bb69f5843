package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam/internal/export"
	"fieldcam/queue"
)

// checkSums runs sha256sum on the stick, and gives what it says.
func checkSums(t *testing.T, dir string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", "SHA256SUMS")
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	return string(out)
}

func TestExportCopiesWhatTheCloudHasNotGot(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		stick := t.TempDir()
		out := s.do("queue export --same-disk " + stick)
		if !strings.HasPrefix(out, "5 photos copied (20 kB) and read back\n") {
			t.Errorf("got %s, want 5 photos of 20 kB", out)
		}
		dirs, err := filepath.Glob(filepath.Join(stick, "fieldcam-pole-17-*Z"))
		if err != nil || len(dirs) != 1 {
			t.Fatalf("got %v, %v, want one directory", dirs, err)
		}
		sums := checkSums(t, dirs[0])
		for i, m := range all {
			if got := strings.Contains(sums, "20261120/"+string(m.ID)+"."+m.Format+": OK"); got != (i > 0) {
				t.Errorf("photo %d exported: %v, want all but the confirmed one\n%s", i, got, sums)
			}
		}
		if got := s.do("queue list --only lost"); !strings.Contains(got, "3 waiting, 1 held, 1 refused, 1 confirmed") {
			t.Errorf("after that: got %s, want the queue as it was", got)
		}
		if got := s.do("queue export --same-disk --from 2027-01-01 " + stick); got != "no such photos: nothing was copied\n" {
			t.Errorf("of the future: got %s, want none", got)
		}
	})
}

func TestExportTakesAChoiceAndSaysItInJSON(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		var r export.Result
		s.must(json.Unmarshal([]byte(s.do("queue export --json --same-disk --only confirmed,waiting --kind jpeg "+t.TempDir())), &r))
		if r.Photos != 3 || r.Bytes != 12_000 || len(r.Failed) != 0 {
			t.Errorf("got %+v, want three photos of 12000 bytes", r)
		}
		checkSums(t, r.Dir)
	})
}

func TestAnExportToNowhereSaysWhatToDo(t *testing.T) {
	s := newSite(t)
	s.fill()
	stick := t.TempDir()
	file := filepath.Join(stick, "file")
	s.must(os.WriteFile(file, nil, 0o600))
	for dir, want := range map[string]string{
		filepath.Join(stick, "none"): "mount the stick first",
		file:                         "is no directory",
		s.state:                      "--same-disk",
	} {
		r := s.run(nil, "queue", "export", dir)
		if r.code != exitFailure || !strings.Contains(r.err, want) {
			t.Errorf("export to %s: exit code %d, %s; want %q", dir, r.code, r.err, want)
		}
	}
	if left, err := os.ReadDir(stick); err != nil || len(left) != 1 {
		t.Errorf("the stick has %v (%v), want the file alone", left, err)
	}
}

func TestAnExportNamesThePhotosThatItHasNot(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		files, err := filepath.Glob(filepath.Join(s.state, "spool", "*", "*"+string(all[4].ID)+"*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("got %v, %v, want the photo's file", files, err)
		}
		s.must(os.WriteFile(files[0], make([]byte, all[4].Size), 0o644)) // as many bytes, and others
		r := s.run(nil, "queue", "export", "--same-disk", t.TempDir())
		if r.code != exitFailure || !strings.Contains(r.err, "not copied: "+string(all[4].ID)) || !strings.Contains(r.out, "4 photos copied") {
			t.Errorf("exit code %d, %s\n%s\nwant 4 photos, and the name of the other", r.code, r.out, r.err)
		}
		s.fixDamage(all[4])
	})
}

// fixDamage drops a photo that a test has damaged, so that the daemon's queue is
// sound at the end.
func (s *site) fixDamage(m photo.Meta) {
	s.t.Helper()
	if s.q == nil {
		s.work(func(q *queue.Queue) {
			_, err := q.Drop(m.ID)
			s.must(err)
		})
		return
	}
	_, err := s.q.Drop(m.ID)
	s.must(err)
}
