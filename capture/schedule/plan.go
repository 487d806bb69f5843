package schedule

import (
	"fmt"
	"time"
	"unicode/utf8"

	"fieldcam/config/invalid"
)

// Plan is all that a site's schedule is made of. The zero Plan is one on which
// nothing is ever due.
type Plan struct {
	// Site is where sunrise and sunset are computed for.
	Site Site
	// Sessions are the weekly schedule.
	Sessions []Session
	Events   []Event
	Shots    []Shot
	Pauses   []Pause
}

// Event is a range of days on which other sessions hold than those of the weekly
// schedule.
type Event struct {
	// Name is how people tell events apart; 1 to 40 characters, unique.
	Name string `toml:"name"`
	// FirstDay and LastDay are days at the site, "2026-06-30", both included.
	// Required.
	FirstDay string `toml:"first_day"`
	LastDay  string `toml:"last_day"`
	// Sessions replace those of the weekly schedule; their names are unique within
	// the event. At least one, so that a controller is not silent by mistake (a
	// Pause leaves the check-ins alone), and each has a day within the event.
	Sessions []Session `toml:"session"`
}

// Shot is one photo at a time of its own.
type Shot struct {
	// Name is how people tell shots apart; 1 to 40 characters, unique.
	Name string `toml:"name"`
	// At is the time at the site. Required. Where the clock skips it, the photo is
	// taken at the first instant after, where it comes twice, at the first.
	At WallTime `toml:"at"`
}

// Pause is a time without captures and uploads. Check-ins go on.
type Pause struct {
	// Name is how people tell pauses apart; 1 to 40 characters, unique.
	Name string `toml:"name"`
	// From and Until are times at the site, and required; From belongs to the
	// pause and Until, which is later, does not. Where the clock shows one of
	// them twice the pause is the longer one.
	From  WallTime `toml:"from"`
	Until WallTime `toml:"until"`
}

// The bounds of a Plan. People write a handful of each.
const (
	MaxEvents        = 100
	MaxEventSessions = 100 // in one event
	MaxShots         = 1000
	MaxPauses        = 100
)

// maxTogether is how many sessions events that overlap can have, together. A search
// looks at each of them, and a check of the plan at each on each day of a year.
const maxTogether = 300

// maxDaySlots is how many slots of a kind a week's or an event's sessions can
// have on one day, together: one a second is 86,400. More is a mistake, which
// would fill the card and the ledger.
const maxDaySlots = 100_000

// Validate reports every value that cannot be used, as invalid.Values with keys
// such as "session[2].every", "event[1].session[0].from" or "site.latitude".
func (p Plan) Validate() error {
	var l invalid.List
	l.Under("site", p.Site.Validate())
	checkPeaks(&l, "session", p.checkSessions(&l, "session", p.Sessions))

	names := map[string]bool{}
	var held []heldEvent
	for i, e := range bounded(&l, "event", p.Events, MaxEvents) {
		key := fmt.Sprintf("event[%d]", i)
		checkName(&l, key, e.Name, "event", names)
		held = append(held, p.checkEvent(&l, key, e))
		n, most := together(held)
		checkPeaks(&l, key+".session", most)
		if n > maxTogether {
			l.Add(key+".session", n, fmt.Sprintf("at most %d sessions, those of all events that overlap it together", maxTogether))
		}
	}
	names = map[string]bool{}
	for i, s := range bounded(&l, "shot", p.Shots, MaxShots) {
		key := fmt.Sprintf("shot[%d]", i)
		checkName(&l, key, s.Name, "shot", names)
		checkWallTime(&l, key+".at", s.At)
	}
	names = map[string]bool{}
	for i, s := range bounded(&l, "pause", p.Pauses, MaxPauses) {
		key := fmt.Sprintf("pause[%d]", i)
		checkName(&l, key, s.Name, "pause", names)
		okFrom := checkWallTime(&l, key+".from", s.From)
		okUntil := checkWallTime(&l, key+".until", s.Until)
		if okFrom && okUntil && s.Until <= s.From {
			l.Add(key+".until", s.Until, "a time after from")
		}
	}
	return l.Err()
}

// bounded is the list, or nothing where it is too long.
func bounded[T any](l *invalid.List, key string, list []T, most int) []T {
	if len(list) > most {
		l.Add(key, len(list), fmt.Sprintf("at most %d", most))
		return nil
	}
	return list
}

// checkName reports a name that people can't use, or that another of the kind
// has. It does not repeat what Session.Validate says.
func checkName(l *invalid.List, key, name, kind string, names map[string]bool) {
	if kind != "session" {
		checkText(l, key+".name", name)
	}
	if name != "" && names[name] {
		l.Add(key+".name", name, "a name that no other "+kind+" has")
	}
	names[name] = true
}

