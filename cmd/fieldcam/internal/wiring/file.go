package wiring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"fieldcam/agent/statefile"
	"fieldcam/hal"
	"fieldcam/hal/model"
)

// FileName is the name in the state directory of the file of the lines that the daemon
// drives.
const FileName = "lines.json"

const (
	format = 1
	// maxFile bounds the reading of the file; a whole one has under 2 KB.
	maxFile = 32 << 10
)

// file is what stands in the file.
type file struct {
	Format int      `json:"format"`
	Lines  []driven `json:"lines"`
}

// driven is an output that is in use.
type driven struct {
	Use       string `json:"use"`
	Line      string `json:"line"`
	ActiveLow bool   `json:"active_low,omitempty"`
	// Safe is how it is left when the daemon ends: off, or as it is.
	Safe string `json:"safe"`
}

// The values of driven.Safe.
const (
	safeOff  = "off"
	safeAsIs = "as-is"
)

// Save writes the outputs that are in use, with their safe levels, to the file at path.
// It is durable when Save returns; a file that says so already is not written again.
func Save(path string, all []Line) error {
	f := file{Format: format, Lines: []driven{}}
	for _, l := range all {
		if l.Key == "" || l.Input {
			continue
		}
		d := driven{Use: l.Use, Line: l.Line.Name, ActiveLow: l.Line.ActiveLow, Safe: safeOff}
		if l.Stays {
			d.Safe = safeAsIs
		}
		f.Lines = append(f.Lines, d)
	}
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("note lines: %w", err)
	}
	data = append(data, '\n')
	if old, err := statefile.Read(path, maxFile); err == nil && bytes.Equal(old, data) {
		return nil // flash is finite
	}
	if err := statefile.Replace(path, data); err != nil {
		return fmt.Errorf("note lines: %w", err)
	}
	return nil
}

// Load gives the lines that Save wrote; Text is empty. Where there is no file the error
// is fs.ErrNotExist.
func Load(path string) ([]Line, error) {
	data, err := statefile.Read(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("read noted lines: %w", err)
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("read noted lines: the file is damaged: %w", err)
	}
	if f.Format != format {
		return nil, fmt.Errorf("read noted lines: the file has format %d, want %d", f.Format, format)
	}
	var all []Line
	for _, d := range f.Lines {
		if !slices.Contains(model.Uses(), d.Use) || d.Line == "" || d.Safe != safeOff && d.Safe != safeAsIs {
			return nil, fmt.Errorf("read noted lines: the file is damaged: line %+v", d)
		}
		all = append(all, Line{Use: d.Use, Line: hal.Line{Name: d.Line, ActiveLow: d.ActiveLow}, Key: FileName, Stays: d.Safe == safeAsIs})
	}
	return all, nil
}
