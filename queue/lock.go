package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is the pause between two tries; flock itself can't be bounded.
const lockPoll = 20 * time.Millisecond

// lock is an exclusive lock on a file of its own, so that the index can be
// read, replaced and set aside while it is held. The kernel drops it with the
// process.
type lock struct{ f *os.File }

// takeLock waits at most timeout. Where another process holds the lock, the
// error wraps ErrLocked and names it.
func takeLock(ctx context.Context, path string, timeout time.Duration) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-time.After(lockPoll):
			continue
		case <-ctx.Done():
			err = ctx.Err()
		case <-deadline.C:
			err = fmt.Errorf("%w by %s (%s), waited %s", ErrLocked, holder(f), path, timeout)
		}
		f.Close()
		return nil, err
	}
	l := &lock{f: f}
	// The pid is only a hint to people: it need not survive a power cut.
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil && !errors.Is(err, unix.ENOSPC) {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), l.release())
	}
	return l, nil
}

// holder names the process that wrote its pid into f.
func holder(f *os.File) string {
	const longestPID = 20
	b, _ := io.ReadAll(io.NewSectionReader(f, 0, longestPID)) // no pid: unknown holder
	if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
		return fmt.Sprintf("process %d", pid)
	}
	return "an unknown process"
}

func (l *lock) release() error { return l.f.Close() }
