package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/schedule"
)

const (
	// longPause is from how long on a pause may have been forgotten.
	longPause = 31 * day
	// polarLatitude is from where on the sun does not rise, or set, on some days:
	// the polar circle, and the 0.8° by which the air lifts the sun.
	polarLatitude = 65.7
)

// captures finds plans that take no photo in the next days, and says why.
func (s *subject) captures() []Finding {
	slot, ok := s.schedule.Next(schedule.Capture, s.now.Add(-1))
	if ok && slot.At.Before(s.now.Add(horizon)) {
		return nil
	}
	why := "no capture session is on these days"
	for _, list := range []struct {
		what  string
		spans []Span
	}{{"the event", s.events}, {"the pause", s.pauses}} {
		for _, v := range list.spans {
			if !s.now.Before(v.From.Time) && s.now.Before(v.Until.Time) {
				why = fmt.Sprintf("%s %q lasts until %s", list.what, v.Name, s.stamp(v.Until.Time))
			}
		}
	}
	next := "and none after that"
	if ok {
		next = "the next is due on " + s.stamp(slot.At)
	}
	f := warning(NoCapture, "Add a capture session, or end what keeps it from its photos.", "no photo is due in the next 7 days: %s; %s", why, next)
	f.Severity = health.Critical
	return []Finding{f}
}

// checkEvents finds events that are over, overlap, or take no photo.
func (s *subject) checkEvents() []Finding {
	var all []Finding
	for i, e := range s.events {
		parts := s.parts.Events[i]
		if !e.Until.After(s.now) {
			all = append(all, info(EventOver, "It can be removed.", "the event %q is over since %s", e.Name, s.date(e.Until.Time)))
			continue
		}
		if !has(parts, schedule.Capture) {
			all = append(all, warning(EventEmpty, "Give it an [[event.session]] with kind = \"capture\", unless this is meant.",
				"the event %q has no capture session: from %s to %s no photo is taken but for shots", e.Name, parts.FirstDay, parts.LastDay))
		}
		if !has(parts, schedule.CheckIn) {
			all = append(all, info(EventSilent, "Give it an [[event.session]] with kind = \"check-in\".",
				"the event %q has no check-in session: from %s to %s only heartbeats tell of the controller", e.Name, parts.FirstDay, parts.LastDay))
		}
		for _, o := range s.events[:i] {
			from, until := later(e.From.Time, o.From.Time), earlier(e.Until.Time, o.Until.Time)
			if from.Before(until) && until.After(s.now) {
				all = append(all, warning(EventsOverlap, "Move one of them, unless both are meant.",
					"the events %q and %q overlap: from %s to %s the sessions of both run", o.Name, e.Name, s.date(from), s.date(until.Add(-1))))
			}
		}
	}
	return all
}

// has tells whether an event has a session of the kind.
func has(e schedule.Event, kind schedule.Kind) bool {
	return slices.ContainsFunc(e.Sessions, func(v schedule.Session) bool { return v.Kind == kind })
}

// checkShots finds shots that are over, or in a pause.
func (s *subject) checkShots() []Finding {
	var all []Finding
	for _, v := range s.parts.Shots {
		at := s.at(v.At)
		if at.Before(s.now) {
			all = append(all, info(ShotOver, "It can be removed.", "the shot %q is over: it was due on %s", v.Name, s.stamp(at)))
			continue
		}
		for _, p := range s.pauses {
			if !at.Before(p.From.Time) && at.Before(p.Until.Time) {
				all = append(all, warning(ShotPaused, "Move one of them.",
					"the shot %q of %s will not be taken: the pause %q is from %s", v.Name, s.stamp(at), p.Name, s.during(p.From.Time, p.Until.Time)))
				break
			}
		}
	}
	return all
}

// at is an instant at which the site's clock shows t.
func (s *subject) at(t schedule.WallTime) time.Time {
	f := time.Unix(int64(t), 0).UTC()
	return time.Date(f.Year(), f.Month(), f.Day(), f.Hour(), f.Minute(), f.Second(), 0, s.zone)
}

// checkPauses finds pauses that have no end in sight.
func (s *subject) checkPauses() []Finding {
	var all []Finding
	for _, p := range s.pauses {
		left := p.Until.Sub(later(p.From.Time, s.now))
		if left <= longPause || p.From.After(s.now.Add(eventsAhead)) {
			continue
		}
		all = append(all, warning(PauseLong, "Give it an earlier end, unless this is meant: a missing photo can't be taken again.",
			"the pause %q has no end in sight: it lasts until %s, %s, and no photo is taken meanwhile", p.Name, s.stamp(p.Until.Time), hours(left)))
	}
	return all
}

// polar finds sessions by a sun that does not rise or set on some days.
func (s *subject) polar() []Finding {
	latitude, known := s.parts.Site.Latitude.Value()
	if !known || latitude > -polarLatitude && latitude < polarLatitude {
		return nil
	}
	var names []string
	add := func(event string, sessions []schedule.Session) {
		for _, v := range sessions {
			if v.From.Sun != 0 || v.Until.Sun != 0 {
				names = append(names, fmt.Sprintf("%q%s", v.Name, event))
			}
		}
	}
	add("", s.parts.Sessions)
	for _, e := range s.parts.Events {
		add(fmt.Sprintf(" of %q", e.Name), e.Sessions)
	}
	if len(names) == 0 {
		return nil
	}
	const shown = 5
	if len(names) > shown {
		names = append(names[:shown], "…")
	}
	return []Finding{info(PolarSun, "Look at such a day by \"fieldcam schedule calendar\", or use times of the day.",
		"at %s° the sun stays up, or down, for days: sunrise and sunset are then the ends of the day, or both are the sun's noon, and sessions by them (%s) last all day, or have no slot",
		s.parts.Site.Latitude, strings.Join(names, ", "))}
}
