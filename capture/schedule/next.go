package schedule

import (
	"iter"
	"time"
)

// horizonDays is how far Next and Last look.
const horizonDays = 366

// reachDays is how many days before a time a block can have begun that holds
// it: one for midnight, one where the clock is set back over midnight.
const reachDays = 2

// Next is the first slot of the kind strictly after the time given; false where
// there is none within 366 days, which for a weekly schedule means that it has
// no session of that kind.
func (s *Schedule) Next(kind Kind, after time.Time) (Slot, bool) {
	rules := s.of(kind)
	t, ok := instantOf(after)
	if !ok || len(rules) == 0 {
		return Slot{}, false
	}
	today := localDay(s.zone, t.sec)
	var p pick
	for first := today - reachDays; !p.ok && first <= today+horizonDays; first += spanDays {
		w := makeWall(s.zone, first)
		for i := range rules {
			r := &rules[i]
			for day := first; day < first+spanDays; day++ {
				begin, end, ok := w.block(r, day)
				if !ok {
					continue
				}
				if p.ok && begin > p.at.sec {
					break // and so do the blocks of the days after
				}
				at, ok := r.after(begin, end, t)
				switch {
				case !ok:
				case !p.ok || at.compare(p.at) < 0:
					p.take(r, at, end)
				case at == p.at:
					p.join(r, end)
				}
			}
		}
	}
	return p.slot(kind)
}

// Last is the last slot of the kind strictly before the time given; false where
// there is none within 366 days.
func (s *Schedule) Last(kind Kind, before time.Time) (Slot, bool) {
	rules := s.of(kind)
	t, ok := instantOf(before)
	if !ok || len(rules) == 0 {
		return Slot{}, false
	}
	today := localDay(s.zone, t.sec)
	var p pick
	for first := today + reachDays - spanDays; !p.ok && first > today-horizonDays-spanDays; first -= spanDays {
		w := makeWall(s.zone, first)
		for i := range rules {
			r := &rules[i]
			for day := first + spanDays - 1; day >= first; day-- {
				begin, end, ok := w.block(r, day)
				if !ok {
					continue
				}
				if p.ok && end < p.at.sec {
					break // and so do the blocks of the days before
				}
				at, ok := r.before(begin, end, t)
				switch {
				case !ok:
				case !p.ok || at.compare(p.at) > 0:
					p.take(r, at, end)
				case at == p.at:
					p.join(r, end)
				}
			}
		}
	}
	return p.slot(kind)
}

// Active is the last slot, at or before the time given, of the blocks of the
// kind that hold this time; false where none does. Of several blocks it is the
// one with the latest slot, and of those the first listed and the latest end.
func (s *Schedule) Active(kind Kind, at time.Time) (Slot, bool) {
	rules := s.of(kind)
	t, ok := instantOf(at)
	if !ok || len(rules) == 0 {
		return Slot{}, false
	}
	today := localDay(s.zone, t.sec)
	first := today - reachDays
	w := makeWall(s.zone, first)
	later := add(t.sec, t.nsec+1)
	var p pick
	for i := range rules {
		r := &rules[i]
		for day := first; day <= today+1; day++ {
			begin, end, ok := w.block(r, day)
			if !ok || t.compare(instant{sec: end}) > 0 {
				continue
			}
			at, ok := r.before(begin, end, later)
			switch {
			case !ok:
			case !p.ok || at.compare(p.at) > 0:
				p.take(r, at, end)
			case at == p.at:
				p.join(r, end)
			}
		}
	}
	return p.slot(kind)
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
