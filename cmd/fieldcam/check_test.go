package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func TestCheckOfASoundQueueFindsNothing(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		if got := s.do("queue check"); got != "index and spool: nothing is wrong\n" {
			t.Errorf("got %s, want nothing wrong", got)
		}
		if got := s.do("queue check --photos"); got != "index and spool: nothing is wrong\n5 photos read (20 kB)\n" {
			t.Errorf("with --photos: got %s, want 5 photos read", got)
		}
	})
}

func TestCheckNamesEachFinding(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		files, err := filepath.Glob(filepath.Join(s.state, "spool", "*", "*"+string(all[4].ID)+"*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("got %v, %v, want the photo's file", files, err)
		}
		s.must(os.WriteFile(files[0], make([]byte, all[4].Size), 0o644))
		r := s.run(nil, "queue", "check", "--photos", "--json")
		var c checkResult
		s.must(json.Unmarshal([]byte(r.out), &c))
		if r.code != exitFailure || len(c.Findings) != 1 || !strings.Contains(c.Findings[0], string(all[4].ID)) || c.Photos != 5 {
			t.Errorf("exit code %d, %+v; want 1, and the photo's name", r.code, c)
		}
		if got := s.do("queue list --only lost"); !strings.Contains(got, string(all[4].ID)) {
			t.Errorf("lost photos: got %s, want the damaged one", got)
		}
		s.fixDamage(all[4])
	})
}

func TestCheckSaysWhatOpeningMended(t *testing.T) {
	s := newSite(t)
	s.fill()
	s.must(os.WriteFile(filepath.Join(s.state, "queue.db"), []byte("nonsense"), 0o600))
	out := s.do("queue check")
	for _, want := range []string{"Opening the queue mended it:", "the index was damaged", "6 photos taken in", "nothing is wrong"} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant %q in it", out, want)
		}
	}
}

func TestRebuildNeedsTheDaemonStopped(t *testing.T) {
	s := newSite(t)
	s.fill()
	s.daemon()
	r := s.run(nil, "queue", "rebuild")
	if r.code != exitFailure || !strings.Contains(r.err, "systemctl stop fieldcam") {
		t.Errorf("exit code %d, %s; want how to stop the daemon", r.code, r.err)
	}
}

func TestRebuildSaysWhyItCannotAskTheDaemon(t *testing.T) {
	s := newSite(t)
	s.state = s.config // no directory
	r := s.run(nil, "queue", "rebuild")
	if r.code != exitFailure || strings.Contains(r.err, "is running") || !strings.Contains(r.err, "not a directory") {
		t.Errorf("exit code %d, %s; want the socket's fault", r.code, r.err)
	}
}

func TestRebuildMakesTheIndexAnew(t *testing.T) {
	s := newSite(t)
	s.fill()
	out := s.do("queue rebuild")
	if strings.Contains(out, "damaged (") {
		t.Errorf("got\n%s\nwant no word of damage: there is none", out)
	}
	for _, want := range []string{"the old index is kept in", "made anew from the photos", "6 photos taken into it"} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant %q in it", out, want)
		}
	}
	if got := s.do("queue list --only lost"); !strings.Contains(got, "in all: 4 waiting, 1 held, 1 confirmed\n") {
		t.Errorf("after that: got %s, want the states, but what was refused waits", got)
	}
}

// A daemon that is no root must be able to open what root's hands made.
func TestWhatRootMakesIsTheQueuesOwners(t *testing.T) {
	s := newSite(t)
	all := s.fill()
	uid := os.Getuid()
	if uid == 0 {
		uid = 54321 // nobody's
		for _, dir := range []string{filepath.Dir(s.state), filepath.Dir(filepath.Dir(s.config))} {
			s.must(os.Chmod(dir, 0o755)) // the way there
		}
		s.must(filepath.WalkDir(s.state, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, uid, uid)
		}))
	}
	asRoot := &owner{acting: os.Getuid() == 0} // what ends with a command's process
	s.do("queue rebuild")
	s.must(asRoot.leave())
	files, err := filepath.Glob(filepath.Join(s.state, "spool", "*", "*"+string(all[4].ID)+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v, %v, want the photo's file", files, err)
	}
	s.must(os.Truncate(files[0], 1)) // it will be set aside
	stick := t.TempDir()             // root's
	if r := s.run(nil, "queue", "export", "--same-disk", stick); !strings.Contains(r.out, "4 photos copied") {
		t.Errorf("export: got %s\n%s\nwant 4 photos copied", r.out, r.err)
	}
	s.must(filepath.WalkDir(s.state, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		if got := st.Sys().(*syscall.Stat_t).Uid; int(got) != uid {
			t.Errorf("%s is user %d's, want %d's", path, got, uid)
		}
		return nil
	}))
	if _, err := os.Stat(filepath.Join(s.state, "damaged")); err != nil {
		t.Errorf("the damaged photo's directory: %v", err)
	}
}

func TestRecoveryIsSaidInWords(t *testing.T) {
	lines := recoveryLines(queue.Recovery{
		Damage: strings.Repeat("wort ", 100), SetAside: "damaged/queue.db-20261121T104839Z", Rebuilt: true, Adopted: 1, Unread: 2, Unadopted: 3,
		Removed: 4, Damaged: 5, Lost: 6, Found: 7, Foreign: 20, ForeignNames: []string{strings.Repeat("n", 200), "other"},
	})
	var b strings.Builder
	printList(&b, lines)
	narrow(t, b.String())
	if len(lines) != 10 || len(recoveryLines(queue.Recovery{})) != 0 {
		t.Errorf("got %q, want ten lines, and none where nothing was done", lines)
	}
}
