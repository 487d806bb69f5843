package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// syncCalls and writeCalls are all the calls by which data gets to a disk on
// demand, and into a file.
const (
	syncCalls  = "fsync,fdatasync,sync_file_range,syncfs,sync,msync"
	writeCalls = "write,pwrite64,writev,pwritev,pwritev2"
)

// straceWords run a program under strace. -y names the files.
func straceWords(strace, out string) []string {
	return []string{strace, "-f", "--seccomp-bpf", "-y", "-s", "64", "-e", "signal=none", "-e", "trace=" + syncCalls + "," + writeCalls, "-o", out}
}

// phase is what a traced process did between two marks.
type phase struct {
	syncs      int
	indexBytes int64 // written to files of the store that are no photo's
}

// trace is a process's phases by their names.
type trace map[string]*phase

// marker makes marks in a trace: writes to a file that keeps nothing.
type marker struct{ f *os.File }

const (
	markFile   = os.DevNull
	markPrefix = "queuebench phase "
)

func newMarker() (*marker, error) {
	f, err := os.OpenFile(markFile, os.O_WRONLY, 0)
	return &marker{f}, err
}

// begin says that the phase of that name begins.
func (m *marker) begin(name string) error {
	_, err := m.f.WriteString(markPrefix + name + ".")
	return err
}

func (m *marker) close() error { return m.f.Close() }

var (
	// A call, or its first half where another thread came between:
	//	123  pwrite64(7</dir/queue.db>, "\0"..., 4096, 0) = 4096
	//	123  fsync(7</dir/queue.db> <unfinished ...>
	callForm = regexp.MustCompile(`^(\d+) +(\w+)\((?:\d+<([^>]*)>)?(.*)$`)
	//	123  <... pwrite64 resumed>) = 4096
	resumedForm = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
	resultForm  = regexp.MustCompile(` = (-?\d+)(?: [A-Z].*)?$`)
	markForm    = regexp.MustCompile(`"` + markPrefix + `([a-z]+)\."`)
)

// readTrace reads what strace wrote; dir is the store's directory.
func readTrace(r io.Reader, dir string) (trace, error) {
	t := trace{}
	now := &phase{}
	unfinished := map[string]string{} // thread → path
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		var name, path string
		if m := resumedForm.FindStringSubmatch(line); m != nil {
			name, path = m[2], unfinished[m[1]]
			delete(unfinished, m[1])
		} else if m := callForm.FindStringSubmatch(line); m != nil {
			name, path = m[2], m[3]
			if mark := markForm.FindStringSubmatch(m[4]); mark != nil {
				if t[mark[1]] == nil {
					t[mark[1]] = &phase{}
				}
				now = t[mark[1]]
				continue
			}
			if strings.HasSuffix(line, "<unfinished ...>") {
				unfinished[m[1]] = path
				continue
			}
		} else {
			continue // the end of a thread or process
		}
		result := resultForm.FindStringSubmatch(line)
		if result == nil {
			if strings.HasSuffix(line, "= ?") { // cut off by the process's end
				continue
			}
			return nil, fmt.Errorf("strace: line %.100q", line)
		}
		n, err := strconv.ParseInt(result[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("strace: line %.100q: %w", line, err)
		}
		switch {
		case strings.Contains(name, "sync"):
			now.syncs++
		case n > 0 && isIndex(path, dir):
			now.indexBytes += n
		}
	}
	return t, lines.Err()
}

// isIndex tells a store's files from the photos'.
func isIndex(path, dir string) bool {
	base := filepath.Base(path)
	return strings.HasPrefix(path, dir+"/") && !strings.Contains(base, store.PhotoExt) && !strings.HasSuffix(base, ".part")
}
