package schedule

import (
	"iter"
	"time"
)

// horizonDays is how far Next and Last look beyond everything that has a date: a
// session without a block in a year, for lack of sun, hardly has one in the next.
const horizonDays = 366

// of is the groups of a kind; none for a value that is no kind.
func (s *Schedule) of(kind Kind) []group {
	if int(kind) >= len(s.groups) {
		return nil
	}
	return s.groups[kind]
}

// Next is the first slot of the kind strictly after the time given; false where
// there is none within 366 days after it and after the last event, shot and
// pause, which for sessions by the clock means that there is none ever again.
func (s *Schedule) Next(kind Kind, after time.Time) (Slot, bool) {
	t, ok := instantOf(after)
	if !ok {
		return Slot{}, false
	}
	if in, ok := s.pauseAt(kind, t.sec); ok {
		t = instant{in.to - 1, int64(time.Second) - 1}
	}
	var p pick
	if groups := s.of(kind); len(groups) > 0 {
		today := localDay(s.zone, t.sec)
		last := max(today, s.lastDay) + horizonDays
		// The blocks of the days from first on begin after (first-aheadDays), in
		// any zone.
		for first := today - pastDays; first <= last && (!p.ok || p.at.sec >= (first-aheadDays-1)*daySeconds); first += spanDays {
			if !p.ok {
				first = s.skip(kind, first)
			}
			w := s.wall(first)
			for i := range groups {
				s.nextIn(kind, &groups[i], &w, t, &p)
			}
		}
	}
	if v, ok := s.shotAfter(kind, t); ok {
		p.offerShot(v, instant{sec: v.at}.compare(p.at))
	}
	return s.slot(kind, &p)
}

// skip is the first day from the given one on whose blocks can have a slot: a
// search need not go through the years of an event or a pause. Without any it
// is the day after everything that has a date, where a search ends soon.
func (s *Schedule) skip(kind Kind, day int64) int64 {
	if p, in := s.pauseAt(kind, (day-aheadDays-1)*daySeconds); in {
		day = max(day, localDay(s.zone, p.to)-pastDays)
	}
	next := max(day, s.lastDay+1)
	for _, g := range s.of(kind) {
		if g.rules[0].weekly {
			g.first = day
			if r, ok := s.replacedFrom(day); ok && r.first <= day {
				g.first = r.last + 1
			}
		}
		if day <= g.last {
			next = min(next, max(day, g.first))
		}
	}
	return next
}

// nextIn offers the first slots after t of the group's sessions on w's days.
func (s *Schedule) nextIn(kind Kind, g *group, w *wall, t instant, p *pick) {
	last := min(w.day+spanDays-1, g.last)
	for i := range g.rules {
		r := &g.rules[i]
		for day := max(w.firstDay(r, t.sec), g.first); day <= last; day++ {
			if p.ok && day > w.lastDay(r, p.at.sec) {
				break
			}
			b, ok := w.block(r, day)
			if !ok {
				continue
			}
			at, ok := b.after(t)
			for ok {
				pause, in := s.pauseAt(kind, at.sec)
				if !in {
					p.offer(&b, at, at.compare(p.at))
					break
				}
				at, ok = b.after(instant{pause.to - 1, int64(time.Second) - 1})
			}
		}
	}
}

// Last is the last slot of the kind strictly before the time given; false where
// there is none within 366 days before it and before the first event, shot and
// pause.
func (s *Schedule) Last(kind Kind, before time.Time) (Slot, bool) {
	t, ok := instantOf(before)
	if !ok {
		return Slot{}, false
	}
	var p pick
	if groups := s.of(kind); len(groups) > 0 {
		today := localDay(s.zone, t.sec)
		least := min(today, s.firstDay) - horizonDays
		// The blocks of the days up to last are over pastDays after it, in any zone.
		for last := today + aheadDays; last >= least && (!p.ok || p.at.sec <= (last+pastDays+1)*daySeconds); last -= spanDays {
			if !p.ok {
				last = s.skipBack(kind, last)
			}
			w := s.wall(last - spanDays + 1)
			for i := range groups {
				s.lastIn(kind, &groups[i], &w, t, &p)
			}
		}
	}
	if v, ok := s.shotBefore(kind, t); ok {
		p.offerShot(v, -instant{sec: v.at}.compare(p.at))
	}
	return s.slot(kind, &p)
}

