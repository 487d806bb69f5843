package subprocess

import (
	"fmt"
	"os"
	"path/filepath"
)

// Scratch is a place for the directories of runs. It is private to the daemon's user,
// and what an earlier process left in it is removed by the first Make. Its methods are
// for one goroutine at a time.
type Scratch struct {
	root  string
	clean bool // what an earlier process left is removed
}

// scratchMode: pictures can show people, so nobody else may look.
const scratchMode = 0o700

// NewScratch is the place called name in dir, which should be on the file system that
// the pictures go to: many programs write another file and rename it. It is the
// Scratch's alone. Nothing is made before Make.
func NewScratch(dir, name string) *Scratch { return &Scratch{root: filepath.Join(dir, name)} }

// Make makes a new directory, empty and private. Remove removes it.
func (s *Scratch) Make() (dir string, err error) {
	if !s.clean {
		if err := os.RemoveAll(s.root); err != nil {
			return "", fmt.Errorf("remove what an earlier run left: %w", err)
		}
		s.clean = true
	}
	if err := os.MkdirAll(s.root, scratchMode); err != nil {
		return "", fmt.Errorf("make a directory for the camera's program: %w", err)
	}
	if dir, err = os.MkdirTemp(s.root, "run-"); err != nil {
		return "", fmt.Errorf("make a directory for the camera's program: %w", err)
	}
	return dir, nil
}

// Remove removes all that Make has made, with what is in it. What cannot be removed
// now is removed by the next Make.
func (s *Scratch) Remove() error {
	s.clean = false
	if err := os.RemoveAll(s.root); err != nil {
		return fmt.Errorf("remove the directory of the camera's program: %w", err)
	}
	return nil
}
