package capture

import (
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

// part is a stretch of time [from, to) whose slots were missed for one cause.
type part struct {
	from, to time.Time
	cause    photo.Cause
	detail   string
	// gap: only the clock says that there were such slots.
	gap bool
}

// causes says why the slots of [from, to) were missed. Slots that are accounted
// for, or were never due, are left out.
func (t *track) causes(from, to, now time.Time, busy bool) []part {
	if from.After(t.since) && !from.After(t.until) {
		from = t.until.Add(1)
	}
	// Where the clock would be without a step: what lies behind it was jumped
	// over.
	unstepped := to
	switch {
	case t.anew:
		unstepped = from
	case t.step > 0:
		unstepped = now.Add(-t.step)
	}
	c := cutter{from: from, to: to}
	t.cutStart(&c, now)
	if busy {
		c.cut(unstepped, part{cause: photo.Busy, detail: "the camera was at an earlier photo"})
	} else {
		c.cut(unstepped, part{cause: photo.NotRunning, detail: "fieldcam was held up"})
	}
	t.cutJumped(&c)
	return c.parts
}

// settle gives of the parts those that can be reported, and holds the others. A
// gap is held until the clock is synced. Where something is about to be written
// behind it, so that a power cut would lose it, it is not held for longer if the
// clock may be right.
func (t *track) settle(parts []part, now time.Time, synced, due bool) []part {
	parts = slices.DeleteFunc(parts, func(p part) bool {
		first, ok := t.sched.Next(schedule.Capture, p.from.Add(-1))
		return !ok || !first.At.Before(p.to)
	})
	var sure []part
	if !synced {
		all := parts
		parts = nil
		for _, p := range all {
			switch {
			case !p.gap:
				sure = append(sure, p)
			case t.held.empty():
				t.held = span{p.from, p.to}
			default:
				t.held.to = p.to
			}
		}
		likely := !now.Before(unsetBefore) && t.held.to.Sub(t.held.from) <= maxDoubted
		if !likely || !due && len(sure) == 0 {
			return sure
		}
	}
	// By the clock as it is now.
	c := cutter{from: t.held.from, to: t.held.to}
	t.held = span{}
	t.cutStart(&c, now)
	t.cutJumped(&c)
	return append(append(c.parts, parts...), sure...)
}

// cutStart cuts off what was before the service's start, by the clock as it is
// now; nothing where the service has run with a clock that somebody vouched for.
func (t *track) cutStart(c *cutter, now time.Time) {
	if t.vouched {
		return
	}
	p := part{cause: photo.NotRunning, detail: "fieldcam was not running", gap: true}
	if t.noLedger {
		p.cause = ""
	}
	c.cut(now.Add(-time.Since(t.began)), p)
}

// cutJumped cuts off all that is left.
func (t *track) cutJumped(c *cutter) {
	c.cut(c.to, part{cause: photo.ClockStep, detail: "the clock jumped over it, or showed another time", gap: true})
}

// cutter cuts [from, to) into parts, from its beginning.
type cutter struct {
	from, to time.Time
	parts    []part
}

// cut makes p of what is left before end. Without a cause it is left out.
func (c *cutter) cut(end time.Time, p part) {
	if end.After(c.to) {
		end = c.to
	}
	if !c.from.Before(end) {
		return
	}
	p.from, p.to = c.from, end
	c.from = end
	if p.cause != "" {
		c.parts = append(c.parts, p)
	}
}