// skipBack is skip in the other direction: the last day up to the given one.
func (s *Schedule) skipBack(kind Kind, day int64) int64 {
	if p, in := s.pauseAt(kind, (day+pastDays+1)*daySeconds); in {
		day = min(day, localDay(s.zone, p.from)+aheadDays)
	}
	last := min(day, s.firstDay-1)
	for _, g := range s.of(kind) {
		if g.rules[0].weekly {
			g.last = day
			if r, ok := s.replacedFrom(day); ok && r.first <= day {
				g.last = r.first - 1
			}
		}
		if day >= g.first {
			last = max(last, min(day, g.last))
		}
	}
	return last
}

// lastIn offers the last slots before t of the group's sessions on w's days.
func (s *Schedule) lastIn(kind Kind, g *group, w *wall, t instant, p *pick) {
	first := max(w.day, g.first)
	for i := range g.rules {
		r := &g.rules[i]
		for day := min(w.lastDay(r, t.sec), g.last); day >= first; day-- {
			if p.ok && day < w.firstDay(r, p.at.sec) {
				break
			}
			b, ok := w.block(r, day)
			if !ok {
				continue
			}
			at, ok := b.before(t)
			for ok {
				pause, in := s.pauseAt(kind, at.sec)
				if !in {
					p.offer(&b, at, -at.compare(p.at))
					break
				}
				at, ok = b.before(instant{sec: pause.from})
			}
		}
	}
}

// Active is the last slot, at or before the time given, of the blocks of the
// kind that hold this time; false where none does. Of several blocks it is the
// one with the latest slot, and of those the first listed and the latest end. A
// pause ends a block; after it the block goes on with its next slot.
func (s *Schedule) Active(kind Kind, at time.Time) (Slot, bool) {
	t, ok := instantOf(at)
	if !ok {
		return Slot{}, false
	}
	if _, in := s.pauseAt(kind, t.sec); in {
		return Slot{}, false
	}
	after := add(t.sec, t.nsec+1)
	var p pick
	if groups := s.of(kind); len(groups) > 0 {
		today := localDay(s.zone, t.sec)
		w := s.wall(today - pastDays)
		for i := range groups {
			g := &groups[i]
			for day := max(w.day, g.first); day <= min(today+aheadDays, g.last); day++ {
				for n := range g.rules {
					b, ok := w.block(&g.rules[n], day)
					if !ok || t.compare(b.end) > 0 {
						continue
					}
					if at, ok := b.before(after); ok && !s.pausedSince(kind, at.sec, t.sec) {
						p.offer(&b, at, -at.compare(p.at))
					}
				}
			}
		}
	}
	if v, ok := s.shotBefore(kind, after); ok && (instant{sec: v.at}) == t {
		p.offerShot(v, -t.compare(p.at))
	}
	return s.slot(kind, &p)
}

// Between is the slots of the kind from from on and before to, in order. It
// computes each when it is asked for.
func (s *Schedule) Between(kind Kind, from, to time.Time) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		after := from.Add(-1)
		for {
			slot, ok := s.Next(kind, after)
			if !ok || !slot.At.Before(to) || !yield(slot) {
				return
			}
			after = slot.At
		}
	}
}

// Upcoming is the slots of all kinds from from on and before to, in order of
// time, and at one instant in the order of the kinds.
func (s *Schedule) Upcoming(from, to time.Time) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		var heads [CheckIn + 1]Slot
		var more [CheckIn + 1]bool
		for kind := Capture; kind <= CheckIn; kind++ {
			heads[kind], more[kind] = s.Next(kind, from.Add(-1))
		}
		for {
			least := Kind(0)
			for kind := Capture; kind <= CheckIn; kind++ {
				if more[kind] && (least == 0 || heads[kind].At.Before(heads[least].At)) {
					least = kind
				}
			}
			if least == 0 || !heads[least].At.Before(to) || !yield(heads[least]) {
				return
			}
			heads[least], more[least] = s.Next(least, heads[least].At)
		}
	}
}
