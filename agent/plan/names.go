package plan

import (
	"fmt"
	"strings"
	"time"

	"fieldcam/capture/schedule"
)

// named is one thing that has a name.
type named struct {
	what string // "the session"
	kind string // those that may not share a name have the same
	name string
}

// all lists the plan's names.
func (s *subject) named() []named {
	var list []named
	sessions := func(what, kind string, all []schedule.Session) {
		for _, v := range all {
			list = append(list, named{what, kind, v.Name})
		}
	}
	sessions("the session", "week", s.parts.Sessions)
	for _, v := range s.parts.Shots {
		list = append(list, named{"the shot", "shot", v.Name})
	}
	for _, e := range s.parts.Events {
		list = append(list, named{"the event", "event", e.Name})
		sessions(fmt.Sprintf("the session of the event %q", e.Name), "session of "+e.Name, e.Sessions)
	}
	for _, v := range s.parts.Pauses {
		list = append(list, named{"the pause", "pause", v.Name})
	}
	return list
}

// names finds names that a person, or the ledger, takes for each other.
func (s *subject) names() []Finding {
	var all []Finding
	first := map[string]named{}
	for _, v := range s.named() {
		key := strings.ToLower(strings.Join(strings.Fields(v.name), " "))
		o, known := first[key]
		switch {
		case !known:
			first[key] = v
		case o.name != v.name:
			all = append(all, warning(NamesCollide, "Rename one of them.",
				"%s %q and %s %q differ only by capitals or spaces", o.what, o.name, v.what, v.name))
		case (o.kind == "week" || strings.HasPrefix(o.kind, "session of ")) && v.kind == "shot",
			o.kind == "shot" && strings.HasPrefix(v.kind, "session of "):
			all = append(all, warning(NamesCollide, "Rename one of them.",
				"%s and %s have the name %q: the ledger sums up their photos as one", o.what, v.what, v.name))
		}
	}
	return all
}

// shadows finds sessions whose every slot another session has as well.
func (s *subject) shadows() []Finding {
	all := shadowsOf("", s.parts.Sessions)
	for i, e := range s.parts.Events {
		if s.events[i].Until.After(s.now) {
			all = append(all, shadowsOf(fmt.Sprintf(" of the event %q", e.Name), e.Sessions)...)
		}
	}
	return all
}

func shadowsOf(of string, sessions []schedule.Session) []Finding {
	var all []Finding
	for i, b := range sessions {
		for j, a := range sessions {
			// Of two that are the same the one listed later is told.
			if i == j || !shadowed(a, b) || j > i && shadowed(b, a) {
				continue
			}
			all = append(all, info(Shadowed, "It can be removed.", "the session %q%s changes nothing: %q is due at each of its times as well", b.Name, of, a.Name))
			break
		}
	}
	return all
}

// shadowed tells whether b changes nothing beside a, as far as their values show.
func shadowed(a, b schedule.Session) bool {
	if a.Kind != b.Kind || b.Days&^a.Days != 0 || a.From.Sun != b.From.Sun || a.Until.Sun != b.Until.Sun {
		return false
	}
	aFrom, aUntil := ends(a)
	bFrom, bUntil := ends(b)
	// Where the clock is changed between their beginnings, their slots shift by an
	// hour.
	if bFrom != aFrom && time.Hour%a.Every != 0 {
		return false
	}
	once := b.From == b.Until
	if bFrom < aFrom || bUntil > aUntil || (bFrom-aFrom)%a.Every != 0 || !once && b.Every%a.Every != 0 {
		return false
	}
	return a.Kind != schedule.Upload || sameChoice(a, b) &&
		covers(a.Photos, b.Photos) && covers(a.Megabytes, b.Megabytes) && covers(a.Minutes, b.Minutes)
}

// ends are a session's ends, counted from what they are counted from.
func ends(v schedule.Session) (from, until time.Duration) {
	from, until = v.From.Offset, v.Until.Offset
	if v.From.Sun == v.Until.Sun && until < from {
		until += day
	}
	return from, until
}

// covers tells whether the limit a, 0 for none, is no less than b.
func covers(a, b int) bool { return a == 0 || b != 0 && a >= b }

func sameChoice(a, b schedule.Session) bool {
	oldest := func(v schedule.Session) bool { return v.Order == schedule.OldestFirst }
	return oldest(a) == oldest(b) && a.LookBack == b.LookBack && a.FirstDay == b.FirstDay && a.LastDay == b.LastDay
}
