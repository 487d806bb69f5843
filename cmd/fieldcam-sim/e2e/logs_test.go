//go:build e2e

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// crash is what a program says that no oracle need notice.
var crash = regexp.MustCompile(`DATA RACE|^panic:|^fatal error:|SIGSEGV|^goroutine \d+ \[|unexpected fault address`)

// tailLines is how much of each log a failed test shows.
const tailLines = 40

// readLogs fails the test where a program crashed, or where the daemon asks for
// a person and the test did not provoke it; of a failed test it shows the ends.
func (r *rig) readLogs() {
	r.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "*.log"))
	if err != nil || len(files) == 0 {
		return // nothing was started
	}
	for _, file := range files {
		log, err := os.ReadFile(file)
		if err != nil {
			r.Error(err)
			continue
		}
		r.readLog(filepath.Base(file), log)
	}
	if !r.Failed() {
		return
	}
	for _, file := range files {
		if log, err := os.ReadFile(file); err == nil {
			lines := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
			r.Logf("end of %s:\n%s", filepath.Base(file), strings.Join(lines[max(0, len(lines)-tailLines):], "\n"))
		}
	}
}

func (r *rig) readLog(name string, log []byte) {
	r.Helper()
	counts := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(log))
	lines.Buffer(nil, len(log)+1)
	crashed := 0
	for lines.Scan() {
		line := lines.Text()
		if crashed > 0 { // what follows says where
			crashed--
			r.Log(line)
			continue
		}
		if crash.MatchString(line) {
			r.Errorf("%s: %s", name, line)
			crashed = tailLines
			continue
		}
		var said struct{ Level, Message, Condition, Error string }
		if json.Unmarshal([]byte(line), &said) != nil || said.Level == "" {
			continue
		}
		counts[strings.TrimSpace(said.Level+": "+said.Message+" "+said.Condition)]++
		if said.Level != "error" && said.Level != "fatal" && said.Level != "panic" {
			continue
		}
		if !slices.ContainsFunc(r.expected, func(s string) bool { return strings.Contains(line, s) }) {
			r.Errorf("%s: %s", name, line)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		r.Logf("%s: %5d × %s", name, counts[what], what)
	}
}
