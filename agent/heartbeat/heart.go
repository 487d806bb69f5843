// Package heartbeat decides when the device says what about itself: heartbeats,
// its status, and the events of its conditions.
//
// Promises:
//   - While the link is up, a heartbeat comes each Every on average, never more
//     than a tenth later than that after the one before, and the first as soon as
//     the link is up. Nothing else that is sent delays it.
//   - Where power is saved (Options.Slow), the intervals are that many times longer, and
//     the heartbeats say so: nobody misses one.
//   - The status goes out when the link comes up, at each check-in slot, after a
//     condition changed, then at most once in StatusGap, and at the latest
//     Config.StatusEvery after the one before.
//   - The status of a check-in that could not be sent is kept, over a restart,
//     too: the newest MaxLate of them, one in ten minutes at most. They go out
//     before the next status, oldest first, with their own time, not retained.
//   - Events go out in order, each until the broker has it, as they were recorded.
//   - In quiet time (Options.Quiet) what works goes on. After a failure nothing is
//     sent for 8 to 15 minutes, unless the link comes up, and then once.
//   - A broker that is away or hangs delays nothing but this package's own
//     goroutines, and each of their waits is bounded.
//
// Out of scope: the link, and what is wrong (agent/health).
package heartbeat

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/hal"
)

// Publisher sends one message and waits for the broker's acknowledgement.
type Publisher interface {
	// Publish returns nil once the broker has the message, an error at once where
	// there is no connection, and an error at the latest when ctx ends.
	Publish(ctx context.Context, topic string, payload []byte, retained bool) error
}

const (
	// jitter is how far an interval may be from Every, as a part of it: a fleet
	// that was switched on together drifts apart.
	jitter = 0.1
	// publishTimeout bounds one message: a modem's buffer full of an upload takes
	// some seconds to leave, a radio outage longer.
	publishTimeout = 30 * time.Second
	// StatusGap is the least time between a status and the next because of a
	// change, and before a failed one is repeated: a condition that flaps costs
	// airtime.
	StatusGap = 30 * time.Second
	// checkInSpread is how long after its slot a check-in may be sent, at a
	// random moment: a fleet shares its schedule.
	checkInSpread = 30 * time.Second
	// maxInterval bounds the intervals where power is saved: what comes less often than
	// each day says nothing.
	maxInterval = 24 * time.Hour
	// gentleMin and gentleMax bound the wait after a failure in quiet time.
	gentleMin = 8 * time.Minute
	gentleMax = 15 * time.Minute
	// clockLook is how often the wall time is looked at while a check-in slot is
	// waited for: the clock can step.
	clockLook = time.Minute
	// toldLook is how often where the Heart is told of steps.
	toldLook = 10 * time.Minute
)

// Options are what a Heart needs beside its Config.
type Options struct {
	// Device is the device's name.
	Device string
	// Link publishes.
	Link Publisher
	// Health has the conditions and their events.
	Health *health.Registry
	// Clock is for the times in messages and for check-in slots.
	Clock hal.Clock
	// Status gives the status; it must not wait. Heart fills in device, number,
	// time, clock and conditions. nil: those alone.
	Status func() message.Status
	// CheckIn is the first check-in slot strictly after a time; false: none is
	// near. It may change its mind between calls. nil: there are none.
	CheckIn func(after time.Time) (time.Time, bool)
	// Told tells whether ClockStepped is called now whenever the clock was set: then
	// it is looked at less. It must not wait. nil: it is not.
	Told func() bool
	// Quiet tells whether at is in a maintenance window, or after it and before
	// this device's own moment of return: when the window ends, and when that
	// moment is. nil: there are none.
	Quiet func(at time.Time) (ends, returns time.Time, ok bool)
	// Slow gives by what the intervals are multiplied now, at least 1; after a change
	// call LinkUp. It must not wait. nil: 1.
	Slow func() int
	// Path is the file of check-ins that could not be sent, in a directory that
	// exists: FileName in the state directory. Empty: they are lost at a restart.
	Path string
	// Fault is journal.File's. nil: none.
	Fault func(step string) error
	Log   zerolog.Logger
}

