package capture

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

const (
	// earlyBy is how long before its slot the store begins with a photo: longer than
	// a card takes for a new file while it writes others.
	earlyBy = 250 * time.Millisecond
	// maxEarly is how late the camera may be asked for a photo that was begun so:
	// its time is that of the slot.
	maxEarly = 50 * time.Millisecond
	// maxApproach bounds Options.Approach, and maxLooks how often the clock is read
	// in it: as often as a fast board can in that time, where time goes on at all.
	maxApproach = 10 * time.Millisecond
	maxLooks    = 1 << 18
)

// errUnwanted ends an early attempt whose slot did not come.
var errUnwanted = errors.New("the slot did not come as expected")

// early is a slot's first attempt, for which the store is ready before the slot.
type early struct {
	slot     schedule.Slot
	start    chan context.Context // takes one at the slot; closed where it does not come
	done     chan outcome
	atCamera atomic.Bool
}

// beginEarly lets the store begin with the next slot's photo, where it is near and that
// has not been done; else it tells how long that takes.
func (l *loop) beginEarly(room time.Duration) (in time.Duration, ok bool) {
	if l.approach() <= 0 || l.o.Deferred != nil || l.flight != nil {
		return 0, false
	}
	if room > earlyBy {
		l.dropEarly() // its slot did not come, or the clock was set back
		return room - earlyBy, true
	}
	slot, ok := l.upcoming()
	if !ok || room <= 0 || !l.wanted(slot) || l.early != nil && l.early.slot.At.Equal(slot.At) {
		return 0, false
	}
	l.dropEarly()
	e := &early{slot: slot, start: make(chan context.Context, 1), done: make(chan outcome, 1)}
	l.early = e
	shot := photo.Shot{Slot: slot.At, Session: slot.Session, Trigger: photo.Scheduled, Taken: slot.At, ClockSynced: l.o.Clock.Synced()}
	go func() {
		e.done <- l.attempt(shot, 1, &e.atCamera, func() (context.Context, bool) {
			ctx, ok := <-e.start
			return ctx, ok
		})
	}()
	return 0, false
}

// takeEarly is the early attempt of the slot, which starts now; nil for none.
func (l *loop) takeEarly(ctx context.Context, slot time.Time) *early {
	e := l.early
	if e == nil {
		return nil
	}
	if late := l.o.Clock.Now().Sub(slot); !e.slot.At.Equal(slot) || late < 0 || late > maxEarly {
		l.dropEarly()
		return nil
	}
	l.early = nil
	e.start <- ctx
	return e
}

// dropEarly ends the early attempt, which leaves nothing behind.
func (l *loop) dropEarly() {
	if l.early != nil {
		close(l.early.start)
		l.early = nil
	}
}

// endEarly is dropEarly, and waits for it, within bounds.
func (l *loop) endEarly() {
	e := l.early
	if e == nil {
		return
	}
	l.dropEarly()
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-e.done:
	case <-timer.C:
	}
}

// approach is how long before a slot the clock is watched.
func (l *loop) approach() time.Duration { return min(l.o.Approach, maxApproach) }

// watch waits for the slot without a timer, which would be late.
func (l *loop) watch(room time.Duration) {
	begun := time.Now()
	for range maxLooks {
		if time.Since(begun) >= room {
			return
		}
	}
	// Time stands still while this looks at it: it is simulated.
	timer := time.NewTimer(room - time.Since(begun))
	defer timer.Stop()
	<-timer.C
}
