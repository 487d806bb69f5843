package export

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"fieldcam/capture/photo"
)

// line is one of SHA256SUMS.
type line struct{ sum, name string }

// lineForm is what a line is; the rest is looked at by parseLine.
var lineForm = regexp.MustCompile(`^([0-9a-f]{64})  (README\.txt|[0-9]{8}(?:-[0-9]{1,4})?/([^/.]+)\.([a-z0-9]{1,8}))$`)

// parseLine reads a line of this package's making; false for any other, such as
// one that a power cut left torn.
func parseLine(s string) (l line, ok bool) {
	m := lineForm.FindStringSubmatch(s)
	if m == nil {
		return line{}, false
	}
	if m[3] != "" {
		if id, err := photo.ParseID(m[3]); err != nil || !strings.HasPrefix(m[2], string(id)[:dayBytes]) {
			return line{}, false
		}
	}
	return line{m[1], m[2]}, true
}

func (l line) String() string { return l.sum + "  " + l.name }

// sidecar is the name of the JSON beside the photo called name.
func sidecar(name string) string { return strings.TrimSuffix(name, path.Ext(name)) + ".json" }

// syncLines is after how many lines the list is fsynced: a cut costs no more than
// reading so many files again.
const syncLines = 64

// list adds lines to the list.
func (e *export) list(lines ...line) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(e.sums, l); err != nil {
			return err
		}
	}
	if e.late += len(lines); e.late < syncLines {
		return nil
	}
	e.late = 0
	return e.sums.Sync()
}

// eachLine calls f for each line of the list in r, until it returns an error.
func eachLine(r io.Reader, f func(line) error) error {
	s := bufio.NewScanner(r)
	for s.Scan() {
		if l, ok := parseLine(s.Text()); ok {
			if err := f(l); err != nil {
				return err
			}
		}
	}
	// What is no line for a Scanner is a file that isn't ours any more: its photos
	// are looked at one by one.
	if err := s.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	return nil
}

// resume looks at what is there from before. What is listed and right stays listed,
// also where the queue no longer has the photo.
func (e *export) resume(ctx context.Context, name string) (err error) {
	e.path = filepath.Join(e.o.Dir, name)
	if e.made, err = time.Parse(timeForm, strings.TrimPrefix(name, prefix(e.o.Device))); err != nil {
		return err
	}
	if err := e.open(); err != nil {
		return err
	}
	old, err := e.root.Open(partName)
	if err != nil {
		return err
	}
	defer old.Close()
	if e.sums, err = e.root.OpenFile(newName, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o644); err != nil {
		return err
	}
	if err := e.writeReadme(ctx); err != nil {
		return err
	}
	if err := e.listRight(ctx, old); err != nil {
		return err
	}
	if err := e.sums.Sync(); err != nil {
		return err
	}
	return e.root.Rename(newName, partName)
}

// listRight reads the files that are listed in old, and lists those photos again
// that are right, as is the JSON listed after each. Where that isn't so, the photo
// is looked at when its turn comes. It goes line by line: a large disk's list is
// more than a controller's memory.
func (e *export) listRight(ctx context.Context, old io.ReadSeeker) error {
	lines := int64(0)
	if err := eachLine(old, func(line) error { lines++; return nil }); err != nil {
		return err
	}
	if _, err := old.Seek(0, io.SeekStart); err != nil {
		return err
	}
	now := Progress{Checking: true, OfPhotos: lines / 2} // a photo has two
	read := int64(0)
	var last line // the line before, where it is a photo that is right
	return eachLine(old, func(l line) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sum, size, err := e.sumOf(l.name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		right := err == nil && sum == l.sum
		read++
		now.Photos, now.Bytes = read/2, now.Bytes+size
		e.o.Progress(now)
		before := last
		last = line{}
		switch {
		case !right:
			return nil
		case l.name != sidecar(l.name):
			last = l
			return nil
		case before.name == "" || sidecar(before.name) != l.name || e.known[path.Base(before.name)]:
			return nil
		}
		e.known[path.Base(before.name)] = true
		return e.list(before, l)
	})
}

// sumOf reads the file called name.
func (e *export) sumOf(name string) (sum string, size int64, err error) {
	f, err := e.root.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := newHash()
	if size, err = h.read(f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
