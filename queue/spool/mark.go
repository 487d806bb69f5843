package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// sequenceAttribute of the directory is its mark; see Mark.
	sequenceAttribute = "user.fieldcam.sequence"
	// sequenceFile is that where there are no attributes.
	sequenceFile = "sequence"
)

// Mark remembers, with the directory, that numbers up to seq were given out: photos
// are deleted, and an index that knew them can be lost. A lower one than before
// changes nothing. It waits for no disk: the removals that follow reach that with
// it, as the file system's journal keeps their order.
func (s *Spool) Mark(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= s.marked {
		return nil
	}
	// Of one length, so that it fits in its old place on a full card.
	text := fmt.Appendf(nil, "%0*d", sequenceDigits, seq)
	var err error
	if s.xattrs {
		err = os.NewSyscallError("setxattr", unix.Setxattr(s.dir, sequenceAttribute, text, 0))
	} else {
		path := filepath.Join(s.dir, sequenceFile)
		if err = os.WriteFile(path+temporaryExt, text, 0o644); err == nil {
			err = os.Rename(path+temporaryExt, path)
		}
	}
	if err != nil {
		return fmt.Errorf("mark spool: %w", err)
	}
	s.marked = seq
	return nil
}

// Marked is the highest number that Mark was told; 0: none.
func (s *Spool) Marked() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marked
}

// readMark reads the mark that an earlier process left. One that makes no sense is
// none: the index has the number too.
func (s *Spool) readMark() error {
	text := make([]byte, sequenceDigits)
	n, err := unix.Getxattr(s.dir, sequenceAttribute, text)
	if err == nil {
		text = text[:n]
	} else if text, err = readSmall(filepath.Join(s.dir, sequenceFile), sequenceDigits); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if seq, err := strconv.ParseUint(string(text), 10, 64); err == nil && seq <= maxSequence {
		s.marked = seq
	}
	return nil
}

// isMark tells whether a file of the directory called name belongs to the mark.
func isMark(name string) bool { return name == sequenceFile || name == sequenceFile+temporaryExt }
