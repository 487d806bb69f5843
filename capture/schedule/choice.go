package schedule

import (
	"time"

	"fieldcam/config/invalid"
)

// The values of Session.Order.
const (
	NewestFirst = "newest-first"
	OldestFirst = "oldest-first"
)

// Choice is which photos an upload session sends, and in which order. The zero
// Choice is all of them, the newest first.
type Choice struct {
	Oldest bool // the oldest first
	// LookBack is how far back from the slot photos are looked for; 0 is all.
	LookBack time.Duration
	// From and To bound the time of exposure: From <= taken < To. Zero is open.
	From, To time.Time
}

// maxLookBack is where a longer look-back is a mistake: ten years.
const maxLookBack = 10 * 366 * 24 * time.Hour

// checkChoice reports what s says of a choice that can't be used.
func (s Session) checkChoice(l *invalid.List) {
	if s.Order != "" && s.Order != NewestFirst && s.Order != OldestFirst {
		l.Add("order", s.Order, `"newest-first" or "oldest-first"`)
	} else if s.Order != "" && s.Kind != Upload {
		l.Add("order", s.Order, "nothing, or an upload session")
	}
	switch {
	case s.LookBack < 0 || s.LookBack > maxLookBack:
		l.Add("look_back", s.LookBack, "0s (everything) to 87840h")
	case s.LookBack > 0 && s.Kind != Upload:
		l.Add("look_back", s.LookBack, "0s, or an upload session")
	case s.LookBack > 0 && s.FirstDay+s.LastDay != "":
		l.Add("look_back", s.LookBack, "either look_back, or first_day and last_day")
	}
	first, okFirst := checkDay(l, "first_day", s.FirstDay, s.Kind)
	last, okLast := checkDay(l, "last_day", s.LastDay, s.Kind)
	if okFirst && okLast && last.Before(first) {
		l.Add("last_day", s.LastDay, "first_day or a later day")
	}
}

// checkDay reads a day; false where there is none that can be used.
func checkDay(l *invalid.List, key, text string, kind Kind) (time.Time, bool) {
	if text == "" {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		l.Add(key, text, `a day such as "2026-06-30"`)
	case kind != Upload:
		l.Add(key, text, "nothing, or an upload session")
	}
	return day, err == nil
}

// choice is what s, which is valid, says of it.
func (s Session) choice(zone *time.Location) Choice {
	c := Choice{Oldest: s.Order == OldestFirst, LookBack: s.LookBack}
	if day, err := time.Parse(time.DateOnly, s.FirstDay); err == nil {
		c.From = beginning(zone, day.Unix()/daySeconds)
	}
	if day, err := time.Parse(time.DateOnly, s.LastDay); err == nil {
		c.To = beginning(zone, day.Unix()/daySeconds+1)
	}
	return c
}

// beginning is the first instant of a day, counted from 1970-01-01, at the site.
// Package time does not say which it gives where the clock skips midnight.
func beginning(zone *time.Location, day int64) time.Time {
	w := makeWall(zone, day)
	return time.Unix(w.first(day*daySeconds), 0).UTC()
}
