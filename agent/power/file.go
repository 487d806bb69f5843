package power

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"fieldcam/agent/statefile"
)

// FileName is the file's name in the state directory.
const FileName = "power.json"

const (
	// fileFormat is the file's version.
	fileFormat = 1
	// maxFile bounds the reading of the file; a whole one has under 300 bytes.
	maxFile = 4096
)

// spell is the latest time on the rung Dormant: From <= t < Until, wall time; Until
// is zero while it lasts. The zero spell is none.
type spell struct {
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func (s spell) lasts() bool { return !s.From.IsZero() && s.Until.IsZero() }

func (s spell) holds(at time.Time) bool {
	return !s.From.IsZero() && !at.Before(s.From) && (s.Until.IsZero() || at.Before(s.Until))
}

// end is s that has ended at now, where it had not.
func (s spell) end(now time.Time) spell {
	if s.lasts() {
		s.Until = now
	}
	return s
}

// unstep is s where the clock was set back to before it: it lasts all the same.
func (s spell) unstep(now time.Time) spell {
	if s.lasts() && now.Before(s.From) {
		s.From = now
	}
	return s
}

// file is what is kept over a restart.
type file struct {
	rung  Rung
	since time.Time
	spell spell
}

// fileText is a file as it stands on the card.
type fileText struct {
	Format  int       `json:"format"`
	Rung    string    `json:"rung"`
	Since   time.Time `json:"since,omitzero"`
	Dormant spell     `json:"dormant,omitzero"`
}

// readFile reads the file at path; where there is none, or no path, nothing was
// kept.
func readFile(path string) (file, error) {
	if path == "" {
		return file{}, nil
	}
	data, err := statefile.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, nil
	}
	if err != nil {
		return file{}, err
	}
	f, err := parseFile(data)
	if err != nil {
		return file{}, errors.Join(err, statefile.SetAside(path))
	}
	return f, nil
}

// parseFile reads what writeFile writes.
func parseFile(data []byte) (file, error) {
	var t fileText
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return file{}, fmt.Errorf("the file is damaged: %w", err)
	}
	rung, ok := parseRung(t.Rung)
	switch {
	case t.Format != fileFormat:
		return file{}, fmt.Errorf("the file has format %d, want %d", t.Format, fileFormat)
	case !ok, (rung == Dormant) != t.Dormant.lasts(), t.Dormant.Until.Before(t.Dormant.From) && !t.Dormant.Until.IsZero():
		return file{}, errors.New("the file is damaged: no ladder stands so")
	}
	return file{rung: rung, since: t.Since.UTC(), spell: spell{t.Dormant.From.UTC(), t.Dormant.Until.UTC()}}, nil
}

// writeFile makes f durable at path, where there is one.
func writeFile(path string, f file) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(fileText{Format: fileFormat, Rung: f.rung.String(), Since: f.since, Dormant: f.spell}, "", "  ")
	if err != nil {
		return err
	}
	return statefile.Replace(path, append(data, '\n'))
}
