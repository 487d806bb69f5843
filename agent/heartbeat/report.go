package heartbeat

import (
	"context"
	"math/rand/v2"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/health/journal"
	"fieldcam/agent/message"
)

// reporter is the state of the loop that sends status and events.
type reporter struct {
	*Heart
	number  uint64    // of the last status
	due     bool      // a status should go out
	checkIn bool      // it is one of a check-in
	last    time.Time // when one was tried last
	until   time.Time // nothing is tried before it in quiet time; by package time
	failing bool      // the last publish failed
	late    late
}

// report sends the status and the events.
func (h *Heart) report(ctx context.Context) {
	r := reporter{Heart: h, late: late{log: h.o.Log}}
	if h.o.Path != "" {
		r.late.file = &journal.File{Path: h.o.Path, Fault: h.o.Fault}
	}
	r.late.load()
	slots := checkIns{Heart: h}
	changed := h.o.Health.Changed() // asked for anew only once it was seen closed: none is missed
	for ctx.Err() == nil {
		wait := slots.wait()
		if !r.last.IsZero() {
			wait = min(wait, max(0, time.Until(r.last.Add(h.slowed(h.c.StatusEvery)))))
		}
		if r.due || r.waiting() {
			wait = min(wait, max(time.Until(r.last.Add(StatusGap)), time.Until(r.until)))
		}
		if !r.until.IsZero() { // a window may be called off
			wait = min(wait, clockLook)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-h.reportNow:
			r.due, r.last, r.until = true, time.Time{}, time.Time{}
		case <-changed:
			changed = h.o.Health.Changed()
			r.due = true
		case <-h.stepped: // slots looks at it
		case <-timer.C:
			r.checkIn = slots.passed()
			if r.checkIn || !r.last.IsZero() && time.Since(r.last) >= h.slowed(h.c.StatusEvery) {
				r.due, r.last = true, time.Time{}
			}
		}
		timer.Stop()
		if r.rests() {
			if r.checkIn {
				r.late.keep(r.status())
			}
			r.checkIn = false
			continue
		}
		if time.Since(r.last) < StatusGap {
			// A change so soon after the last status: its event goes out now, unless
			// the link failed a moment ago, and the status later.
			if !r.failing {
				r.events(ctx)
			}
			continue
		}
		if r.due || r.waiting() {
			r.attempt(ctx)
		}
	}
}

// rests tells whether nothing is to be tried now: it is quiet time, and something
// failed a while ago.
func (r *reporter) rests() bool {
	if time.Now().Before(r.until) {
		if _, _, quiet := r.o.Quiet(r.o.Clock.Now()); quiet {
			return true
		}
		r.until = time.Time{} // the window was called off
	}
	return false
}

// attempt sends what was kept, the status and the events, until one fails.
func (r *reporter) attempt(ctx context.Context) {
	r.last = time.Now()
	s := r.status()
	waited := len(r.late.waiting) > 0
	r.due = !r.sendLate(ctx)
	if !r.due {
		now := s
		if waited { // that took its time
			now = r.status()
		}
		r.due = !r.send(ctx, now)
	}
	if r.due && r.checkIn && ctx.Err() == nil {
		r.late.keep(s)
	}
	r.checkIn = false
	if !r.due {
		r.events(ctx)
	}
}

// waiting tells whether events wait that the link did not take.
func (r *reporter) waiting() bool {
	_, ok := r.o.Health.Unsent()
	return ok && r.failing
}

// status is how the device is now.
func (r *reporter) status() message.Status {
	s := r.o.Status()
	r.number++
	s.N, s.At, s.Device = r.number, message.At(r.o.Clock.Now()), r.o.Device
	s.ClockSynced = r.o.Clock.Synced()
	s.EventsDropped = int64(r.o.Health.Dropped())
	s.Conditions = nil
	for _, c := range r.o.Health.Active() { // the worst first
		a := active(c)
		a.Last = message.At(c.Last)
		s.Conditions = append(s.Conditions, a)
	}
	return s
}

// send sends the status, and tells whether the broker has it.
func (r *reporter) send(ctx context.Context, s message.Status) bool {
	payload, err := s.Marshal()
	if err != nil {
		// A fault of this software, not of the link: trying again at once would
		// not help, and the events go out all the same.
		r.o.Log.Error().Err(err).Msg("status cannot be sent")
		return true
	}
	return r.publish(ctx, message.KindStatus, payload, true)
}

// events sends the waiting events, in order, until one fails.
func (r *reporter) events(ctx context.Context) {
	for ctx.Err() == nil {
		e, ok := r.o.Health.Unsent()
		if !ok {
			return
		}
		payload, err := message.Condition{
			N: e.Seq, At: message.At(e.At), Unsynced: e.Unsynced, Raised: e.Raised, Repeats: int64(e.Repeats), Active: active(e.Condition),
		}.Marshal()
		if err != nil {
			r.o.Log.Error().Err(err).Msg("event cannot be sent")
		} else if !r.publish(ctx, message.KindCondition, payload, false) {
			return
		}
		r.o.Health.Sent(e.Seq)
	}
}

// publish sends one message, and tells whether the broker has it.
func (r *reporter) publish(ctx context.Context, kind message.Kind, payload []byte, retained bool) bool {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	err := r.o.Link.Publish(ctx, message.Topic(r.o.Device, kind), payload, retained)
	if failing := err != nil; failing != r.failing {
		r.failing = failing
		r.o.Log.Debug().Err(err).Str("kind", string(kind)).Msg("reports stop or go on")
	}
	if err != nil {
		if wait, quiet := r.gentle(); quiet {
			r.until = time.Now().Add(wait)
		}
	}
	return err == nil
}

// active is a condition as the wire says it.
func active(c health.Condition) message.Active {
	return message.Active{Name: string(c.Name), Severity: c.Severity, Text: c.Text, Since: message.At(c.First)}
}

// checkIns waits for check-in slots, which are instants of a wall clock that can
// step.
type checkIns struct {
	*Heart
	looked time.Time // wall time of the last look
	due    time.Time // wall time at which to check in; zero: no slot is near
}

// wait is how long to sleep before passed should be asked.
func (c *checkIns) wait() time.Duration {
	now := c.o.Clock.Now()
	if c.looked.IsZero() || now.Before(c.looked) || c.due.IsZero() { // the start, a step back, or nothing known
		c.plan(now)
	}
	c.looked = now
	look := clockLook
	if c.o.Told != nil && c.o.Told() {
		look = toldLook
	}
	if c.due.IsZero() {
		return look
	}
	return min(max(c.due.Sub(now), 0), look)
}

// passed tells, once for each, whether a slot has come.
func (c *checkIns) passed() bool {
	now := c.o.Clock.Now()
	if c.due.IsZero() || now.Before(c.due) {
		return false
	}
	c.plan(now)
	return true
}

// plan finds the slot after now, and a moment soon after it that is before the
// next one.
func (c *checkIns) plan(now time.Time) {
	c.due = time.Time{}
	slot, ok := c.o.CheckIn(now)
	if !ok {
		return
	}
	spread := checkInSpread
	if next, ok := c.o.CheckIn(slot); ok {
		spread = min(spread, next.Sub(slot)/2)
	}
	c.due = slot.Add(rand.N(max(spread, 1))) //nolint:gosec // spreads load, keeps no secret
}
