package linux

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

const (
	// watchdogReset is WDIOF_CARDRESET (include/uapi/linux/watchdog.h): the card
	// had caused the last reset.
	watchdogReset = 0x20
	// magicClose stops a watchdog whose file is closed next.
	magicClose = "V"
	// maxTimeout is far more than any watchdog's time-out.
	maxTimeout = time.Hour
)

// watchdog is a watchdog device of the kernel's.
type watchdog struct {
	path string
	file *os.File

	closing  sync.Once
	closeErr error // guarded by closing
}

// OpenWatchdog opens the watchdog at path ("/dev/watchdog"), which starts it. It
// fails where another process has it, as systemd mostly does.
func OpenWatchdog(path string) (hal.Watchdog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("open watchdog: %w", err)
	}
	w := &watchdog{path: path, file: f}
	if _, err := w.Timeout(); err != nil {
		w.Close()
		return nil, fmt.Errorf("open watchdog (is it one?): %w", err)
	}
	return w, nil
}

// Feed implements hal.Watchdog.
func (w *watchdog) Feed() error {
	return w.call("feed", func(fd int) error { return unix.IoctlWatchdogKeepalive(fd) })
}

// Timeout implements hal.Watchdog.
func (w *watchdog) Timeout() (time.Duration, error) {
	var seconds int
	err := w.call("read time-out", func(fd int) (err error) {
		seconds, err = unix.IoctlGetInt(fd, unix.WDIOC_GETTIMEOUT)
		return err
	})
	return time.Duration(seconds) * time.Second, err
}

// SetTimeout implements hal.Watchdog. The kernel feeds too.
func (w *watchdog) SetTimeout(d time.Duration) error {
	if d < time.Second || d > maxTimeout {
		return fmt.Errorf("set time-out of %s to %v: want 1s to %v", w.path, d, maxTimeout)
	}
	return w.call("set time-out", func(fd int) error {
		return unix.IoctlSetPointerInt(fd, unix.WDIOC_SETTIMEOUT, int(d/time.Second))
	})
}

// Bitten implements hal.Watchdog.
func (w *watchdog) Bitten() (bool, error) {
	var status int
	err := w.call("read boot status", func(fd int) (err error) {
		status, err = unix.IoctlGetInt(fd, unix.WDIOC_GETBOOTSTATUS)
		return err
	})
	return status&watchdogReset != 0, err
}

func (w *watchdog) call(what string, do func(fd int) error) error {
	if err := control(w.file, do); err != nil {
		return fmt.Errorf("%s of watchdog %s: %w", what, w.path, err)
	}
	return nil
}

// Close implements hal.Watchdog.
func (w *watchdog) Close() error {
	w.closing.Do(func() {
		_, err := w.file.WriteString(magicClose)
		if err = errors.Join(err, w.file.Close()); err != nil {
			w.closeErr = fmt.Errorf("close watchdog: %w", err)
		}
	})
	return w.closeErr
}
