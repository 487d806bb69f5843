package hal

import (
	"io"
	"time"
)

// Watchdog resets the board when nobody has fed it for its time-out. Opening it
// starts it. On a controller systemd owns it (RuntimeWatchdogSec), and fieldcam
// feeds systemd; it is for boards without systemd, and has one user at a time. Its
// methods may be called from any goroutine.
type Watchdog interface {
	// Feed starts the time-out anew.
	Feed() error
	// Timeout is the time-out that the hardware really has.
	Timeout() (time.Duration, error)
	// SetTimeout asks for a time-out, in whole seconds, and feeds. The hardware may
	// choose another near it, which Timeout tells; it fails where d is out of its
	// range.
	SetTimeout(d time.Duration) error
	// Bitten tells whether the watchdog caused the last reset; false also where the
	// hardware does not know.
	Bitten() (bool, error)
	// Close stops the watchdog and lets it go. Hardware that cannot be stopped
	// goes on, and bites. A process that ends without Close is bitten too. A second
	// Close does nothing.
	io.Closer
}
