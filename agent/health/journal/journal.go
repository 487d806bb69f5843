// Package journal keeps a few small records in one file, so that they outlive a
// restart and a power cut: events and statuses that the cloud has not got.
//
// Promises:
//   - What Append or Replace returned nil for is there after a power cut, in
//     order. A failed Append may leave its records or not, but harms none before;
//     a failed Replace changes nothing.
//   - Load gives every record that is whole, whatever the bytes around it, and
//     tells how many places are not. It reads MaxBytes at the most, the newest.
//   - No file is open between two calls: a card that was full or read-only a
//     moment ago is tried anew.
//
// The form is a line for each record: its CRC-32C in hexadecimal, a space, the
// record. A person can read it, and damage ends at the next line.
//
// Out of scope: what the records say, and when to write: each call costs the card
// some 30 kB of wear.
package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

const (
	// MaxBytes is how much of a file is read.
	MaxBytes = 4 << 20
	// MaxRecord bounds a record in bytes.
	MaxRecord = 16 << 10
	// sumDigits is a CRC-32 in hexadecimal.
	sumDigits = 8
	mode      = 0o600
)

// The steps that File.Fault is asked before.
const (
	StepAppend  = "journal append"
	StepReplace = "journal replace"
)

// errRecord is a record that is no line.
var errRecord = fmt.Errorf("record: want one line of 1 to %d bytes", MaxRecord)

// File is one journal. One goroutine at a time may use it.
type File struct {
	// Path names it, in a directory that exists.
	Path string
	// Fault is called before each durable step, and an error of its is the
	// step's. nil: none.
	Fault func(step string) error
}

// Load gives the records, and how many damaged places lie among them; a missing
// file has none of either.
func (f File) Load() (records [][]byte, damaged int, err error) {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("load journal: %w", err)
	}
	defer file.Close() // only read
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(max(0, size-MaxBytes), io.SeekStart)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("load journal: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(file, MaxBytes))
	if err != nil && len(content) == 0 {
		return nil, 0, fmt.Errorf("load journal: %w", err)
	}
	records, damaged = parse(content)
	if err != nil { // a card that can't give the rest
		damaged++
	}
	return records, damaged, nil
}

// parse takes content apart. What stands between two whole records is one damaged
// place.
func parse(content []byte) (records [][]byte, damaged int) {
	whole := true
	for line := range bytes.SplitSeq(content, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		record, ok := check(line)
		if ok {
			records = append(records, record)
		} else if whole {
			damaged++
		}
		whole = ok
	}
	return records, damaged
}

// check gives the record of a whole line.
func check(line []byte) ([]byte, bool) {
	if len(line) < sumDigits+2 || len(line) > sumDigits+1+MaxRecord || line[sumDigits] != ' ' {
		return nil, false
	}
	want, err := strconv.ParseUint(string(line[:sumDigits]), 16, 32)
	record := line[sumDigits+1:]
	return record, err == nil && uint64(sum(record)) == want
}

func sum(record []byte) uint32 { return crc32.Checksum(record, crc32.MakeTable(crc32.Castagnoli)) }

// encode writes the records' lines.
func encode(records [][]byte) ([]byte, error) {
	var b bytes.Buffer
	for _, r := range records {
		if len(r) == 0 || len(r) > MaxRecord || bytes.IndexByte(r, '\n') >= 0 {
			return nil, errRecord
		}
		fmt.Fprintf(&b, "%08x %s\n", sum(r), r)
	}
	return b.Bytes(), nil
}

// Append adds records at the end and gives the file's size in bytes.
func (f File) Append(records ...[]byte) (size int64, err error) {
	lines, err := encode(records)
	if err != nil {
		return 0, fmt.Errorf("append to journal: %w", err)
	}
	if err := f.fault(StepAppend); err != nil {
		return 0, fmt.Errorf("append to journal: %w", err)
	}
	file, err := os.OpenFile(f.Path, os.O_RDWR|os.O_CREATE, mode)
	if err != nil {
		return 0, fmt.Errorf("append to journal: %w", err)
	}
	size, err = add(file, lines)
	err = errors.Join(err, file.Close())
	if err == nil && size == int64(len(lines)) { // the first: its name may be new
		err = syncDir(filepath.Dir(f.Path))
	}
	if err != nil {
		return 0, fmt.Errorf("append to journal: %w", err)
	}
	return size, nil
}

// add writes lines behind what is there. Half a line of an attempt that failed
// gets its end first, so that it harms no other.
func add(file *os.File, lines []byte) (size int64, err error) {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	if end > 0 {
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, end-1); err != nil {
			return 0, err
		}
		if last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	if _, err := file.WriteAt(lines, end); err != nil {
		return 0, errors.Join(err, file.Truncate(end)) // a full card gets its bytes back
	}
	return end + int64(len(lines)), file.Sync()
}

// Replace puts records in place of all that is there, and gives the file's size
// in bytes.
func (f File) Replace(records ...[]byte) (size int64, err error) {
	lines, err := encode(records)
	if err != nil {
		return 0, fmt.Errorf("replace journal: %w", err)
	}
	if err := f.fault(StepReplace); err != nil {
		return 0, fmt.Errorf("replace journal: %w", err)
	}
	next := f.Path + ".new"
	defer os.Remove(next) // gone already where all went well
	if err := writeFile(next, lines); err != nil {
		return 0, fmt.Errorf("replace journal: %w", err)
	}
	if err := os.Rename(next, f.Path); err != nil {
		return 0, fmt.Errorf("replace journal: %w", err)
	}
	if err := syncDir(filepath.Dir(f.Path)); err != nil {
		return 0, fmt.Errorf("replace journal: %w", err)
	}
	return int64(len(lines)), nil
}

func (f File) fault(step string) error {
	if f.Fault == nil {
		return nil
	}
	return f.Fault(step)
}

// writeFile writes a file that is on the disk when it returns.
func writeFile(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
