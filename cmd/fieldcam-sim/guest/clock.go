package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// fraction is how far from the truth the clock may be, in microseconds, as a time
// server's client tells the kernel. Unsynced again is a clock whose estimate grows
// beyond 16 s (the kernel's NTP_PHASE_LIMIT), hours later.
const fraction = 100_000

// setClock does what a time server's client does at its first answer: it steps the
// clock, and takes the mark off the kernel that nobody knows the time (adjtimex(2)).
func setClock(t time.Time) error {
	tv := unix.NsecToTimeval(t.UnixNano())
	if err := unix.Settimeofday(&tv); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	x := unix.Timex{Modes: unix.ADJ_STATUS | unix.ADJ_MAXERROR | unix.ADJ_ESTERROR, Maxerror: fraction, Esterror: fraction}
	if _, err := unix.Adjtimex(&x); err != nil {
		return fmt.Errorf("vouch for the clock: %w", err)
	}
	return nil
}
