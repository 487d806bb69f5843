// Package restart knows why the daemon started, and how often it did without
// anybody meaning it.
//
// Promises:
//   - Each start has one cause: what the board says of its reset counts for the first
//     start of a boot, and else whether the last run was stopped in order.
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
}

// file is what stands in the file.
type file struct {
	Format int    `json:"format"`
	Boot   string `json:"boot,omitempty"`
	// Running: the daemon runs, or ended without being stopped.
	Running bool    `json:"running"`
	Starts  []start `json:"starts,omitempty"` // the newest last
}

// Log is the starts of one state directory. It is for one goroutine.
type Log struct {
	path  string
	file  file
	cause Cause
}

// Begin notes a start of the daemon at now, wall time, on a board whose /proc and
// /sys are below root; path is the file, FileName in the state directory. The Log can
// be used even where there is an error: the card could not be read or written then.
func Begin(root, path string, now time.Time) (*Log, error) {
	l := &Log{path: path}
	before, known, err := read(path)
	m := look(root)
	l.cause = judge(before, known, m)
	l.file = file{Format: format, Boot: m.boot, Running: true, Starts: before.Starts}
	if l.cause.Unplanned() {
		l.file.Starts = append(l.file.Starts, start{now.UTC().Round(0), l.cause})
		l.file.Starts = l.file.Starts[max(0, len(l.file.Starts)-maxStarts):]
	}
	return l, errors.Join(err, l.write())
}

// judge is the cause of a start.
func judge(before file, known bool, m machine) Cause {
	fresh := m.boot == "" || m.boot != before.Boot // the first start of this boot, as far as is known
	switch {
	case fresh && m.cause != "" && (known || m.cause != Panic):
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
	if f.Format != format || len(f.Starts) > maxStarts {
		return file{}, fmt.Errorf("the file has format %d and %d starts, want %d and at most %d", f.Format, len(f.Starts), format, maxStarts)
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
