package queue_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/queue"
)

// The power goes within a commit: of the pages that bbolt was writing the card
// may hold some and not others, and its meta page may be torn. The index is then
// as before the commit, or the start makes up from the spool what is missing.
func TestATornCommitIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := scratch(t)
	r := newRig(t)
	r.with = both
	r.open()
	p := newPromise()
	var before []byte
	var told *promise // before the commit
	torn, last := 0, ""
	r.watch = func(step string) { // the step before is through
		// Before a photo is lost its file goes, for which no promise is made.
		if isIndexStep(last) && last != queue.StepIndexCompact && step != queue.StepIndexLose && !t.Failed() {
			after, err := os.ReadFile(r.index())
			r.do("read", err)
			for how, index := range tear(before, after) {
				torn++
				to := filepath.Join(dir, fmt.Sprint(torn))
				r.copyTo(to)
				other := rigAt(t, to)
				other.with, other.slot = both, r.slot
				other.do("write", os.WriteFile(other.index(), index, 0o644))
				other.open()
				told.clone().verify(other)
				if t.Failed() {
					t.Errorf("commit of %s, %s", last, how)
				}
				other.close()
			}
		}
		last = step
		if isIndexStep(step) {
			var err error
			before, err = os.ReadFile(r.index())
			r.do("read", err)
			told = p.clone()
		}
	}
	r.do("script", p.run(r))
	r.watch = nil
	if torn < 40 {
		t.Errorf("%d torn commits were tried, want 40 or more", torn)
	}
}

// tear makes of an index before and after a commit what a card may hold in its
// midst.
func tear(before, after []byte) map[string][]byte {
	grown := append(bytes.Clone(before), make([]byte, max(0, len(after)-len(before)))...)
	half, torn := bytes.Clone(grown), bytes.Clone(after)
	n := 0
	for at := 2 * indexPage; at < len(after); at += indexPage {
		if !bytes.Equal(after[at:][:indexPage], grown[at:][:indexPage]) {
			if n++; n%2 == 0 {
				copy(half[at:], after[at:][:indexPage])
			} else {
				copy(half[at:], after[at:][:512]) // one sector of it
			}
		}
	}
	for at := range 2 * indexPage { // half of the meta page that changed
		if at%indexPage >= 16+44 {
			torn[at] = grown[at]
		}
	}
	return map[string][]byte{"some pages and no meta page": half, "all pages and half a meta page": torn}
}

// copyTo copies the queue's directory, photos as links.
func (r *rig) copyTo(dir string) {
	r.Helper()
	r.do("copy", filepath.WalkDir(r.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, r.dir))
		switch {
		case e.IsDir():
			return os.MkdirAll(to, 0o755)
		case strings.HasPrefix(path, filepath.Join(r.dir, "spool")):
			return os.Link(path, to)
		case e.Name() == "queue.lock":
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	}))
}
