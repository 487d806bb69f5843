package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// written is what went to a block device.
type written struct {
	Bytes   int64
	Flushes int64 // of the device's cache; 0 before Linux 5.5
}

func (w written) since(before written) written {
	return written{w.Bytes - before.Bytes, w.Flushes - before.Flushes}
}

// The fields of /sys/block/NAME/stat (Linux, Documentation/block/stat.rst).
const (
	statWriteSectors = 6
	statFlushes      = 15
	statSector       = 512 // bytes, whatever the device's own
)

// parseDiskStat reads /sys/block/NAME/stat.
func parseDiskStat(text string) (written, error) {
	fields := strings.Fields(text)
	if len(fields) <= statWriteSectors {
		return written{}, fmt.Errorf("block device statistics with %d fields", len(fields))
	}
	sectors, err := strconv.ParseInt(fields[statWriteSectors], 10, 64)
	if err != nil {
		return written{}, fmt.Errorf("sectors written: %w", err)
	}
	w := written{Bytes: sectors * statSector}
	if len(fields) > statFlushes {
		if w.Flushes, err = strconv.ParseInt(fields[statFlushes], 10, 64); err != nil {
			return written{}, fmt.Errorf("flushes: %w", err)
		}
	}
	return w, nil
}

// parseProcIO reads /proc/PID/io: the bytes that the process made the kernel
// write (proc(5)); what the file system adds, such as its journal, is missing.
func parseProcIO(text string) (written, error) {
	n, err := parseField(text, "write_bytes")
	return written{Bytes: n}, err
}

// parseField reads the number behind a name in files such as /proc/PID/status.
func parseField(text, name string) (int64, error) {
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

// readWritten reads a file of /sys or /proc with its parser.
func readWritten(path string, parse func(string) (written, error)) (written, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return written{}, err
	}
	w, err := parse(string(b))
	if err != nil {
		return written{}, fmt.Errorf("read %s: %w", path, err)
	}
	return w, nil
}
