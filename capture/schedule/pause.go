package schedule

import (
	"slices"
	"sort"
	"time"
)

// WithPause is s with one more pause, which is of instants instead of wall times:
// from <= t < to, for slots of whole seconds. It is listed last, its ends rounded up
// to a second. Where to is not after from, or a time is not of the years 1 to 9999,
// it is s.
func (s *Schedule) WithPause(name string, from, to time.Time) *Schedule {
	a, okFrom := instantOf(from)
	b, okTo := instantOf(to)
	if !okFrom || !okTo || a.compare(b) >= 0 {
		return s
	}
	c := *s
	c.pauses, c.listedPauses = slices.Clone(s.pauses), slices.Clone(s.listedPauses)
	c.shots, c.listedShots = slices.Clone(s.shots), slices.Clone(s.listedShots)
	c.addPause(name, window{a.ceil(), b.ceil()})
	c.settlePauses()
	return &c
}

// addPause takes a pause in; settlePauses is to follow.
func (s *Schedule) addPause(name string, p window) {
	if p.from < p.to { // where the clock skips all of it, nothing is left
		s.pauses = append(s.pauses, p)
	}
	s.firstDay = min(s.firstDay, localDay(s.zone, p.from))
	s.lastDay = max(s.lastDay, localDay(s.zone, p.to))
	s.listedPauses = append(s.listedPauses, Period{name, instant{sec: p.from}.time(), instant{sec: p.to}.time()})
}

// settlePauses puts the pauses in order and takes out the shots that are in them.
func (s *Schedule) settlePauses() {
	sort.SliceStable(s.pauses, func(i, j int) bool { return s.pauses[i].from < s.pauses[j].from })
	s.pauses = merged(s.pauses, func(a *window, b window) bool {
		if b.from > a.to {
			return false
		}
		a.to = max(a.to, b.to)
		return true
	})
	paused := func(t int64) bool {
		_, in := s.pauseAt(Capture, t)
		return in
	}
	s.shots = slices.DeleteFunc(s.shots, func(v shot) bool { return paused(v.at) })
	for i := range s.listedShots {
		if v := &s.listedShots[i]; paused(v.Begin.Unix()) {
			v.Slots = 0
		}
	}
}
