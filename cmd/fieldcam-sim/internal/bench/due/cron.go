package due

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// cronJobs are due at the same time: cron has no finer one than the minute.
const cronJobs = 12

// stamp is what a job of the peers does: the least that tells the time. Its
// argument is a file.
const stamp = "date +%%s.%%N >>%s"

// cronOrder asks for jobs that write when they ran.
type cronOrder struct{ Dir string }

func (o cronOrder) log() string { return filepath.Join(o.Dir, "cron") }

// peerNamespaces are what a peer has for itself: processes, which end with it,
// and mounts.
func peerNamespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
}

// becomeCron turns this process, which has peerNamespaces, into cron in the
// foreground, with the jobs of the order alone. It does not return where that
// went well.
func becomeCron(_ context.Context, o cronOrder) (struct{}, error) {
	program, err := blockdev.FindTool("cron")
	if err != nil {
		return struct{}{}, figure.UnavailableError{Why: err}
	}
	if err := ownMounts("/etc/cron.d", "/var/spool/cron", "/run"); err != nil {
		return struct{}{}, err
	}
	const tables = "/etc/cron.d/bench" // in the mount above
	job := "* * * * * root " + strings.ReplaceAll(fmt.Sprintf(stamp, o.log()), "%", `\%`) + "\n"
	if err := os.WriteFile(tables, []byte("SHELL=/bin/sh\n"+strings.Repeat(job, cronJobs)), 0o644); err != nil {
		return struct{}{}, err
	}
	// The system's own jobs are not this run's.
	if err := syscall.Mount("/dev/null", "/etc/crontab", "", syscall.MS_BIND, ""); err != nil {
		return struct{}{}, fmt.Errorf("hide the system's jobs: %w", err)
	}
	return struct{}{}, fmt.Errorf("start cron: %w", syscall.Exec(program, []string{program, "-f"}, os.Environ()))
}

// ownMounts makes these directories empty ones in memory, for this process's
// mount namespace alone.
func ownMounts(directories ...string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, d := range directories {
		if err := syscall.Mount("tmpfs", d, "tmpfs", 0, "mode=755,size=4m"); err != nil {
			return fmt.Errorf("mount %s: %w", d, err)
		}
	}
	return nil
}
