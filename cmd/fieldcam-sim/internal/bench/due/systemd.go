package due

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// systemdOrder asks for timers whose services write when they ran: a timer each
// second with the finest accuracy, or timers with systemd's own, a minute, one for
// each fifth second, each once a minute. Not both at once: who wakes for the one
// sees to the other.
type systemdOrder struct {
	Dir   string
	Exact bool
}

func (o systemdOrder) dir() string {
	if o.Exact {
		return filepath.Join(o.Dir, "systemd-exact")
	}
	return filepath.Join(o.Dir, "systemd-usual")
}

// log is where the job of a timer writes, of the exact one or of that second.
func (o systemdOrder) log(second int) string {
	return filepath.Join(o.dir(), fmt.Sprint("log-", second))
}

// usualSeconds are the seconds of the minute of the timers with systemd's own
// accuracy.
func usualSeconds() (all []int) {
	for s := 0; s < 60; s += 5 {
		all = append(all, s)
	}
	return all
}

const systemdProgram = "/lib/systemd/systemd"

// becomeSystemd turns this process, which has peerNamespaces, into systemd as
// the first process of a system that has no units but the order's. It does not
// return where that went well.
func becomeSystemd(_ context.Context, o systemdOrder) (struct{}, error) {
	if _, err := os.Stat(systemdProgram); err != nil {
		return struct{}{}, figure.UnavailableError{Why: err}
	}
	units := filepath.Join(o.dir(), "units")
	if err := o.write(units); err != nil {
		return struct{}{}, err
	}
	// A namespace belongs to a thread until the exec.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return struct{}{}, fmt.Errorf("unshare the control groups: %w", err)
	}
	if err := ownMounts("/run"); err != nil {
		return struct{}{}, err
	}
	// Version 2 over whatever is there: systemd finds its own group as the root.
	const groups = "/sys/fs/cgroup"
	if err := syscall.Mount("cgroup2", groups, "cgroup2", 0, ""); err != nil {
		return struct{}{}, fmt.Errorf("mount %s: %w", groups, err)
	}
	argv := []string{systemdProgram, "--system", "--unit=bench.target", "--log-target=null", "--show-status=no"}
	env := []string{"PATH=" + os.Getenv("PATH"), "container=fieldcam-bench", "SYSTEMD_UNIT_PATH=" + units}
	return struct{}{}, fmt.Errorf("start systemd: %w", syscall.Exec(systemdProgram, argv, env))
}

// write makes the units.
func (o systemdOrder) write(dir string) error {
	const head = "[Unit]\nDefaultDependencies=no\n"
	files := map[string]string{}
	var timers []string
	timer := func(name, calendar, accuracy, log string) {
		timers = append(timers, name+".timer")
		files[name+".timer"] = head + "[Timer]\nOnCalendar=" + calendar + "\n" + accuracy
		files[name+".service"] = head + "StartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/sh -c '" +
			strings.ReplaceAll(fmt.Sprintf(stamp, log), "%", "%%") + "'\n"
	}
	if o.Exact {
		timer("exact", "*:*:*", "AccuracySec=1us\n", o.log(0))
	} else {
		for _, s := range usualSeconds() {
			timer(fmt.Sprintf("usual-%02d", s), fmt.Sprintf("*:*:%02d", s), "", o.log(s))
		}
	}
	files["bench.target"] = head + "Wants=" + strings.Join(timers, " ") + "\n"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makeGroup makes a control group for systemd, which makes others below it; it
// is open until remove, which wants all its processes to have ended.
func makeGroup(name string) (f *os.File, remove func() error, err error) {
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, nil, err
	}
	root, ok := groupRoot(string(text))
	if !ok {
		return nil, nil, figure.UnavailableError{Why: errors.New("control groups of version 2 are not mounted")}
	}
	dir := filepath.Join(root, name)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, figure.UnavailableError{Why: err}
	}
	if f, err = os.Open(dir); err != nil {
		return nil, nil, err
	}
	return f, func() error { return errors.Join(f.Close(), removeGroup(dir)) }, nil
}

// groupRoot finds the mount of the control groups, version 2, in a table of
// mounts.
func groupRoot(mounts string) (string, bool) {
	for line := range strings.Lines(mounts) {
		if words := strings.Fields(line); len(words) > 2 && words[2] == "cgroup2" {
			return words[1], true
		}
	}
	return "", false
}

// removeGroup removes a group with those below it. The files in it are the
// kernel's, and go with it.
func removeGroup(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeGroup(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}
