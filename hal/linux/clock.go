package linux

import (
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

// Clock is the system's clock. Its zero value is ready.
type Clock struct{}

var _ hal.Clock = Clock{}

// Now implements hal.Clock.
func (Clock) Now() time.Time { return time.Now().UTC().Round(0) }

// Synced implements hal.Clock: the kernel's own opinion, which NTP daemons set
// (adjtimex(2), STA_UNSYNC). It is false where the kernel cannot be asked.
func (Clock) Synced() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
}
