package linux

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ioctl runs one ioctl on f, which stays open while it runs.
func ioctl(f *os.File, request uint, arg unsafe.Pointer) error {
	return control(f, func(fd int) error {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg)); errno != 0 {
			return errno
		}
		return nil
	})
}

// control runs do on f's descriptor, which stays open meanwhile; do must not
// wait, because Close waits for it.
func control(f *os.File, do func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}
