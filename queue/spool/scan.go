package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// scanBatch bounds how many names are in memory at once: more than a shard has, as
// each batch is visited in the order of the names. Files lie on the card in that
// order, and ext4 lists them in a random one.
const scanBatch = 2 * shardSize

// Scan calls visit for each entry of the spool whose number is at least from, in
// no order, until it returns an error. Files without a number are always among
// them. visit may remove or set aside the entry it is given.
func (s *Spool) Scan(from uint64, visit func(Entry) error) error {
	var shards []string
	err := s.read(s.dir, func(d fs.DirEntry) error {
		if first, ok := shardOf(d.Name()); ok && d.IsDir() {
			if first+shardSize > from {
				shards = append(shards, d.Name())
			}
			return nil
		}
		if isMark(d.Name()) {
			return nil
		}
		if e := entry(d); e.Kind == Foreign || e.Seq >= from {
			return visit(e)
		}
		return nil
	})
	for _, shard := range shards {
		if err != nil {
			break
		}
		err = s.read(filepath.Join(s.dir, shard), func(d fs.DirEntry) error {
			e := entry(d)
			if e.Kind != Foreign && shardName(e.Seq) != shard {
				e = Entry{Name: d.Name()}
			}
			if e.Kind == Foreign {
				e.Name = filepath.Join(shard, e.Name)
			}
			if e.Kind == Foreign || e.Seq >= from {
				return visit(e)
			}
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			err = nil // its last photo was deleted since
		}
	}
	if err != nil {
		return fmt.Errorf("scan spool: %w", err)
	}
	return nil
}

func entry(d fs.DirEntry) Entry {
	if !d.Type().IsRegular() {
		return Entry{Name: d.Name()}
	}
	return parse(d.Name())
}

// read calls visit for each entry of dir.
func (s *Spool) read(dir string, visit func(fs.DirEntry) error) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(scanBatch)
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		for _, e := range entries {
			if err := visit(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