// checkText reports a text that cannot be a name.
func checkText(l *invalid.List, key, name string) {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !utf8.ValidString(name) {
		l.Add(key, name, "1 to 40 characters")
	} else if !printable(name) {
		l.Add(key, name, "characters that can be printed")
	}
}

func checkWallTime(l *invalid.List, key string, t WallTime) bool {
	if !t.valid() {
		l.Add(key, t.String(), wallTimeWant)
		return false
	}
	return true
}

// peaks is, by kind, how many slots there can be on a day.
type peaks [CheckIn + 1]int64

// checkPeaks reports a kind with more slots on a day than anybody can mean.
func checkPeaks(l *invalid.List, at string, p peaks) {
	for kind, n := range p {
		if n > maxDaySlots {
			l.Add(at, n, fmt.Sprintf("at most %d %v slots a day, all sessions together", maxDaySlots, Kind(kind)))
		}
	}
}

// checkSessions reports what is wrong with the sessions of a week or an event,
// and tells how many slots they have.
func (p Plan) checkSessions(l *invalid.List, at string, sessions []Session) peaks {
	names := map[string]bool{}
	var perDay [7]peaks
	for i, s := range sessions {
		key := fmt.Sprintf("%s[%d]", at, i)
		err := s.Validate()
		l.Under(key, err)
		checkName(l, key, s.Name, "session", names)
		if err != nil {
			continue
		}
		if p.Site == (Site{}) {
			checkClock(l, key+".from", s.From)
			checkClock(l, key+".until", s.Until)
		}
		for d := range perDay {
			if s.Days.Has(time.Weekday(d)) {
				perDay[d][s.Kind] += s.mostSlots()
			}
		}
	}
	most := perDay[0]
	for _, day := range perDay {
		for kind, n := range day {
			most[kind] = max(most[kind], n)
		}
	}
	return most
}

// heldEvent is what other events have to know of one.
type heldEvent struct {
	days     dayRange
	sessions int
	peaks    peaks
}

// together is how many sessions, and slots on a day, the last of the events and
// those before that it overlaps have.
func together(held []heldEvent) (sessions int, sum peaks) {
	last := held[len(held)-1]
	for _, e := range held {
		if e.days.first <= last.days.last && last.days.first <= e.days.last {
			sessions += e.sessions
			for kind, n := range e.peaks {
				sum[kind] += n
			}
		}
	}
	return sessions, sum
}

// checkClock reports a Moment that needs to know where the site is.
func checkClock(l *invalid.List, key string, m Moment) {
	if m.Sun != 0 {
		l.Add(key, m.String(), "latitude and longitude in [site] for the sun, or a time of day")
	}
}

// mostSlots is how many slots a block of s, which is valid, has on most days: of
// blocks that go by the sun the most there can be.
func (s Session) mostSlots() int64 {
	length := s.Until.Offset - s.From.Offset
	switch {
	case s.From == s.Until:
		length = 0
	case s.From.Sun != s.Until.Sun:
		length = 24 * time.Hour
	case length < 0:
		length += 24 * time.Hour
	}
	return int64(length/s.Every) + 1
}

// checkEvent reports what is wrong with an event but for its name.
func (p Plan) checkEvent(l *invalid.List, key string, e Event) heldEvent {
	first, okFirst := readDay(e.FirstDay)
	last, okLast := readDay(e.LastDay)
	switch {
	case !okFirst:
		l.Add(key+".first_day", e.FirstDay, dayWant)
	case okLast && last < first:
		l.Add(key+".last_day", e.LastDay, "first_day or a later day")
		okLast = false
	}
	if _, ok := readDay(e.LastDay); !ok {
		l.Add(key+".last_day", e.LastDay, dayWant)
	}
	if len(e.Sessions) == 0 {
		l.Add(key+".session", "", "at least one session (a pause stops captures and uploads, and leaves the check-ins)")
	}
	sessions := bounded(l, key+".session", e.Sessions, MaxEventSessions)
	held := heldEvent{dayRange{first, last}, len(sessions), p.checkSessions(l, key+".session", sessions)}
	if !okFirst || !okLast {
		return held
	}
	for i, s := range sessions {
		if s.Days != 0 && s.Days <= EveryDay && s.Days&weekdays(first, last) == 0 {
			l.Add(fmt.Sprintf("%s.session[%d].days", key, i), s.Days, "a day that is within the event")
		}
	}
	return held
}

// weekdays is the set of those from the first day to the last.
func weekdays(first, last int64) Days {
	var set Days
	for day := first; day <= last && set != EveryDay; day++ {
		set |= 1 << weekday(day)
	}
	return set
}
