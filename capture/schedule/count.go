package schedule

import (
	"slices"
	"time"
)

// span is one block of one session.
type span struct {
	rule       *rule
	begin, end int64 // Unix seconds, both inclusive
}

// Count is how many slots Between would give, without going through each: the
// cost is per block, not per slot, wherever only one session of the kind is
// active. A year of a session every 5 s around the clock takes well under a
// millisecond; where two of them overlap, some tenths of a second.
func (s *Schedule) Count(kind Kind, from, to time.Time) int {
	rules := s.of(kind)
	a, okFrom := instantOf(from)
	b, okTo := instantOf(to)
	if !okFrom || !okTo || len(rules) == 0 || a.compare(b) >= 0 {
		return 0
	}
	n := 0
	var spans []span
	lastDay := localDay(s.zone, b.sec) + 1
	for day := localDay(s.zone, a.sec) - 1; day <= lastDay; {
		// One wall serves the days whose blocks, with those that reach into
		// them, it covers.
		first := day - reachDays
		w := makeWall(s.zone, first)
		for ; day < first+spanDays && day <= lastDay; day++ {
			spans = spans[:0]
			for i := range rules {
				for d := day - reachDays; d <= day; d++ {
					if begin, end, ok := w.block(&rules[i], d); ok {
						spans = append(spans, span{&rules[i], begin, end})
					}
				}
			}
			dayBegin := instant{sec: w.first(day * daySeconds)}
			dayEnd := instant{sec: w.first((day + 1) * daySeconds)}
			n += countUnion(spans, later(a, dayBegin), earlier(b, dayEnd))
		}
	}
	return n
}

// countUnion counts the different slots of the blocks from a on and before b.
func countUnion(spans []span, a, b instant) int {
	if a.compare(b) >= 0 {
		return 0
	}
	// Between two cuts the same blocks are active all the time, most often one.
	// A block's last slot can be at its end, so it is over a second later.
	cuts := make([]instant, 0, 2+2*len(spans))
	cuts = append(cuts, a, b)
	for _, s := range spans {
		for _, c := range [...]instant{{sec: s.begin}, {sec: s.end + 1}} {
			if c.compare(a) > 0 && c.compare(b) < 0 {
				cuts = append(cuts, c)
			}
		}
	}
	slices.SortFunc(cuts, instant.compare)
	n := 0
	active := make([]span, 0, len(spans))
	for i, from := range cuts[:len(cuts)-1] {
		to := cuts[i+1]
		active = active[:0]
		for _, s := range spans {
			if to.compare(instant{sec: s.begin}) > 0 && from.compare(instant{sec: s.end}) <= 0 {
				active = append(active, s)
			}
		}
		if len(active) == 1 {
			n += active[0].slotsBefore(to) - active[0].slotsBefore(from)
			continue
		}
		for t, ok := firstFrom(active, from); ok && t.compare(to) < 0; t, ok = firstFrom(active, add(t.sec, t.nsec+1)) {
			n++
		}
	}
	return n
}

// firstFrom is the first slot of the blocks at or after t.
func firstFrom(spans []span, t instant) (first instant, ok bool) {
	before := instant{t.sec, t.nsec - 1}
	if t.nsec == 0 {
		before = instant{t.sec - 1, int64(time.Second) - 1}
	}
	for _, s := range spans {
		if at, found := s.rule.after(s.begin, s.end, before); found && (!ok || at.compare(first) < 0) {
			first, ok = at, true
		}
	}
	return first, ok
}

// slotsBefore is how many slots strictly before t the block has.
func (s span) slotsBefore(t instant) int {
	last, ok := s.rule.before(s.begin, s.end, t)
	if !ok {
		return 0
	}
	return int(((last.sec-s.begin)*int64(time.Second)+last.nsec)/s.rule.every) + 1
}

func later(a, b instant) instant {
	if a.compare(b) > 0 {
		return a
	}
	return b
}

func earlier(a, b instant) instant {
	if a.compare(b) < 0 {
		return a
	}
	return b
}
