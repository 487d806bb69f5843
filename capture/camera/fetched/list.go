package fetched

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fieldcam/capture/photo"
)

const (
	// maxAbsent is how many files are remembered that are not on the card any more:
	// more than a day at the shortest interval of 5 s.
	maxAbsent = 20_000
	// maxLine bounds a line of the list, in bytes.
	maxLine = 4 << 10
)

// Record is one file of the camera's card, as a line of the list has it; without a Path
// it is a note that a shot was begun.
type Record struct {
	Path string    `json:"path,omitempty"`
	Size int64     `json:"size"`
	Time time.Time `json:"time"` // the file's; of a note, what the camera's clock showed, or zero
	Sum  string    `json:"sha256,omitempty"`
	// At is when it was exposed, by the camera's clock; zero for unknown.
	At time.Time `json:"at,omitzero"`
	// Open: the file was on its way into the store, and nobody has seen it arrive. Of a
	// note: nobody knows what files the shot has.
	Open bool `json:"open,omitempty"`
	// Left: the file is no photo and is to become none, for a better one of its slot
	// did. Of a note: so are all its files.
	Left bool `json:"left,omitempty"`
	// What the photo of the shot's first file says of it. First is empty where there is
	// no such photo.
	First       photo.ID      `json:"first"`
	Slot        time.Time     `json:"slot"`
	Session     string        `json:"session,omitempty"`
	Trigger     photo.Trigger `json:"trigger"`
	Taken       time.Time     `json:"taken"`
	ClockSynced bool          `json:"clock_synced,omitempty"`
}

// Of is a Record of a shot, of which nothing else is known yet.
func Of(s photo.Shot) Record {
	return Record{Slot: s.Slot, Session: s.Session, Trigger: s.Trigger, Taken: s.Taken, ClockSynced: s.ClockSynced}
}

// Photo is that photo, as far as the list knows.
func (r *Record) Photo() photo.Meta {
	return photo.Meta{ID: r.First, Slot: r.Slot, Session: r.Session, Trigger: r.Trigger, Taken: r.Taken, ClockSynced: r.ClockSynced}
}

// Key is what is unique of a file, but for its time.
type Key struct {
	Path string
	Size int64
}

// List is a durable list of fetched files. It is for one goroutine at a time.
type List struct {
	path string
	// all are the records in the order of the file, byKey where each is in it.
	all   []Record
	byKey map[Key]int
	// byShot is the newest of each shot: its other files belong to that photo.
	byShot map[string]int
	// open are those of all that are, notes the shots that were begun and of which no
	// file is listed, the oldest first.
	open  map[Key]bool
	notes []Record
	// loaded: the file has been read. torn: its end is not to be written behind.
	loaded, torn bool
	lines        int
}

// New is the list in the file at path, whose directory exists. Nothing is read before
// Load.
func New(path string) *List { return &List{path: path} }

// Load reads the list, where that has not been done. The other methods need it.
func (r *List) Load() error {
	if r.loaded {
		return nil
	}
	*r = List{path: r.path, byKey: map[Key]int{}, byShot: map[string]int{}, open: map[Key]bool{}}
	file, err := os.Open(r.path)
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
			var one Record
			if json.Unmarshal(bytes.TrimSpace(line), &one) != nil || one.Path == "" && one.Slot.IsZero() {
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
func (r *List) put(one Record) {
	if one.Path == "" || len(r.notes) > 0 {
		r.forget(one)
	}
	if one.Path == "" {
		if one.Open {
			r.notes = append(r.notes, one)
			r.notes = r.notes[max(0, len(r.notes)-maxNotes):]
		}
		return
	}
	key := Key{one.Path, one.Size}
	n, ok := r.byKey[key]
	if !ok {
		n = len(r.all)
		r.all = append(r.all, one)
		r.byKey[key] = n
	}
	r.all[n] = one
	r.byShot[ShotOf(one.Path)] = n
	if one.Open {
		r.open[key] = true
	} else {
		delete(r.open, key)
	}
}

// Newest goes through all records, the newest first.
func (r *List) Newest() iter.Seq2[int, Record] { return slices.Backward(r.all) }

// Ahead is by how much the camera's clock was ahead, as the newest file of a slot shows; 0
// where there is none.
func (r *List) Ahead() time.Duration {
	for _, r := range r.Newest() {
		if r.Trigger == photo.Scheduled && !r.At.IsZero() {
			return r.At.Sub(r.Taken)
		}
	}
	return 0
}

// ShotOf is the path without its extension, which the files of one exposure share.
func ShotOf(path string) string { return path[:len(path)-len(filepath.Ext(path))] }

// Find is what was fetched under this name with this size.
func (r *List) Find(path string, size int64) (Record, bool) {
	n, ok := r.byKey[Key{path, size}]
	if !ok {
		return Record{}, false
	}
	return r.all[n], true
}

// NewestOf is the newest record of a shot, by ShotOf.
func (r *List) NewestOf(shot string) (Record, bool) {
	n, ok := r.byShot[shot]
	if !ok {
		return Record{}, false
	}
	return r.all[n], true
}

// Add takes a record in for good: it is durable on return. With an error it is
// remembered until the process ends.
func (r *List) Add(one Record) error {
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
	file, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
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
		if err := syncDir(filepath.Dir(r.path)); err != nil {
			return err
		}
	}
	r.lines++
	r.torn = false
	return nil
}

// Trim forgets files that are not on the card any more, but for the newest, and
// writes the list anew where half of its lines are of no use.
func (r *List) Trim(present func(Key) bool) error {
	kept := make([]Record, 0, len(r.all))
	absent := 0
	for _, one := range slices.Backward(r.all) {
		if !present(Key{one.Path, one.Size}) {
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
	r.all, r.byKey, r.byShot, r.open = nil, map[Key]int{}, map[string]int{}, map[Key]bool{}
	for _, one := range kept {
		r.put(one)
	}
	return r.rewrite()
}

// rewrite writes the list as a new file in the old one's place.
func (r *List) rewrite() error {
	path := r.path
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write list of fetched files: %w", err)
	}
	out := bufio.NewWriter(file)
	lines := json.NewEncoder(out) // one line each; out keeps the first error
	for _, some := range [][]Record{r.all, r.notes} {
		for i := range some {
			if err == nil {
				err = lines.Encode(&some[i])
			}
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
	if err := syncDir(filepath.Dir(r.path)); err != nil {
		return err
	}
	r.lines, r.torn = len(r.all)+len(r.notes), false
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
