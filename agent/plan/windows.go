package plan

import (
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/schedule"
)

const (
	// windowsAhead is how far ahead windows are looked at: each month's and each
	// quarter's come in it.
	windowsAhead = 366 * day
	// longWait is from how long without a session outside of windows on it matters.
	longWait = day
)

// covered finds maintenance windows that leave a day without an upload session.
func (s *subject) covered() []Finding {
	if !s.figures.uploads {
		return nil
	}
	until := s.now.Add(windowsAhead)
	var quiet []span
	var windows []Window
	for _, w := range s.windows(s.now, until) {
		if w.Quiet() {
			quiet, windows = append(quiet, span{w.From.Time, w.Until.Time}), append(windows, w)
		}
	}
	quiet = merge(quiet)
	var all []Finding
	told := map[string]int{} // which of all is of the windows of that name
	more := map[string]int{}
	seen := map[time.Time]bool{}
	for _, w := range windows {
		for begin, end := s.schedule.Day(w.From.Time); begin.Before(w.Until.Time); begin, end = s.schedule.Day(end) {
			if seen[begin] {
				continue
			}
			seen[begin] = true
			next, ok := s.uncovered(begin, end, quiet)
			if !ok {
				continue
			}
			if _, again := told[w.Name]; again {
				more[w.Name]++
				continue
			}
			told[w.Name] = len(all)
			all = append(all, s.coveredText(w, begin, next))
		}
	}
	for name, n := range more {
		all[told[name]].Text += "; so it is on " + many(n, "more day") + " within a year"
	}
	return all
}

func (s *subject) coveredText(w Window, begin, next time.Time) Finding {
	wait := "a year and more"
	if !next.IsZero() {
		wait = "the one of " + s.stamp(next)
	}
	f := warning(WindowCovers, "Give these days an upload session outside of the window.",
		"the maintenance window %q of %s covers every upload session of %s; the photos wait for %s", w.Name, s.during(w.From.Time, w.Until.Time), s.date(begin), wait)
	if !next.IsZero() && next.Sub(w.From.Time) <= longWait {
		f.Severity, f.Advice = health.Info, ""
	}
	return f
}

// uncovered tells whether quiet covers all upload sessions that begin on the day
// from begin to end, of which there is one, and when the next is that it doesn't;
// zero for none within a year.
func (s *subject) uncovered(begin, end time.Time, quiet []span) (next time.Time, covered bool) {
	for from := begin; ; {
		to := from.Add(end.Sub(begin))
		for _, b := range s.Blocks(from, to) {
			if b.Kind != schedule.Upload || b.From.Before(from) {
				continue
			}
			at, out := outside(span{b.From.Time, later(b.Until.Time, b.From.Add(1))}, quiet)
			switch {
			case !out && from.Equal(begin):
				covered = true
			case out && from.Equal(begin):
				return time.Time{}, false
			case out:
				return at, covered
			}
		}
		if from.Equal(begin) && !covered || from.After(begin.Add(windowsAhead)) {
			return time.Time{}, covered
		}
		from = to
	}
}

// outside is the first instant of v that is in none of the spans, which are in
// order and apart; false where there is none.
func outside(v span, spans []span) (time.Time, bool) {
	at := v.from
	for _, q := range spans {
		if !q.until.After(at) {
			continue
		}
		if q.from.After(at) {
			break
		}
		at = q.until
	}
	return at, at.Before(v.until)
}
