package shutter

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fieldcam/capture/photo"
)

const (
	// listName is the file of the list, in Options.Dir.
	listName = "fetched.list"
	// maxAbsent is how many files are remembered that are not on the card any more:
	// more than a day at the shortest interval of 5 s.
	maxAbsent = 20_000
	// maxLine bounds a line of the list, in bytes.
	maxLine = 4 << 10
)

// record is one file that was fetched, as a line of the list has it.
type record struct {
	Path string    `json:"path"`
	Size int64     `json:"size"`
	Time time.Time `json:"time"` // the file's
	Sum  string    `json:"sha256"`
	// At is when it was exposed, by the camera's clock; zero for unknown.
	At time.Time `json:"at,omitzero"`
	// What the photo of the shot's first file says of it.
	First       photo.ID      `json:"first"`
	Slot        time.Time     `json:"slot"`
	Session     string        `json:"session,omitempty"`
	Trigger     photo.Trigger `json:"trigger"`
	Taken       time.Time     `json:"taken"`
	ClockSynced bool          `json:"clock_synced,omitempty"`
}

// first is that photo, as far as the list knows.
func (r *record) first() photo.Meta {
	return photo.Meta{ID: r.First, Slot: r.Slot, Session: r.Session, Trigger: r.Trigger, Taken: r.Taken, ClockSynced: r.ClockSynced}
}

// recordKey is what is unique of a file, but for its time.
type recordKey struct {
	path string
	size int64
}

// records is the list of fetched files. Its file has a line for each, of which the
// last of a key counts; a line that a power cut tore is no line.
type records struct {
	dir string
	// all are the records in the order of the file, byKey where each is in it.
	all   []record
	byKey map[recordKey]int
	// byShot is the newest of each shot: its other files belong to that photo.
	byShot map[string]int
	// loaded: the file has been read. torn: its end is not to be written behind.
	loaded, torn bool
	lines        int
}

// load reads the list, once.
func (r *records) load() error {
	if r.loaded {
		return nil
	}
	*r = records{dir: r.dir, byKey: map[recordKey]int{}, byShot: map[string]int{}}
	file, err := os.Open(filepath.Join(r.dir, listName))
	if errors.Is(err, fs.ErrNotExist) {
		r.loaded = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("open list of fetched files: %w", err)
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			r.torn = true // no line of ours: written anew, without it
			continue
		case err != nil && len(line) > 0:
			r.torn = true
		case err == nil:
			var one record
			if json.Unmarshal(bytes.TrimSpace(line), &one) != nil || one.Path == "" {
				r.torn = true
				continue
			}
			r.put(one)
			r.lines++
			continue
		}
		if !errors.Is(err, io.EOF) {
			return fmt.Errorf("read list of fetched files: %w", err)
		}
		r.loaded = true
		return nil
	}
}

// put takes a record in.
func (r *records) put(one record) {
	key := recordKey{one.Path, one.Size}
	n, ok := r.byKey[key]
	if !ok {
		n = len(r.all)
		r.all = append(r.all, one)
		r.byKey[key] = n
	}
	r.all[n] = one
	r.byShot[shotOf(one.Path)] = n
}

// shotOf is the path without its extension.
func shotOf(path string) string { return path[:len(path)-len(filepath.Ext(path))] }

// find is what was fetched under this name with this size.
func (r *records) find(path string, size int64) (record, bool) {
	n, ok := r.byKey[recordKey{path, size}]
	if !ok {
		return record{}, false
	}
	return r.all[n], true
}

// newestOf is the newest record of a shot, by the path without extension.
func (r *records) newestOf(shot string) (record, bool) {
	n, ok := r.byShot[shot]
	if !ok {
		return record{}, false
	}
	return r.all[n], true
}

// add takes a record in for good: it is durable on return. With an error it is
// remembered until the process ends.
func (r *records) add(one record) error {
	r.put(one)
	if r.torn {
		return r.rewrite()
	}
	line, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("list fetched file: %w", err)
	}
	// Until it is known to be whole, what is written next goes to a new file.
	r.torn = true
	file, err := os.OpenFile(filepath.Join(r.dir, listName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("list fetched file: %w", err)
	}
	_, err = file.Write(append(line, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("list fetched file: %w", err)
	}
	if r.lines == 0 {
		if err := syncDir(r.dir); err != nil {
			return err
		}
	}
	r.lines++
	r.torn = false
	return nil
}

// trim forgets files that are not on the card any more, but for the newest, and
// writes the list anew where half of its lines are of no use.
func (r *records) trim(present func(recordKey) bool) error {
	kept := make([]record, 0, len(r.all))
	absent := 0
	for _, one := range slices.Backward(r.all) {
		if !present(recordKey{one.Path, one.Size}) {
			if absent++; absent > maxAbsent {
				continue
			}
		}
		kept = append(kept, one)
	}
	const slack = 1000 // lines
	if r.lines < 2*len(kept)+slack && len(r.all) < 2*len(kept)+slack && !r.torn {
		return nil
	}
	slices.Reverse(kept)
	r.all, r.byKey, r.byShot = nil, map[recordKey]int{}, map[string]int{}
	for _, one := range kept {
		r.put(one)
	}
	return r.rewrite()
}

// rewrite writes the list as a new file in the old one's place.
func (r *records) rewrite() error {
	path := filepath.Join(r.dir, listName)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write list of fetched files: %w", err)
	}
	out := bufio.NewWriter(file)
	lines := json.NewEncoder(out) // one line each; out keeps the first error
	for i := range r.all {
		if err = lines.Encode(&r.all[i]); err != nil {
			break
		}
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("write list of fetched files: %w", err)
	}
	if err := syncDir(r.dir); err != nil {
		return err
	}
	r.lines, r.torn = len(r.all), false
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("list of fetched files: %w", err)
	}
	err = errors.Join(d.Sync(), d.Close())
	if err != nil {
		return fmt.Errorf("list of fetched files: %w", err)
	}
	return nil
}
