// Package restart knows why the daemon started, and how often it did without
// anybody meaning it.
//
// Promises:
//   - Each start has one cause: what the board says of its reset counts for the first
//     start of a boot, and else whether the last run was stopped in order. No clock has a
//     part in it. A panic's dump counts once, however long it lies about; it is not
//     deleted.
//   - The starts of the last day are known over restarts and power cuts, as far as the
//     card keeps a file; one that is damaged is set aside, and nothing else suffers.
//
// Out of scope: telling of it (package agent).
package restart

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"fieldcam/agent/statefile"
)

// FileName is the file's name in the state directory.
const FileName = "starts.json"

const (
	// Many is how many unplanned starts in a day are repeated restarts.
	Many = 4
	// day is how far back starts are counted.
	day = 24 * time.Hour
	// maxStarts bounds what is kept: a daemon that crashes at once is started again
	// each few seconds.
	maxStarts = 64
	// maxFile bounds the reading of the file; a whole one has under 5 KB.
	maxFile = 16 << 10
	format  = 1
)

// start is one that nobody meant.
type start struct {
	At    time.Time `json:"at"` // wall time
	Cause Cause     `json:"cause"`
	// Unsure: nobody vouched for the clock. Vouch moves it.
	Unsure bool `json:"unsure,omitempty"`
}

// file is what stands in the file.
type file struct {
	Format int    `json:"format"`
	Boot   string `json:"boot,omitempty"`
	// Running: the daemon runs, or ended without being stopped.
	Running bool    `json:"running"`
	Starts  []start `json:"starts,omitempty"` // the newest last
	// Dumps are the panics' that were there at the last start.
	Dumps []string `json:"dumps,omitempty"`
}

// Log is the starts of one state directory. It is for one goroutine.
type Log struct {
	path  string
	file  file
	cause Cause
	noted time.Time // this start's wall time, as it was taken for,
	begun time.Time // and its time by package time
	sure  bool      // the wall time is vouched for
}

// Begin notes a start of the daemon at now, wall time, on a board whose /proc and
// /sys are below root; sure says that somebody vouches for now. path is the file,
// FileName in the state directory. The Log can be used even where there is an error: the
// card could not be read or written then.
func Begin(root, path string, now time.Time, sure bool) (*Log, error) {
	l := &Log{path: path, noted: now.UTC().Round(0), begun: time.Now(), sure: sure}
	before, known, err := read(path)
	m := look(root)
	l.cause = judge(before, known, m)
	l.file = file{Format: format, Boot: m.boot, Running: true, Starts: before.Starts, Dumps: m.dumps}
	if l.cause.Unplanned() {
		l.file.Starts = append(l.file.Starts, start{l.noted, l.cause, !sure})
		l.file.Starts = l.file.Starts[max(0, len(l.file.Starts)-maxStarts):]
	}
	return l, errors.Join(err, l.write())
}

// judge is the cause of a start.
func judge(before file, known bool, m machine) Cause {
	fresh := m.boot == "" || m.boot != before.Boot // the first start of this boot, as far as is known
	unseen := func(dump string) bool { return !slices.Contains(before.Dumps, dump) }
	switch {
	case fresh && known && slices.ContainsFunc(m.dumps, unseen):
		return Panic
	case fresh && m.cause != "":
		return m.cause
	case !known:
		return First
	case before.Running && m.boot != "" && fresh:
		return PowerLoss
	case before.Running:
		return Crash
	case fresh && m.boot != "":
		return Reboot
	}
	return Planned
}

// Vouch tells that now, wall time, is right. Where this start was noted by a clock that
// was not, it and the ones before it that were noted so are moved by as much as that was
// wrong: how long the board was off in between is not known, and in doubt they count as
// recent.
func (l *Log) Vouch(now time.Time) error {
	if l.sure {
		return nil
	}
	l.sure = true
	wrong := now.Sub(l.noted) - time.Since(l.begun)
	moved := false
	for i := range l.file.Starts {
		if s := &l.file.Starts[i]; s.Unsure {
			s.At, s.Unsure, moved = s.At.Add(wrong), false, true
		}
	}
	if !moved {
		return nil
	}
	return l.write()
}

// Cause is why the daemon started.
func (l *Log) Cause() Cause { return l.cause }

// End notes that the daemon was stopped in order; durable on return.
func (l *Log) End() error {
	l.file.Running = false
	return l.write()
}

// Repeated tells whether there were Many unplanned starts or more in the day up to
// now, wall time, and of what causes: "5 in a day: crash 3, watchdog 2".
func (l *Log) Repeated(now time.Time) (text string, repeated bool) {
	count := map[Cause]int{}
	var causes []Cause
	n := 0
	for _, s := range l.file.Starts {
		if s.At.After(now) || now.Sub(s.At) >= day {
			continue
		}
		if count[s.Cause]++; count[s.Cause] == 1 {
			causes = append(causes, s.Cause)
		}
		n++
	}
	slices.Sort(causes)
	parts := make([]string, len(causes))
	for i, c := range causes {
		parts[i] = fmt.Sprintf("%s %d", c, count[c])
	}
	return fmt.Sprintf("%d in a day: %s", n, strings.Join(parts, ", ")), n >= Many
}

func (l *Log) write() error {
	data, err := json.Marshal(l.file)
	if err != nil {
		return err
	}
	if err := statefile.Replace(l.path, append(data, '\n')); err != nil {
		return fmt.Errorf("note start: %w", err)
	}
	return nil
}

// read reads the file at path; known is false where there is none that can be
// believed.
func read(path string) (f file, known bool, err error) {
	data, err := statefile.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, false, nil
	}
	if err == nil {
		f, err = parse(data)
	}
	if err != nil {
		return file{}, false, errors.Join(fmt.Errorf("read starts: %w", err), statefile.SetAside(path))
	}
	return f, true, nil
}

// parse reads what write writes.
func parse(data []byte) (file, error) {
	var f file
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return file{}, fmt.Errorf("the file is damaged: %w", err)
	}
	if f.Format != format || len(f.Starts) > maxStarts || len(f.Dumps) > maxDumps {
		return file{}, fmt.Errorf("the file has format %d, %d starts and %d dumps, want %d and at most %d of either", f.Format, len(f.Starts), len(f.Dumps), format, maxStarts)
	}
	for _, s := range f.Starts {
		if !slices.Contains(unplanned(), s.Cause) {
			return file{}, fmt.Errorf("the file is damaged: cause %.20q", string(s.Cause))
		}
	}
	return f, nil
}

// unplanned lists the causes of starts that nobody meant.
func unplanned() []Cause {
	return []Cause{Crash, PowerLoss, Watchdog, UnderVoltage, OverVoltage, Overheat, Panic}
}
