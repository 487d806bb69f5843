package export

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes dir for this Run alone; ErrBusy where another has it. The lock is on
// the directory itself, so that nothing is left there, and ends with the process
// at the latest.
func lock(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = ErrBusy
	case errors.Is(err, unix.EBADF), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.EOPNOTSUPP):
		// No stick: NFS locks no directory (flock(2), "NFS details"). The export goes
		// on without.
		err = nil
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
