package linux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

var _ hal.WatchSteps = WatchSteps

// stepTimer is for how long the timer is set that is cancelled by a step. A timer of
// 32 bits holds it until 2038.
const stepTimer = 30 * 24 * time.Hour

// WatchSteps is a hal.WatchSteps of the system's clock, which tells of a time, too, that
// the system has slept. It needs no privilege (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET; Linux 3.0).
func WatchSteps(ctx context.Context, changed func()) error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("make timer for steps of the clock: %w", err)
	}
	f := os.NewFile(uintptr(fd), "timerfd")
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	raw, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("make timer for steps of the clock: %w", err)
	}
	expirations := make([]byte, 8)
	for stepped := true; ; {
		set := unix.ItimerSpec{Value: unix.NsecToTimespec(time.Now().Add(stepTimer).UnixNano())}
		var errSet error
		err := raw.Control(func(fd uintptr) {
			errSet = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET, &set, nil)
		})
		if errors.Is(errSet, unix.ECANCELED) { // it is set all the same; and there was a step since it was read
			stepped = true
		} else if err == nil {
			err = errSet
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("set timer for steps of the clock: %w", err)
		}
		if stepped { // a step from here on is seen
			changed()
		}
		_, err = f.Read(expirations)
		if ctx.Err() != nil {
			return nil
		}
		if stepped = errors.Is(err, unix.ECANCELED); err != nil && !stepped {
			return fmt.Errorf("wait for steps of the clock: %w", err)
		}
	}
}
