package fdstore

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// probeName is the name under which a pipe is kept for a moment.
const probeName = "probe"

// findOut finds out whether systemd keeps files. most is the value of its variable
// FDSTORE, which a systemd from version 254 on sets where it keeps any (systemd.exec(5)); set
// tells whether there is one.
func (s *Store) findOut(most string, set bool) {
	if f := s.Take(probeName); f != nil {
		f.Close() // of a process that has died while it tried
	}
	if s.socket == "" {
		s.reason = "systemd does not run this program"
		return
	}
	if set {
		n, err := strconv.Atoi(most)
		s.keeps = err == nil && n > 0
		s.reason = fmt.Sprintf("systemd says that it keeps %.20q files", most)
		return
	}
	keeps, err := s.probe()
	switch {
	case err != nil:
		s.reason = "systemd was asked to keep a file, and it is not known whether it has: " + err.Error()
	case keeps:
		s.keeps, s.reason = true, "systemd was asked to keep a file, and has"
	default:
		s.reason = "systemd was asked to keep a file, and has not: FileDescriptorStoreMax= of the unit is 0, or it keeps as many already"
	}
}

// probe has systemd keep the one writing end of a pipe, and looks whether it does: where
// it has closed it, the reading end is hung up.
func (s *Store) probe() (keeps bool, err error) {
	read, write, err := pipe()
	if err != nil {
		return false, err
	}
	// systemd drops a pipe that nobody reads by itself, too.
	defer func() { err = errors.Join(err, read.Close(), s.Remove(probeName)) }()
	err = errors.Join(s.Keep(probeName, write), write.Close())
	if err != nil {
		return false, err
	}
	if err := s.barrier(); err != nil {
		return false, err
	}
	gone, err := hungUp(read, 0)
	return !gone, err
}

// barrier waits until systemd has dealt with all that it was told: it closes the
// descriptor that comes with BARRIER=1 after that (sd_notify_barrier(3)), and one that
// does not know the word closes what it has no use for at the same point.
func (s *Store) barrier() error {
	read, write, err := pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	var inner error
	c, err := write.SyscallConn()
	if err == nil {
		err = c.Control(func(fd uintptr) { inner = s.tell("BARRIER=1", unix.UnixRights(int(fd))) })
	}
	if err = errors.Join(err, inner, write.Close()); err != nil {
		return err
	}
	done, err := hungUp(read, tellTime)
	if err == nil && !done {
		err = fmt.Errorf("systemd has not answered within %v", tellTime)
	}
	return err
}

// pipe makes a pipe that no child gets.
func pipe() (read, write *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("make pipe: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// hungUp waits until nobody has the writing end of a pipe any more; false where somebody
// has after bound.
func hungUp(read *os.File, bound time.Duration) (gone bool, err error) {
	c, err := read.SyscallConn()
	if err != nil {
		return false, err
	}
	var inner error
	err = c.Control(func(fd uintptr) {
		for end := time.Now().Add(bound); ; {
			p := []unix.PollFd{{Fd: int32(fd)}}
			n, perr := unix.Poll(p, int(max(0, time.Until(end)).Milliseconds()))
			if errors.Is(perr, unix.EINTR) {
				continue
			}
			gone, inner = n > 0 && p[0].Revents&unix.POLLHUP != 0, perr
			return
		}
	})
	return gone, errors.Join(err, inner)
}
