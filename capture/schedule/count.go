package schedule

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// Count is how many slots Between would give, without going through each: the
// cost is per block, not per slot, wherever only one session of the kind is
// active. A year of a session every 5 s around the clock takes well under a
// millisecond; where two of them overlap, some tenths of a second.
func (s *Schedule) Count(kind Kind, from, to time.Time) int {
	a, okFrom := instantOf(from)
	b, okTo := instantOf(to)
	if !okFrom || !okTo || a.compare(b) >= 0 {
		return 0
	}
	n := 0
	for _, p := range s.pausesOf(kind) {
		begin, end := instant{sec: p.from}, instant{sec: p.to}
		if end.compare(a) <= 0 {
			continue
		}
		n += s.count(kind, a, earlier(b, begin))
		a = end
	}
	return n + s.count(kind, a, b)
}

// count is Count where there are no pauses.
func (s *Schedule) count(kind Kind, a, b instant) int {
	if a.compare(b) >= 0 {
		return 0
	}
	n := 0
	shot := &rule{every: 1} // a shot is a block of one instant
	for p := range s.pieces(kind, a, b) {
		for t := (instant{p.from.sec - 1, int64(time.Second) - 1}); ; {
			v, ok := s.shotAfter(kind, t)
			if t = (instant{sec: v.at}); !ok || t.compare(p.to) >= 0 {
				break
			}
			p.spans = append(p.spans, span{rule: shot, begin: v.at, end: t})
		}
		n += countUnion(p.spans, p.from, p.to)
	}
	return n
}

// piece is some days of the time asked for, and all sessions' blocks with a slot
// in them.
type piece struct {
	from, to instant // from <= t < to
	spans    []span  // by group, session and day; valid until the next piece
}

// pieces is the time from a on and before b, a < b, in pieces of some days.
func (s *Schedule) pieces(kind Kind, a, b instant) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		groups := s.of(kind)
		var spans []span
		last := localDay(s.zone, b.sec) + 1
		for day := localDay(s.zone, a.sec) - 1; day <= last; day += spanDays - pastDays - aheadDays {
			w := s.wall(day - pastDays)
			end := day + spanDays - pastDays - aheadDays
			p := piece{
				from: later(a, instant{sec: w.first(day * daySeconds)}),
				to:   earlier(b, instant{sec: w.first(end * daySeconds)}),
			}
			if p.from.compare(p.to) >= 0 {
				continue
			}
			spans = spans[:0]
			for i := range groups {
				spans = groups[i].append(spans, &w)
			}
			p.spans = spans
			if !yield(p) {
				return
			}
		}
	}
}

// append adds the group's blocks on the days of w.
func (g *group) append(spans []span, w *wall) []span {
	for i := range g.rules {
		for day := max(w.day, g.first); day <= min(w.day+spanDays-1, g.last); day++ {
			if b, ok := w.block(&g.rules[i], day); ok {
				spans = append(spans, b)
			}
		}
	}
	return spans
}

// countUnion counts the different slots of the blocks from a on and before b. It
// reorders the blocks.
func countUnion(spans []span, a, b instant) int {
	slices.SortStableFunc(spans, func(x, y span) int { return cmp.Compare(x.begin, y.begin) })
	// Between two cuts the same blocks are active all the time, most often one.
	// A block's last slot can be at its end, so it is over just after it.
	cuts := make([]instant, 0, 2+2*len(spans))
	cuts = append(cuts, a, b)
	for i := range spans {
		for _, c := range [...]instant{{sec: spans[i].begin}, spans[i].over()} {
			if c.compare(a) > 0 && c.compare(b) < 0 {
				cuts = append(cuts, c)
			}
		}
	}
	slices.SortStableFunc(cuts, instant.compare)
	n := 0
	var active []*span
	for i, from := range cuts[:len(cuts)-1] {
		to := cuts[i+1]
		for len(spans) > 0 && to.compare(instant{sec: spans[0].begin}) > 0 {
			active = append(active, &spans[0])
			spans = spans[1:]
		}
		active = slices.DeleteFunc(active, func(s *span) bool { return s.over().compare(from) <= 0 })
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

// over is the first instant after the block.
func (b *span) over() instant { return add(b.end.sec, b.end.nsec+1) }

// firstFrom is the first slot of the blocks at or after t.
func firstFrom(spans []*span, t instant) (first instant, ok bool) {
	before := instant{t.sec, t.nsec - 1}
	if t.nsec == 0 {
		before = instant{t.sec - 1, int64(time.Second) - 1}
	}
	for _, s := range spans {
		if at, found := s.after(before); found && (!ok || at.compare(first) < 0) {
			first, ok = at, true
		}
	}
	return first, ok
}
