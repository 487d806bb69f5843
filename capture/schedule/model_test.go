package schedule_test

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/nathan-osman/go-sunrise"

	"fieldcam/capture/schedule"
)

// The model finds the slots of whole days the slow way: it asks package time
// what the clock shows, instant by instant, and knows nothing of offsets.

// shows is what the clock shows at t, as if it were UTC.
func shows(zone *time.Location, t time.Time) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

// edge is the first (or the last) instant at which the clock shows wall; where
// it never does, the first instant at which it shows more.
func edge(zone *time.Location, wall time.Time, last bool) time.Time {
	// Between transitions, which are at quarters of an hour in the zones here,
	// the clock runs evenly. No zone is 15 h from UTC.
	const step, reach = 15 * time.Minute, 15 * time.Hour
	begin := wall.Truncate(step).Add(-reach)
	var found time.Time
	for t := begin; t.Before(wall.Add(reach)); t = t.Add(step) {
		hit := t.Add(wall.Sub(shows(zone, t)))
		if hit.Before(t) || !hit.Before(t.Add(step)) {
			continue
		}
		found = hit
		if !last {
			return found
		}
	}
	if !found.IsZero() {
		return found
	}
	for t := begin; ; t = t.Add(step) {
		if !shows(zone, t).Before(wall) {
			return t
		}
	}
}

// model is a plan at a site, answered day by day.
type model struct {
	zone *time.Location
	plan schedule.Plan
}

// exists tells whether the site's calendar has the day.
func (m model) exists(day time.Time) bool {
	noon := edge(m.zone, day.Add(12*time.Hour), false)
	return shows(m.zone, noon).Day() == day.Day()
}

// sun is sunrise and sunset of the day.
func (m model) sun(day time.Time) (rise, set time.Time) {
	lat, _ := m.plan.Site.Latitude.Value()
	lon, _ := m.plan.Site.Longitude.Value()
	noon := edge(m.zone, day.Add(12*time.Hour), false)
	for n := -2; n <= 2; n++ {
		d := day.AddDate(0, 0, n)
		sunNoon := sunrise.JulianDayToTime(sunrise.MeanSolarNoon(lon, d.Year(), d.Month(), d.Day()))
		if off := sunNoon.Sub(noon); off <= -12*time.Hour || off > 12*time.Hour {
			continue
		}
		rise, set = sunrise.SunriseSunset(lat, lon, d.Year(), d.Month(), d.Day())
		if !rise.IsZero() {
			return rise, set
		}
		// The library asks a time for its date, and wants that of the sun.
		there := sunNoon.In(time.FixedZone("sun", int(lon*240)))
		if math.Sin(sunrise.Elevation(lat, lon, there)*sunrise.Degree) > -0.01449 {
			return edge(m.zone, day, false), edge(m.zone, day.AddDate(0, 0, 1), false)
		}
		return highest(lon, d), highest(lon, d)
	}
	panic("a day without a noon")
}

// highest is when the sun is in the middle of its way on its own day d.
func highest(lon float64, d time.Time) time.Time {
	noon := sunrise.MeanSolarNoon(lon, d.Year(), d.Month(), d.Day())
	anomaly := sunrise.SolarMeanAnomaly(noon)
	ecliptic := sunrise.EclipticLongitude(anomaly, sunrise.EquationOfCenter(anomaly), noon)
	return sunrise.JulianDayToTime(sunrise.SolarTransit(noon, anomaly, ecliptic))
}

// moment is the instant of t on the day.
func (m model) moment(t schedule.Moment, day time.Time, last bool) time.Time {
	if t.Sun == 0 {
		return edge(m.zone, day.Add(t.Offset), last)
	}
	rise, set := m.sun(day)
	if t.Sun == schedule.Sunrise {
		return rise.Add(t.Offset)
	}
	return set.Add(t.Offset)
}

// nextDay tells whether a block of s ends on the next day.
func nextDay(s schedule.Session) bool {
	if s.From.Sun == s.Until.Sun {
		return s.Until.Offset < s.From.Offset
	}
	if s.Until.Sun == 0 && s.Until.Offset == 0 {
		return true
	}
	// By hours on the equator.
	hour := func(t schedule.Moment) float64 {
		switch t.Sun {
		case schedule.Sunrise:
			return 6
		case schedule.Sunset:
			return 18
		}
		return t.Offset.Hours()
	}
	return hour(s.From) >= 12 && hour(s.Until) <= 12
}

// within tells whether the day belongs to the event.
func within(e schedule.Event, day time.Time) bool {
	text := day.Format(time.DateOnly)
	return e.FirstDay <= text && text <= e.LastDay
}

// eventful tells whether the day belongs to an event.
func (m model) eventful(day time.Time) bool {
	return slices.ContainsFunc(m.plan.Events, func(e schedule.Event) bool { return within(e, day) })
}

