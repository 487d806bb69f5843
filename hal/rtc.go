package hal

import (
	"errors"
	"time"
)

// ErrTimeLost is what RTC.Time returns where the chip itself says that its time is
// not valid: its battery was empty, or it was never set.
var ErrTimeLost = errors.New("the battery-backed clock has lost its time")

// RTC is a battery-backed clock, which goes on while the board is off and can wake
// it. Its methods may be called from any goroutine.
type RTC interface {
	// Time is the chip's time in UTC, in whole seconds.
	Time() (time.Time, error)
	// Set gives the chip the time, in UTC, cut to the second: from 2000 to 2099,
	// which is all that the chips know.
	Set(t time.Time) error
	// WakeAt has the board switched on, or woken, at t, in place of an earlier
	// alarm. t must be in the chip's future. The zero time takes the alarm away.
	WakeAt(t time.Time) error
	// Wake is the alarm that is set, the zero time where there is none.
	Wake() (time.Time, error)
}
