package subprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Spec is one run.
type Spec struct {
	// Argv is the program and its arguments, as they are: no shell reads them. The
	// program is an absolute path, or a name that is looked up in SearchPath.
	Argv []string
	// Dir is the program's directory, home, and place for temporary files. It
	// exists; see Scratch.
	Dir string
	// Env is added to the program's environment, as "NAME=value".
	Env []string
	// Stdout takes what the program prints as it comes; nil: it is thrown away. Run
	// does not use it after it has returned. Where it fails, the program is ended.
	Stdout io.Writer
	// MaxOutput is how many bytes the program may print; at most one Write more are
	// read before it is ended. 0: without a bound.
	MaxOutput int64
	// MaxFile is how many bytes each file may have that the program writes
	// (RLIMIT_FSIZE): the kernel ends it with SIGXFSZ. 0: without a bound.
	MaxFile int64
	// Interrupt is the time from SIGINT to SIGTERM, and Terminate that from SIGTERM
	// to SIGKILL, where a deadline comes near or the output is too much. 0 means
	// DefaultInterrupt and DefaultTerminate. A context that ends without a deadline
	// leaves less: see Grace.
	Interrupt, Terminate time.Duration
	// Grace is the time from SIGINT to SIGTERM where the context was cancelled, by its
	// cause; cancelInterrupt where it is less than that, or Grace is nil. From when stop is
	// closed, which may be nil, cancelInterrupt is left of it.
	Grace func(cause error) (wait time.Duration, stop <-chan struct{})
}

// The times that a program has to end.
const (
	// DefaultInterrupt lets a program end an exposure and close the camera: one
	// that is killed in between leaves some cameras wedged until their power is
	// cycled (libgphoto2, issue 366).
	DefaultInterrupt = 2 * time.Second
	DefaultTerminate = time.Second
	// cancelInterrupt and cancelTerminate stand in their place when the context has
	// ended and Spec.Grace gives no more, for capture waits half a second then.
	cancelInterrupt = 150 * time.Millisecond
	cancelTerminate = 100 * time.Millisecond
	// reapTime is how long a process may take to go after SIGKILL before it is left
	// behind.
	reapTime = 100 * time.Millisecond
	// lingerTime is how long the output may be silent, after the program has ended,
	// before it is taken as over although somebody holds it open.
	lingerTime = 100 * time.Millisecond
	// leadShare: the signals begin at most so large a part of the time before the
	// deadline.
	leadShare = 4
)

// SearchPath lists the directories in which programs are looked up.
func SearchPath() []string { return []string{"/usr/local/bin", "/usr/bin", "/bin"} }

// ErrTooMuch is the cause of an Error where the program printed more than
// Spec.MaxOutput.
var ErrTooMuch = errors.New("it printed more than a picture can have")

// ErrNotStarted is the cause of an error where the program could not be started at all: it
// is not there, may not be executed, or is none for this machine. That says nothing of the
// device that it is for.
var ErrNotStarted = errors.New("it cannot be started")

// ErrUnheeded is one more cause of an error of a program that was ended, where it had not
// gone in the time after SIGINT.
var ErrUnheeded = errors.New("it did not heed the interrupt")

// Find is the path of the program called name: itself, where it is an absolute
// path, or its place in SearchPath. What is there is an executable file; else the error is
// an ErrNotStarted.
func Find(name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, executable(name)
	}
	if name == "" || strings.ContainsRune(name, '/') {
		return "", fmt.Errorf("program %q: %w: want a name or an absolute path", name, ErrNotStarted)
	}
	for _, dir := range SearchPath() {
		path := filepath.Join(dir, name)
		if executable(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("program %q: %w: %w in %s", name, ErrNotStarted, fs.ErrNotExist, strings.Join(SearchPath(), ", "))
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("program: %w: %w", ErrNotStarted, err)
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("program %s: %w: %w", path, ErrNotStarted, fs.ErrPermission)
	}
	return nil
}

// environment is all that the program gets to know.
func (s Spec) environment() []string {
	return append([]string{
		"PATH=" + strings.Join(SearchPath(), ":"),
		"HOME=" + s.Dir, "TMPDIR=" + s.Dir,
		"LC_ALL=C", // messages are for the log, and some are looked for
	}, s.Env...)
}

// Lead is how long before a deadline that is so far away the first signal is sent: a
// program that heeds it ends before its context does.
func (s Spec) Lead(left time.Duration) time.Duration {
	interrupt, terminate := s.times()
	return min(interrupt+terminate, left/leadShare)
}

// Within is the least time from a program's start to its deadline in which it has d before
// the first signal.
func (s Spec) Within(d time.Duration) time.Duration {
	interrupt, terminate := s.times()
	return d + min(interrupt+terminate, d/(leadShare-1))
}

// grace is the wait after SIGINT where ctx has ended, and what cuts it short.
func (s Spec) grace(ctx context.Context) (wait time.Duration, stop <-chan struct{}) {
	if s.Grace == nil || !errors.Is(ctx.Err(), context.Canceled) {
		return cancelInterrupt, nil
	}
	wait, stop = s.Grace(context.Cause(ctx))
	return max(wait, cancelInterrupt), stop
}

// times are the waits after each signal where a deadline comes near.
func (s Spec) times() (interrupt, terminate time.Duration) {
	interrupt, terminate = s.Interrupt, s.Terminate
	if interrupt <= 0 {
		interrupt = DefaultInterrupt
	}
	if terminate <= 0 {
		terminate = DefaultTerminate
	}
	return interrupt, terminate
}
