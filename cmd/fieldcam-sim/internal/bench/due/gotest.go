package due

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// What is simulated, the fleet and the year, is part of the tests of the package
// that it is about: here those are only run, and their figures printed.

// buildTest compiles a package's tests, below the source's directory, and gives
// the program.
func buildTest(ctx context.Context, l *lab, dir string, flags ...string) (string, error) {
	tool := os.Getenv("GO")
	if tool == "" {
		tool = "go"
	}
	if _, err := exec.LookPath(tool); err != nil {
		return "", figure.UnavailableError{Why: err}
	}
	out := filepath.Join(l.dir, filepath.Base(dir)+".test")
	cmd := exec.CommandContext(ctx, tool, append(append([]string{"test", "-c", "-o", out}, flags...), "./"+dir)...)
	cmd.Dir = l.source
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the tests of %s: %w: %s", dir, err, text)
	}
	return out, nil
}

// testRun is a run of a test program.
type testRun struct {
	text    string
	seconds float64 // of the processors
}

// runTest runs a test program on one processor, in its package's directory.
func runTest(ctx context.Context, l *lab, dir, program string, environment []string, flags ...string) (testRun, error) {
	cmd := exec.CommandContext(ctx, program, flags...)
	cmd.Dir = filepath.Join(l.source, dir)
	cmd.Env = append(append(os.Environ(), "GOMAXPROCS=1"), environment...)
	text, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(text), "no tests to run") {
		err = errors.New("there is no such test")
	}
	if err != nil {
		const most = 2000
		return testRun{}, fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(flags, " "), err, text[max(0, len(text)-most):])
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return testRun{string(text), used.Seconds()}, nil
}

// metric finds a figure that a benchmark reported under its unit: the largest
// where it was repeated.
func metric(text, unit string) (value float64, err error) {
	found := false
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		words := strings.Fields(line)
		for i := 2; i < len(words); i++ {
			if words[i] != unit {
				continue
			}
			v, err := strconv.ParseFloat(words[i-1], 64)
			if err != nil {
				return 0, fmt.Errorf("read %q: %w", line, err)
			}
			if !found || v > value {
				value, found = v, true
			}
		}
	}
	if !found {
		return 0, fmt.Errorf("no %s in %q", unit, text)
	}
	return value, nil
}
