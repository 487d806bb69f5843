// Package pause is a person's pause: from now until a given time no photo is
// taken by schedule and no upload session is begun, while check-ins go on. The
// pauses of the configuration are not its business (package schedule).
//
// Promises:
//   - A pause that was set survives a restart and a power cut: it is on the card
//     before Set returns.
//   - It always ends: by itself, Max after it was set at the latest.
//   - In doubt photos are taken: a file that can't be read or believed is no
//     pause, and a clock that shows a time before the pause was set, or after its
//     end, is outside of it. A photo too many can be deleted, one too few can't be
//     taken again.
//   - The latest pause stays known after its end, so that slots of that time are
//     told from slots that were missed.
//
// A Pause's methods may be called from any goroutine; Paused and State wait for
// nothing, not even for a Set under way.
package pause

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// FileName is the file's name in the state directory.
const FileName = "pause.json"

const (
	// Max is the longest pause: who needs a longer one writes it into the
	// configuration, where the next person sees it.
	Max = 30 * 24 * time.Hour
	// MaxReason is the longest reason, in characters.
	MaxReason = 200
	// maxFile bounds the reading of the file; a whole one has under 1.5 KB.
	maxFile = 4096
	// fileMode lets the group read: technicians need not be root.
	fileMode = 0o640
	// temporaryExt is of the file that is being written.
	temporaryExt = ".new"
	// format is the file's version.
	format = 1
)

// State is the latest pause; the zero State where there was none.
type State struct {
	// From and Until are its ends, in wall time, UTC: From <= t < Until. Until is
	// when it was cleared, if somebody did.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Set is when it was set, or set anew, the last time.
	Set time.Time `json:"set"`
	// Reason is what the person gave; can be empty.
	Reason string `json:"reason,omitempty"`
}

// Paused tells whether at is inside.
func (s State) Paused(at time.Time) bool { return !at.Before(s.From) && at.Before(s.Until) }

// Pause is the pause of one state directory.
type Pause struct {
	dir   string
	state atomic.Pointer[State]
	// writing is held while the file changes.
	writing sync.Mutex
}

// Load reads the pause of the state directory dir, which need not hold one. The
// Pause can be used even where there is an error: the file was damaged then, or
// could not be read, and nothing is paused until the next Set.
func Load(dir string) (*Pause, error) {
	p := &Pause{dir: dir}
	s, err := read(p.path())
	p.state.Store(&s)
	if err != nil {
		return p, fmt.Errorf("read pause, nothing is paused: %w", err)
	}
	return p, nil
}

func (p *Pause) path() string { return filepath.Join(p.dir, FileName) }

// Paused tells whether the wall time at is inside the latest pause.
func (p *Pause) Paused(at time.Time) bool { return p.state.Load().Paused(at) }

// State is the latest pause, over or not.
func (p *Pause) State() State { return *p.state.Load() }

// InvalidError is a pause that can't be had.
type InvalidError struct{ reason string }

func (e *InvalidError) Error() string { return "pause: " + e.reason }

// Check tells, by an InvalidError, why no pause can be had at the wall time now
// until the time given and for that reason; nil where it can.
func Check(now, until time.Time, reason string) error {
	switch {
	case !until.After(now):
		return &InvalidError{fmt.Sprintf("%s is over already, by the controller's clock (%s)", stamp(until), stamp(now))}
	case until.Sub(now) > Max:
		return &InvalidError{fmt.Sprintf("want at most 30 days, got %d: a longer pause belongs into the configuration, as a [[pause]]", (until.Sub(now)+24*time.Hour-1)/(24*time.Hour))}
	case !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > MaxReason:
		return &InvalidError{fmt.Sprintf("want a reason of at most %d characters", MaxReason)}
	}
	for _, r := range reason {
		if !unicode.IsPrint(r) {
			return &InvalidError{"want a reason of characters that can be printed"}
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// Set pauses from now until the time given, in place of a pause that is under
// way; what of that has passed stays paused. It is durable on return. The error
// is an InvalidError, or the card's; then the pause is as it was, though after the
// card's a restart may find the new one.
func (p *Pause) Set(now, until time.Time, reason string) (State, error) {
	if err := Check(now, until, reason); err != nil {
		return State{}, err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	s := State{From: now.UTC().Round(0), Until: until.UTC().Round(0), Reason: reason}
	if old := p.State(); old.Paused(now) {
		s.From = old.From
	}
	s.Set = now.UTC().Round(0)
	return s, p.change("set pause", s)
}

// Clear ends the pause that is under way at now; where there is none, it does
// nothing. Durable on return.
func (p *Pause) Clear(now time.Time) (State, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	s := p.State()
	if !s.Paused(now) {
		return s, nil
	}
	s.Until = now.UTC().Round(0)
	return s, p.change("end pause", s)
}

// change makes s the pause, first on the card.
func (p *Pause) change(operation string, s State) error {
	if err := write(p.path(), s); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	p.state.Store(&s)
	return nil
}

// file is what stands in the file.
type file struct {
	Format int `json:"format"`
	State
}

// read reads the file at path; no pause where there is none.
func read(path string) (State, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return State{}, fmt.Errorf("%s: %w", path, err)
	}
	s, err := Parse(data)
	if err != nil {
		return State{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse reads what a pause's file holds. It takes only what Set and Clear write:
// a pause that lasts longer than they allow is damage, and so is no pause.
func Parse(data []byte) (State, error) {
	if len(data) > maxFile {
		return State{}, errors.New("the file is damaged: it is too long")
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return State{}, fmt.Errorf("the file is damaged: %w", err)
	}
	s := f.State
	s.From, s.Until, s.Set = s.From.UTC(), s.Until.UTC(), s.Set.UTC()
	switch {
	case f.Format != format:
		return State{}, fmt.Errorf("the file has format %d, want %d", f.Format, format)
	case s.From.IsZero() || s.Set.Before(s.From) || s.Until.Before(s.From) || s.Until.Sub(s.Set) > Max:
		return State{}, errors.New("the file is damaged: no pause has these times")
	}
	if err := Check(s.From, s.From.Add(1), s.Reason); err != nil {
		return State{}, fmt.Errorf("the file is damaged: %w", err)
	}
	return s, nil
}

// write replaces the file at path by one that holds s, whole or not at all, also
// where the power fails.
func write(path string, s State) (err error) {
	data, err := json.MarshalIndent(file{format, s}, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+temporaryExt, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(path + temporaryExt) // the next write truncates what stays
		}
	}()
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+temporaryExt, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
