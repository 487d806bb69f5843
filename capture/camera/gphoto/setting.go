package gphoto

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"fieldcam/agent/statefile"
)

const (
	// settingName is the file in Options.Dir of the last setting of the camera's clock, and
	// settingFormat its version.
	settingName   = "gphoto.clock"
	settingFormat = 1
	// maxSetting bounds the reading of the file, in bytes: a listing's maxListed pictures of
	// a few files, of under 200 bytes each.
	maxSetting = 4 << 20
)

// setting is what is written down before a List sets the camera's clock. It is true whether
// the clock is set then or the power goes before: who reads it compares Ahead with what the
// clock shows now.
type setting struct {
	Format int `json:"format"`
	// At is when the clock was to be set, by ours.
	At time.Time `json:"at"`
	// Ahead is by how much it was ahead of UTC before, in nanoseconds.
	Ahead time.Duration `json:"ahead"`
	// Left are the files that were on the card and not fetched: of all others of the card
	// nothing is to be known any more, or they were taken later.
	Left []leftFile `json:"left"`
}

// leftFile is a file that was exposed when the camera's clock was so far ahead of UTC.
type leftFile struct {
	Path  string        `json:"path"`
	Size  int64         `json:"size"`
	Time  time.Time     `json:"time"` // by that clock, as if it showed UTC
	Ahead time.Duration `json:"ahead"`
}

// settingFile keeps the last setting. In memory it has no Left.
type settingFile struct {
	path string
	last setting // its At is zero where none is known
}

func newSettingFile(dir string) settingFile {
	return settingFile{path: filepath.Join(dir, settingName)}
}

// load reads the file, and returns the setting's Left. A damaged one is set aside, and no
// setting is known then; the error says so. One that cannot be read stays.
func (s *settingFile) load() ([]leftFile, error) {
	data, err := statefile.Read(s.path, maxSetting)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read when the camera's clock was set: %w", err)
	}
	var last setting
	if err = json.Unmarshal(data, &last); err == nil && last.Format != settingFormat {
		err = fmt.Errorf("format %d, want %d", last.Format, settingFormat)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read when the camera's clock was set: %w", err), statefile.SetAside(s.path))
	}
	left := last.Left
	last.Left = nil
	s.last = last
	return left, nil
}

// keep writes a setting down for good.
func (s *settingFile) keep(last setting) error {
	last.Format = settingFormat
	data, err := json.Marshal(last)
	if err == nil {
		err = statefile.Replace(s.path, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write when the camera's clock is set: %w", err)
	}
	last.Left = nil
	s.last = last
	return nil
}
