package sim

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"fieldcam/hal"
)

// Watchdog is the hardware that bites; Open gives it to its one user. Its methods may
// be called from any goroutine.
type Watchdog struct {
	bite func() // called when nobody has fed it

	mu     sync.Mutex
	user   *watchdogUser // nil: closed; guarded by mu
	after  time.Duration // the time-out; guarded by mu
	timer  *time.Timer   // nil: stopped; guarded by mu
	bitten bool          // caused the last reset; guarded by mu
}

// The time-outs that the simulated hardware has.
const (
	firstTimeout = time.Minute
	maxTimeout   = 15 * time.Minute
)

// NewWatchdog gives a watchdog that is stopped. It calls bite, from a goroutine of
// its own, in place of a reset.
func NewWatchdog(bite func()) *Watchdog { return &Watchdog{bite: bite, after: firstTimeout} }

// Open starts the watchdog.
func (w *Watchdog) Open() (hal.Watchdog, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.user != nil {
		return nil, fmt.Errorf("open watchdog: %w", errHeld)
	}
	w.user = &watchdogUser{w}
	w.feed()
	return w.user, nil
}

// Kill ends the process that has the watchdog open, which does not stop it.
func (w *Watchdog) Kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.user = nil
}

// feed starts the time-out anew. The caller holds mu.
func (w *Watchdog) feed() {
	if w.timer != nil {
		w.timer.Stop()
	}
	var t *time.Timer
	t = time.AfterFunc(w.after, func() {
		w.mu.Lock()
		mine := w.timer == t
		if mine {
			w.user, w.timer, w.bitten = nil, nil, true
		}
		w.mu.Unlock()
		if mine {
			w.bite()
		}
	})
	w.timer = t
}

// watchdogUser is the watchdog in the hands of its user.
type watchdogUser struct{ w *Watchdog }

// use runs do while the watchdog is its user's.
func (u *watchdogUser) use(what string, do func(w *Watchdog) error) error {
	u.w.mu.Lock()
	defer u.w.mu.Unlock()
	err := os.ErrClosed
	if u.w.user == u {
		err = do(u.w)
	}
	if err != nil {
		return fmt.Errorf("%s of simulated watchdog: %w", what, err)
	}
	return nil
}

// Feed implements hal.Watchdog.
func (u *watchdogUser) Feed() error {
	return u.use("feed", func(w *Watchdog) error { w.feed(); return nil })
}

// Timeout implements hal.Watchdog.
func (u *watchdogUser) Timeout() (d time.Duration, err error) {
	err = u.use("read time-out", func(w *Watchdog) error { d = w.after; return nil })
	return d, err
}

// SetTimeout implements hal.Watchdog.
func (u *watchdogUser) SetTimeout(d time.Duration) error {
	return u.use("set time-out", func(w *Watchdog) error {
		if d < time.Second || d > maxTimeout {
			return errors.New("want 1s to 15m")
		}
		w.after = d.Truncate(time.Second)
		w.feed()
		return nil
	})
}

// Bitten implements hal.Watchdog.
func (u *watchdogUser) Bitten() (bitten bool, err error) {
	err = u.use("read boot status", func(w *Watchdog) error { bitten = w.bitten; return nil })
	return bitten, err
}

// Close implements hal.Watchdog.
func (u *watchdogUser) Close() error {
	u.w.mu.Lock()
	defer u.w.mu.Unlock()
	if u.w.user == u {
		u.w.timer.Stop()
		u.w.user, u.w.timer = nil, nil
	}
	return nil
}
