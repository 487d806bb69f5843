package schedule

import (
	"errors"
	"math"
	"slices"
	"sort"
	"time"
)

// Schedule is a Plan in one time zone. It never changes.
type Schedule struct {
	zone *time.Location
	// groups holds the sessions by Kind: the weekly ones, then those of each event,
	// all in the order of listing.
	groups [CheckIn + 1][]group
	rules  int // how many there are in groups
	// replaced are the days of all events, in order and apart.
	replaced []dayRange
	// pauses are in order and apart; shots, which lie outside of them, are in
	// order and at different instants.
	pauses []window
	shots  []shot
	// Everything that has a date lies from firstDay to lastDay, where there is
	// any.
	firstDay, lastDay int64

	placed              bool // the site is known
	latitude, longitude float64

	// What Events, Pauses and Blocks tell, as listed.
	listedEvents, listedPauses []Period
	listedShots                []Block
}

// dayRange is the days from first to last, counted from 1970-01-01.
type dayRange struct{ first, last int64 }

// window is the time [from, to), in Unix seconds.
type window struct{ from, to int64 }

type shot struct {
	at   int64 // Unix seconds
	name string
}

// Slot is an instant at which something is due.
type Slot struct {
	At      time.Time // UTC
	Kind    Kind
	Session string    // the session's name, or the shot's
	Event   string    // the event's name; empty in the weekly schedule, and for a shot
	Ends    time.Time // the last instant of the block, or before a pause in it, UTC
	// The limits of an upload, 0 for none: how many photos and bytes to send, and
	// for how long.
	Photos int
	Bytes  int64
	Time   time.Duration
	Choice Choice // of an upload: which; all where sessions of different choices coincide
}

// New makes the schedule of the plan at a site in the zone. Its error holds
// invalid.Values for every value that cannot be used: see Plan.Validate.
func New(zone *time.Location, p Plan) (*Schedule, error) {
	if zone == nil {
		return nil, errors.New("schedule without a time zone")
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := &Schedule{zone: zone, firstDay: math.MaxInt64, lastDay: math.MinInt64}
	s.latitude, s.placed = p.Site.Latitude.Value()
	s.longitude, _ = p.Site.Longitude.Value()
	s.hold(p.Sessions, "", dayRange{math.MinInt64, math.MaxInt64})
	for _, e := range p.Events {
		s.addEvent(e)
	}
	for _, v := range p.Pauses {
		s.addPause(v.Name, window{v.From.first(s.zone), v.Until.last(s.zone)})
	}
	for _, v := range p.Shots {
		s.addShot(v)
	}
	sort.SliceStable(s.replaced, func(i, j int) bool { return s.replaced[i].first < s.replaced[j].first })
	s.replaced = merged(s.replaced, func(a *dayRange, b dayRange) bool {
		if b.first > a.last+1 {
			return false
		}
		a.last = max(a.last, b.last)
		return true
	})
	sort.SliceStable(s.shots, func(i, j int) bool { return s.shots[i].at < s.shots[j].at })
	s.shots = slices.CompactFunc(s.shots, func(a, b shot) bool { return a.at == b.at })
	s.settlePauses()
	return s, nil
}

// merged joins neighbours of the list for which join says so.
func merged[T any](list []T, join func(a *T, b T) bool) []T {
	var all []T
	for _, v := range list {
		if n := len(all); n == 0 || !join(&all[n-1], v) {
			all = append(all, v)
		}
	}
	return all
}

// hold adds the sessions, which hold on the days.
func (s *Schedule) hold(sessions []Session, event string, days dayRange) {
	var byKind [CheckIn + 1][]rule
	for _, v := range sessions {
		r := newRule(v, event, s.zone)
		r.order = s.rules
		s.rules++
		byKind[v.Kind] = append(byKind[v.Kind], r)
	}
	for kind, rules := range byKind {
		if len(rules) > 0 {
			s.groups[kind] = append(s.groups[kind], group{days.first, days.last, rules})
		}
	}
}

func (s *Schedule) addEvent(e Event) {
	first, _ := readDay(e.FirstDay)
	last, _ := readDay(e.LastDay)
	s.hold(e.Sessions, e.Name, dayRange{first, last})
	s.replaced = append(s.replaced, dayRange{first, last})
	s.firstDay, s.lastDay = min(s.firstDay, first), max(s.lastDay, last)
	s.listedEvents = append(s.listedEvents, Period{e.Name, beginning(s.zone, first), beginning(s.zone, last+1)})
}

func (s *Schedule) addShot(v Shot) {
	at := v.At.first(s.zone)
	s.shots = append(s.shots, shot{at, v.Name})
	s.firstDay = min(s.firstDay, localDay(s.zone, at))
	s.lastDay = max(s.lastDay, localDay(s.zone, at))
	t := instant{sec: at}.time()
	s.listedShots = append(s.listedShots, Block{Kind: Capture, Session: v.Name, Begin: t, End: t, Slots: 1})
}

// Zone is the time zone of the schedule's wall times.
func (s *Schedule) Zone() *time.Location { return s.zone }