// pauses are those for the kind.
func (m model) pauses(kind schedule.Kind) (all []schedule.Period) {
	for _, p := range m.plan.Pauses {
		from, until := edge(m.zone, face(p.From), false), edge(m.zone, face(p.Until), true)
		if kind != schedule.CheckIn && from.Before(until) {
			all = append(all, schedule.Period{From: from, To: until})
		}
	}
	return all
}

// paused tells whether t is in a pause; next is the beginning of the first after.
func paused(pauses []schedule.Period, t time.Time) (in bool, next time.Time) {
	for _, p := range pauses {
		switch {
		case !t.Before(p.From) && t.Before(p.To):
			in = true
		case p.From.After(t) && (next.IsZero() || p.From.Before(next)):
			next = p.From
		}
	}
	return in, next
}

// face is what the clock face shows, as if it were UTC.
func face(t schedule.WallTime) time.Time { return time.Unix(int64(t), 0).UTC() }

// answer is the blocks and the slots of some days, by instant.
type answer struct {
	pauses []schedule.Period
	blocks []schedule.Block
	slots  map[time.Time]schedule.Slot
}

// days is the answer for the days from first on, as Blocks and Between would give
// it.
func (m model) days(kind schedule.Kind, first time.Time, days int) ([]schedule.Block, []schedule.Slot) {
	a := &answer{pauses: m.pauses(kind), slots: map[time.Time]schedule.Slot{}}
	list := func(sessions []schedule.Session, event string, holds func(time.Time) bool) {
		for _, s := range sessions {
			for n := range days {
				day := first.AddDate(0, 0, n)
				if s.Kind == kind && s.Days.Has(day.Weekday()) && m.exists(day) && holds(day) {
					m.block(a, s, event, day)
				}
			}
		}
	}
	list(m.plan.Sessions, "", func(day time.Time) bool { return !m.eventful(day) })
	for _, e := range m.plan.Events {
		list(e.Sessions, e.Name, func(day time.Time) bool { return within(e, day) })
	}
	for _, s := range m.plan.Shots {
		if at := edge(m.zone, face(s.At), false); kind == schedule.Capture {
			b := schedule.Block{Kind: kind, Session: s.Name, Begin: at, End: at}
			a.slot(&b, at)
			a.blocks = append(a.blocks, b)
		}
	}
	byTime := func(x, y schedule.Block) int { return x.Begin.Compare(y.Begin) }
	slices.SortStableFunc(a.blocks, byTime)
	slots := slices.SortedFunc(maps.Values(a.slots), func(x, y schedule.Slot) int { return x.At.Compare(y.At) })
	return a.blocks, slots
}

// block adds the block of s that belongs to the day, if there is one.
func (m model) block(a *answer, s schedule.Session, event string, day time.Time) {
	begin := m.moment(s.From, day, false)
	end := begin
	if s.Until != s.From {
		until := day
		if nextDay(s) {
			until = until.AddDate(0, 0, 1)
			if !m.exists(until) {
				until = until.AddDate(0, 0, 1)
			}
		}
		end = m.moment(s.Until, until, true)
		if s.From.Sun+s.Until.Sun != 0 && !end.After(begin) {
			return
		}
	}
	for n := range 5 {
		if next := day.AddDate(0, 0, n); event == "" && m.eventful(next) {
			if cut := edge(m.zone, next, false); !cut.After(end) {
				end = cut.Add(-1)
			}
			break
		}
	}
	if end.Before(begin) {
		return
	}
	b := schedule.Block{
		Kind: s.Kind, Session: s.Name, Event: event, Begin: begin, End: end, Every: s.Every,
		Photos: s.Photos, Bytes: int64(s.Megabytes) * 1e6, Time: time.Duration(s.Minutes) * time.Minute,
	}
	for at := begin; !at.After(end); at = at.Add(s.Every) {
		a.slot(&b, at)
	}
	a.blocks = append(a.blocks, b)
}

// slot adds a slot of b, unless there is a pause.
func (a *answer) slot(b *schedule.Block, at time.Time) {
	in, pause := paused(a.pauses, at)
	if in {
		return
	}
	b.Slots++
	slot := schedule.Slot{
		At: at, Kind: b.Kind, Session: b.Session, Event: b.Event, Ends: b.End,
		Photos: b.Photos, Bytes: b.Bytes, Time: b.Time,
	}
	if !pause.IsZero() && !slot.Ends.Before(pause) {
		slot.Ends = pause.Add(-1)
	}
	if old, ok := a.slots[at]; ok {
		slot.Session, slot.Event = old.Session, old.Event
		if old.Ends.After(slot.Ends) {
			slot.Ends = old.Ends
		}
		slot.Photos = limit(old.Photos, slot.Photos)
		slot.Bytes = limit(old.Bytes, slot.Bytes)
		slot.Time = limit(old.Time, slot.Time)
	}
	a.slots[at] = slot
}

// limit is the larger of two, where 0 is none.
func limit[T int | int64 | time.Duration](a, b T) T {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}
