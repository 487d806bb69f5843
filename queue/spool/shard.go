package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// shardSize is how many sequence numbers share a directory: few enough that a
// start reads the newest in milliseconds, and that ext4 keeps it in some 20
// blocks; many enough that a new one is a rare cost.
const shardSize = 1000

// shardName is the directory of the photo with that number.
func shardName(seq uint64) string { return fmt.Sprintf("%0*d", shardDigits, seq/shardSize) }

// shardOf reads a shardName; false where name isn't one.
func shardOf(name string) (first uint64, ok bool) {
	n, err := strconv.ParseUint(name, 10, 64)
	if err != nil || len(name) != shardDigits {
		return 0, false
	}
	return n * shardSize, true
}

// shardPath is where the file called name belongs.
func (s *Spool) shardPath(name string) string {
	return filepath.Join(s.dir, shardName(Sequence(name)), name)
}

// Path is where the file called name is, or would be.
func (s *Spool) Path(name string) string {
	path := s.shardPath(name)
	if s.flat {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			old := filepath.Join(s.dir, name)
			if _, err := os.Lstat(old); err == nil {
				return old
			}
		}
	}
	return path
}

// makeShard makes the directory for that number, durably, where there is none.
// One that this process has not made durable itself may come from one that ended
// before it could.
func (s *Spool) makeShard(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = max(s.newest, seq/shardSize)
	dir := filepath.Join(s.dir, shardName(seq))
	if _, err := os.Lstat(dir); err == nil && s.durable[seq/shardSize] || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.fault(StepShard); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := SyncDir(s.dir); err != nil {
		return err
	}
	s.durable[seq/shardSize] = true
	return nil
}

// prune removes the directory of name where it is empty and no photo comes there
// any more. Should that not reach the disk, an empty directory comes back.
func (s *Spool) prune(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq := Sequence(name); seq/shardSize < s.newest {
		delete(s.durable, seq/shardSize)
		os.Remove(filepath.Join(s.dir, shardName(seq))) // fails where it isn't empty
	}
}
