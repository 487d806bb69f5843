package maintenance

import (
	"slices"
	"time"
)

const (
	// MaxQuiet is how much quiet, with the spreads after it, notices may bring in
	// any time of quietWeek.
	MaxQuiet  = 72 * time.Hour
	quietWeek = 7 * day
	// MaxAge is how long after a notice its windows may begin.
	MaxAge = 400 * day
	// maxNoted bounds the windows of one notice.
	maxNoted = 1000
)

// within gives what of the wanted spans may be quiet, the first come first: with
// spent, the quiet that earlier notices have had, it stays within MaxQuiet in any
// quietWeek. Each span costs its spread as well. It is a little stricter than it
// need be where a span would have to begin while an old one just leaves the week.
func within(wanted, spent []span) []span {
	used := slices.Clone(spent)
	for i := range used {
		used[i].ends, used[i].spread = used[i].ends.Add(used[i].spread), 0
	}
	var granted []span
	for _, w := range merge(wanted) {
		for w.begin.Before(w.ends) {
			for len(used) > 0 && !used[0].ends.After(w.begin.Add(-quietWeek)) {
				used = used[1:]
			}
			free, again := room(used, w.begin)
			if free <= w.spread {
				w.begin = again
				continue
			}
			g := w
			if latest := w.begin.Add(free - w.spread); latest.Before(g.ends) {
				g.ends = latest
			}
			granted = append(granted, g)
			used = append(used, span{begin: g.begin, ends: g.ends.Add(g.spread)})
			w.begin = g.ends.Add(g.spread)
		}
	}
	return granted
}

// room is how much of MaxQuiet is left at t, and when there will be more: when the
// oldest of what was used has left the week as a whole.
func room(used []span, t time.Time) (free time.Duration, again time.Time) {
	free = MaxQuiet
	for _, u := range used {
		begin, left := u.begin, t.Add(-quietWeek)
		if begin.Before(left) {
			begin = left
		}
		if !u.ends.After(begin) {
			continue
		}
		free -= u.ends.Sub(begin)
		if later := u.ends.Add(quietWeek); again.IsZero() || later.Before(again) {
			again = later
		}
	}
	return free, again
}

// past gives what of the granted spans lies in the week before cut: it counts for
// what comes after.
func past(granted, spent []span, cut time.Time) []span {
	var all []span
	for _, s := range slices.Concat(spent, granted) {
		s.ends, s.spread = s.ends.Add(s.spread), 0
		if s.ends.After(cut) {
			s.ends = cut
		}
		if oldest := cut.Add(-quietWeek); s.begin.Before(oldest) {
			s.begin = oldest
		}
		if s.begin.Before(s.ends) {
			all = append(all, s)
		}
	}
	return merge(all)
}
