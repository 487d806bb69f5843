package sim

import (
	"fmt"
	"sync"
	"time"

	"fieldcam/hal"
)

// RTC is a battery-backed clock that runs with package time, in whole seconds. Its
// methods may be called from any goroutine.
type RTC struct {
	woken func() // called at the alarm; nil: nobody is

	mu     sync.Mutex
	offset time.Duration // to package time's wall; guarded by mu
	lost   bool          // guarded by mu
	broken error         // guarded by mu
	wake   time.Time     // zero: no alarm; guarded by mu
	alarm  *time.Timer   // nil: no alarm; guarded by mu
}

var _ hal.RTC = (*RTC)(nil)

// NewRTC gives an RTC that shows start now. At its alarm it calls woken, from a
// goroutine of its own, where that is not nil.
func NewRTC(start time.Time, woken func()) *RTC {
	return &RTC{woken: woken, offset: start.Sub(time.Now().Round(0))}
}

// Lose empties the chip's battery: from now on it shows 2000 and says so, until it is
// set. An alarm is gone.
func (r *RTC) Lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = true
	r.offset = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Sub(time.Now().Round(0))
	r.disarm()
}

// Break has each use fail with err, as a chip does that has come off its bus. nil
// mends it.
func (r *RTC) Break(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
}

// Time implements hal.RTC.
func (r *RTC) Time() (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.broken != nil:
		return time.Time{}, fmt.Errorf("read simulated RTC: %w", r.broken)
	case r.lost:
		return time.Time{}, fmt.Errorf("read simulated RTC: %w", hal.ErrTimeLost)
	}
	return r.now(), nil
}

// now is what the chip shows. The caller holds mu.
func (r *RTC) now() time.Time {
	return time.Now().UTC().Round(0).Add(r.offset).Truncate(time.Second)
}

// Set implements hal.RTC.
func (r *RTC) Set(t time.Time) error {
	t = t.UTC().Truncate(time.Second)
	if t.Year() < 2000 || t.Year() > 2099 {
		return fmt.Errorf("set simulated RTC to %v: want a year from 2000 to 2099", t)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return fmt.Errorf("set simulated RTC: %w", r.broken)
	}
	r.lost = false
	r.offset = t.Sub(time.Now().Round(0))
	if wake := r.wake; !wake.IsZero() {
		r.disarm()
		r.arm(wake)
	}
	return nil
}

// WakeAt implements hal.RTC.
func (r *RTC) WakeAt(t time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	t = t.UTC().Truncate(time.Second)
	switch {
	case r.broken != nil:
		return fmt.Errorf("set alarm of simulated RTC: %w", r.broken)
	case t.IsZero():
		r.disarm()
		return nil
	case r.lost:
		return fmt.Errorf("set alarm of simulated RTC: %w", hal.ErrTimeLost)
	case !t.After(r.now()):
		return fmt.Errorf("set alarm of simulated RTC to %v: it is %v there already", t, r.now())
	}
	r.disarm()
	r.arm(t)
	return nil
}

// arm sets the alarm. One that is not in the future never comes, as on a chip. The
// caller holds mu.
func (r *RTC) arm(t time.Time) {
	r.wake = t
	left := t.Sub(time.Now().Round(0).Add(r.offset))
	if left <= 0 {
		return
	}
	r.alarm = time.AfterFunc(left, func() {
		r.mu.Lock()
		due := r.wake.Equal(t)
		if due {
			r.wake, r.alarm = time.Time{}, nil
		}
		r.mu.Unlock()
		if due && r.woken != nil {
			r.woken()
		}
	})
}

// disarm takes the alarm away. The caller holds mu.
func (r *RTC) disarm() {
	if r.alarm != nil {
		r.alarm.Stop()
	}
	r.wake, r.alarm = time.Time{}, nil
}

// Wake implements hal.RTC.
func (r *RTC) Wake() (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return time.Time{}, fmt.Errorf("read alarm of simulated RTC: %w", r.broken)
	}
	return r.wake, nil
}