// Heart sends. Its methods may be called from any goroutine.
type Heart struct {
	c Config
	o Options
	// Each holds one where the link has come up since it was last looked at.
	beatNow, reportNow chan struct{}
	stepped            chan struct{} // holds one where the clock was set
}

// New makes a Heart; c must be valid.
func New(c Config, o Options) *Heart {
	if o.Status == nil {
		o.Status = func() message.Status { return message.Status{} }
	}
	if o.Slow == nil {
		o.Slow = func() int { return 1 }
	}
	if o.CheckIn == nil {
		o.CheckIn = func(time.Time) (time.Time, bool) { return time.Time{}, false }
	}
	if o.Quiet == nil {
		o.Quiet = func(time.Time) (ends, returns time.Time, ok bool) { return }
	}
	return &Heart{c: c, o: o, beatNow: make(chan struct{}, 1), reportNow: make(chan struct{}, 1), stepped: make(chan struct{}, 1)}
}

// LinkUp says that the link has come up: heartbeat, status and waiting events go
// out at once. It does not wait.
func (h *Heart) LinkUp() {
	for _, c := range []chan struct{}{h.beatNow, h.reportNow} {
		select {
		case c <- struct{}{}:
		default: // it is known already
		}
	}
}

// ClockStepped says that the wall clock was set. It does not wait.
func (h *Heart) ClockStepped() {
	select {
	case h.stepped <- struct{}{}:
	default: // it is known already
	}
}

// Run sends until ctx ends, and returns nil. Call it once.
func (h *Heart) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { h.beat(ctx) })
	wg.Go(func() { h.report(ctx) })
	wg.Wait()
	return nil
}

// beat sends the heartbeats.
func (h *Heart) beat(ctx context.Context) {
	topic := message.Topic(h.o.Device, message.KindHeartbeat)
	timer := time.NewTimer(h.interval(h.every()))
	defer timer.Stop()
	for n := uint64(1); ; n++ {
		select { // the link's coming up ends a wait of quiet time, too
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-h.beatNow:
		}
		// Counted from here: however long this one takes, the next is on time.
		every := h.every()
		interval := h.interval(every)
		timer.Reset(interval)
		payload := message.Heartbeat{N: n, At: message.At(h.o.Clock.Now()), EverySeconds: max(1, uint32(every/time.Second))}.Marshal()
		bound, cancel := context.WithTimeout(ctx, min(publishTimeout, interval))
		// The link tells of its outages itself, and a heartbeat that did not
		// arrive is not worth a second one.
		err := h.o.Link.Publish(bound, topic, payload, false)
		cancel()
		if err == nil {
			continue
		}
		if wait, quiet := h.gentle(); quiet && wait > every {
			timer.Reset(wait)
			n += uint64(wait/every) - 1 // those that come due meanwhile
		}
	}
}

// gentle is how long to wait after a failure now, where it is quiet time. What
// would be tried near the window's end, or after it, is tried at the moment of
// return.
func (h *Heart) gentle() (wait time.Duration, quiet bool) {
	now := h.o.Clock.Now()
	ends, returns, quiet := h.o.Quiet(now)
	if !quiet {
		return 0, false
	}
	wait = gentleMin + rand.N(gentleMax-gentleMin+1) //nolint:gosec // spreads load, keeps no secret
	if now.Add(wait).Before(ends) {
		return wait, true
	}
	return max(0, returns.Sub(now)), true
}

// every is the interval of the heartbeats now.
func (h *Heart) every() time.Duration { return h.slowed(h.c.Every) }

// slowed is an interval as it is now.
func (h *Heart) slowed(d time.Duration) time.Duration {
	return max(d, min(d*time.Duration(max(h.o.Slow(), 1)), maxInterval))
}

// interval draws the time to the next heartbeat: every on average, within a tenth
// of it either way.
func (h *Heart) interval(every time.Duration) time.Duration {
	spread := time.Duration(float64(every) * jitter)
	return every - spread + rand.N(2*spread+1) //nolint:gosec // spreads load, keeps no secret
}
