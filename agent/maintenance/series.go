package maintenance

import (
	"cmp"
	"sort"
	"time"
)

// Occurrence is one window as it takes place.
type Occurrence struct {
	Name  string
	Class Class
	// Start and End are instants, in UTC. End is the first that is no more in it.
	Start, End time.Time
	// Spread is over how long the fleet returns after End.
	Spread time.Duration
	// Notice is the ID of the notice that announced it; empty: the configuration.
	Notice string
}

// slack is more than a wall clock differs from UTC, and a window's length.
const slack = 3 * 24 * time.Hour

// at is the occurrence that begins at wall on the series' own clock.
func (s series) at(wall time.Time) Occurrence {
	o := Occurrence{Name: s.name, Class: s.class, Start: instant(wall, s.zone), Spread: s.spread, Notice: s.notice}
	o.End = o.Start.Add(s.duration)
	if end := instant(wall.Add(s.duration), s.zone); end.After(o.End) {
		o.End = end
	}
	return o
}

// between lists the occurrences that share an instant with from <= t < to, in order.
func between(all []series, from, to time.Time) []Occurrence {
	var found []Occurrence
	for _, s := range all {
		for wall := range s.rule.since(from.Add(-slack)) {
			o := s.at(wall)
			if !o.Start.Before(to) {
				break
			}
			if o.End.After(from) {
				found = append(found, o)
			}
		}
	}
	sortByStart(found)
	return found
}

// firstFrom is the series' first occurrence that begins at or after t.
func (s series) firstFrom(t time.Time) (Occurrence, bool) {
	for wall := range s.rule.since(t.Add(-slack)) {
		if o := s.at(wall); !o.Start.Before(t) {
			return o, true
		}
	}
	return Occurrence{}, false
}

func sortByStart(all []Occurrence) {
	sort.SliceStable(all, func(i, j int) bool {
		return cmp.Or(all[i].Start.Compare(all[j].Start), all[j].End.Compare(all[i].End)) < 0
	})
}

// span is a time without a pause in which the cloud may be away.
type span struct {
	begin, ends time.Time
	spread      time.Duration // of the return after ends
}

// quiet is the occurrences' time in which nobody is alarmed.
func quiet(all []Occurrence) []span {
	var spans []span
	for _, o := range all {
		if o.Class.Rank() >= Maintenance.Rank() {
			spans = append(spans, span{o.Start, o.End, o.Spread})
		}
	}
	return spans
}

// merge joins spans between which nobody could return, and sorts them. It works in
// place.
func merge(spans []span) []span {
	sort.SliceStable(spans, func(i, j int) bool { return spans[i].begin.Before(spans[j].begin) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged) - 1; n >= 0 && !s.begin.After(merged[n].ends.Add(merged[n].spread)) {
			merged[n].join(s)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// join makes s hold the later span t too.
func (s *span) join(t span) {
	switch t.ends.Compare(s.ends) {
	case 1:
		s.ends, s.spread = t.ends, t.spread
	case 0:
		s.spread = max(s.spread, t.spread)
	}
}
