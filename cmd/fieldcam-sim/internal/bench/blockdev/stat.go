package blockdev

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Written is what went to a block device.
type Written struct {
	Bytes   int64
	Flushes int64 // of the device's cache; 0 before Linux 5.5
}

// Since is what was written after before.
func (w Written) Since(before Written) Written {
	return Written{w.Bytes - before.Bytes, w.Flushes - before.Flushes}
}

// The fields of /sys/block/NAME/stat (Linux, Documentation/block/stat.rst).
const (
	statWriteSectors = 6
	statFlushes      = 15
	statSector       = 512 // bytes, whatever the device's own
)

// ParseStat reads /sys/block/NAME/stat.
func ParseStat(text string) (Written, error) {
	fields := strings.Fields(text)
	if len(fields) <= statWriteSectors {
		return Written{}, fmt.Errorf("block device statistics with %d fields", len(fields))
	}
	sectors, err := strconv.ParseInt(fields[statWriteSectors], 10, 64)
	if err != nil {
		return Written{}, fmt.Errorf("sectors written: %w", err)
	}
	w := Written{Bytes: sectors * statSector}
	if len(fields) > statFlushes {
		if w.Flushes, err = strconv.ParseInt(fields[statFlushes], 10, 64); err != nil {
			return Written{}, fmt.Errorf("flushes: %w", err)
		}
	}
	return w, nil
}

// ParseIO reads /proc/PID/io: the bytes that the process made the kernel
// write (proc(5)); what the file system adds, such as its journal, is missing.
func ParseIO(text string) (Written, error) {
	n, err := Field(text, "write_bytes")
	return Written{Bytes: n}, err
}

// Field reads the number behind a name in files such as /proc/PID/status.
func Field(text, name string) (int64, error) {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(line, name+":")
		if !ok {
			continue
		}
		fields := strings.Fields(value)
		if len(fields) == 0 {
			return 0, fmt.Errorf("%s has no value", name)
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		return n, nil
	}
	return 0, fmt.Errorf("no %s", name)
}

// Read reads a file of /sys or /proc with its parser.
func Read(path string, parse func(string) (Written, error)) (Written, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Written{}, err
	}
	w, err := parse(string(b))
	if err != nil {
		return Written{}, fmt.Errorf("read %s: %w", path, err)
	}
	return w, nil
}
