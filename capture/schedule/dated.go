package schedule

import (
	"cmp"
	"slices"
	"time"
)

// wall is the wall for the days from first on, with what this schedule's blocks
// need besides.
func (s *Schedule) wall(first int64) wall {
	w := makeWall(s.zone, first)
	if s.placed {
		w.place(s.latitude, s.longitude)
	}
	last := first + spanDays + pastDays
	for i := s.replacedIndex(first); i < len(s.replaced) && s.replaced[i].first <= last; i++ {
		r := s.replaced[i]
		for day := max(r.first, first); day <= min(r.last, last); day++ {
			w.replaced |= 1 << (day - first)
		}
	}
	return w
}

// replacedIndex is that of the first range of replaced that ends on the day or
// after it.
func (s *Schedule) replacedIndex(day int64) int {
	i, _ := slices.BinarySearchFunc(s.replaced, day, func(r dayRange, day int64) int { return cmp.Compare(r.last, day) })
	return i
}

// replacedFrom is the first range of days with an event that ends on the day or
// after it.
func (s *Schedule) replacedFrom(day int64) (dayRange, bool) {
	i := s.replacedIndex(day)
	if i == len(s.replaced) {
		return dayRange{}, false
	}
	return s.replaced[i], true
}

// pausesOf are the pauses that hold for a kind.
func (s *Schedule) pausesOf(kind Kind) []window {
	if kind == CheckIn {
		return nil
	}
	return s.pauses
}

// pauseAfter is the first pause of the kind that ends after the Unix second t,
// which lies in it or before it.
func (s *Schedule) pauseAfter(kind Kind, t int64) (window, bool) {
	pauses := s.pausesOf(kind)
	i, found := slices.BinarySearchFunc(pauses, t, func(p window, t int64) int { return cmp.Compare(p.to, t) })
	if found {
		i++ // it ends at t
	}
	if i == len(pauses) {
		return window{}, false
	}
	return pauses[i], true
}

// pauseAt is the pause of the kind in which the Unix second t lies.
func (s *Schedule) pauseAt(kind Kind, t int64) (window, bool) {
	p, ok := s.pauseAfter(kind, t)
	return p, ok && p.from <= t
}

// pausedSince tells whether a pause of the kind ends after the Unix second a and
// not after b.
func (s *Schedule) pausedSince(kind Kind, a, b int64) bool {
	p, ok := s.pauseAfter(kind, a)
	return ok && p.to <= b
}

// shotAfter is the first shot strictly after t.
func (s *Schedule) shotAfter(kind Kind, t instant) (shot, bool) {
	i := s.shotsUpTo(kind, t)
	if kind != Capture || i == len(s.shots) {
		return shot{}, false
	}
	return s.shots[i], true
}

// shotBefore is the last shot strictly before t.
func (s *Schedule) shotBefore(kind Kind, t instant) (shot, bool) {
	if t.nsec == 0 {
		t = instant{t.sec - 1, int64(time.Second) - 1}
	}
	i := s.shotsUpTo(kind, t)
	if i == 0 {
		return shot{}, false
	}
	return s.shots[i-1], true
}

// shotsUpTo is how many shots of the kind are at or before t.
func (s *Schedule) shotsUpTo(kind Kind, t instant) int {
	if kind != Capture {
		return 0
	}
	i, found := slices.BinarySearchFunc(s.shots, t.sec, func(v shot, sec int64) int { return cmp.Compare(v.at, sec) })
	if found {
		i++
	}
	return i
}
