//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs is the directory of the programs under test; TestMain sets it once.
var programs string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the programs, runs the tests, and looks for processes that they
// left behind.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fieldcam-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = dir
	// The daemon with the race detector, which needs cgo; the hub as it ships.
	if err := build(dir, "../../..", "./cmd/fieldcam", "CGO_ENABLED=1", "-race"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := build(dir, "../../fieldcam-hub", ".", "CGO_ENABLED=0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if left := leftovers(dir); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "processes left behind: %s\n", strings.Join(left, ", "))
		return 1
	}
	return code
}

// build builds the package pkg of the module in directory module into dir.
func build(dir, module, pkg, env string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", dir + "/"}, flags...), pkg)...)
	cmd.Dir, cmd.Env = module, append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s in %s: %w\n%s", pkg, module, err, out)
	}
	return nil
}

// leftoverTime is how long the daemon's own children may outlive it: the look at
// a database of some kilobytes, on a machine that is busy with other tests.
const leftoverTime = patience

// leftovers lists the processes of programs in dir that still run, and ends them.
func leftovers(dir string) (left []string) {
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		left = left[:0]
		exes, _ := filepath.Glob("/proc/[0-9]*/exe") // the pattern is good
		for _, exe := range exes {
			if path, err := os.Readlink(exe); err == nil && strings.HasPrefix(path, dir+"/") {
				left = append(left, strings.Split(exe, "/")[2]+" ("+filepath.Base(path)+")")
			}
		}
		if len(left) == 0 || time.Since(began) > leftoverTime {
			break
		}
	}
	for _, l := range left {
		var pid int
		if _, err := fmt.Sscan(l, &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended just now
		}
	}
	return left
}
