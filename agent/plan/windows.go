package plan

import (
	"slices"
	"sort"
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
	sessions := s.sessions(until, quiet)
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
			next, ok := uncovered(sessions, begin, end)
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

// uploadSession is one block of upload sessions.
type uploadSession struct {
	begin time.Time
	// open is its first instant that no window covers; zero for none.
	open time.Time
}

// sessions are the upload sessions until a time, by their begin.
func (s *subject) sessions(until time.Time, quiet []span) []uploadSession {
	var all []uploadSession
	for b := range s.schedule.Blocks(schedule.Upload, s.now.Add(-reach), until) {
		if c, ok := s.clip(b, s.now, until); ok {
			v := uploadSession{begin: c.From.Time}
			if at, out := outside(span{v.begin, later(b.End, v.begin.Add(1))}, quiet); out {
				v.open = at
			}
			all = append(all, v)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].begin.Before(all[j].begin) })
	return all
}

// uncovered tells whether windows cover all sessions that begin from begin on and
// before end, of which there is one, and when the next is that they don't; zero for
// none.
func uncovered(sessions []uploadSession, begin, end time.Time) (next time.Time, covered bool) {
	first, _ := slices.BinarySearchFunc(sessions, begin, func(v uploadSession, t time.Time) int { return v.begin.Compare(t) })
	for _, v := range sessions[first:] {
		switch {
		case v.begin.Before(end) && !v.open.IsZero():
			return time.Time{}, false
		case v.begin.Before(end):
			covered = true
		case !covered:
			return time.Time{}, false
		case !v.open.IsZero():
			return v.open, true
		}
	}
	return time.Time{}, covered
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
