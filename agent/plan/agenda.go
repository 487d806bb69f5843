package plan

import (
	"encoding/json"
	"fmt"
	"time"

	"fieldcam/agent/maintenance"
	"fieldcam/capture/schedule"
)

// Instant is a time at the site. In JSON it is {"site": …, "utc": …}.
type Instant struct{ time.Time }

// MarshalJSON is the time at the site, and the same in UTC.
func (i Instant) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(struct {
		Site time.Time `json:"site"`
		UTC  time.Time `json:"utc"`
	}{i.Time, i.UTC()})
	if err != nil {
		return nil, fmt.Errorf("encode time: %w", err)
	}
	return b, nil
}

// Agenda is what is due from From on and before Until.
type Agenda struct {
	TimeZone string    `json:"time_zone"` // the site's
	From     time.Time `json:"from"`      // UTC
	Until    time.Time `json:"until"`     // UTC
	Total    Counts    `json:"total"`
	Days     []Day     `json:"days"` // every local day that has a part in it
}

// Counts are slots: equal instants of a kind are one.
type Counts struct {
	Captures int `json:"capture"`
	Uploads  int `json:"upload"`
	CheckIns int `json:"check-in"`
}

// Day is one local day, or the part of it that is asked for.
type Day struct {
	Date  string  `json:"date"` // "2026-11-23"
	From  Instant `json:"from"`
	Until Instant `json:"until"`
	Whole bool    `json:"whole"` // the whole day is asked for
	Counts
	// Blocks begin on the day, or, on the agenda's first day, reach into it.
	Blocks []Block `json:"blocks"`
	// Events, Pauses and Windows hold during a part of the day; a person's pause, too.
	Events  []string `json:"events,omitempty"`
	Pauses  []Span   `json:"pauses,omitempty"`
	Windows []Window `json:"windows,omitempty"`
}

// Span is a time with a name: From <= t < Until.
type Span struct {
	Name  string  `json:"name"`
	From  Instant `json:"from"`
	Until Instant `json:"until"`
}

// overlaps tells whether s has an instant from <= t < until.
func (s Span) overlaps(from, until time.Time) bool {
	return s.From.Before(until) && s.Until.After(from)
}

// Window is a maintenance window: From <= t < Until.
type Window struct {
	Span
	Class maintenance.Class `json:"class"`
}

// Quiet tells whether the cloud may be away in the window.
func (w Window) Quiet() bool { return w.Class != maintenance.Routine }

func (p *Plan) span(name string, from, until time.Time) Span {
	return Span{name, p.instant(from), p.instant(until)}
}

func (p *Plan) instant(t time.Time) Instant { return Instant{t.In(p.zone)} }

// Agenda says what is due from from on and before until. It lists blocks, not
// slots, so that a dense schedule costs no more than another.
func (p *Plan) Agenda(from, until time.Time) Agenda {
	a := Agenda{TimeZone: p.zone.String(), From: from.UTC(), Until: until.UTC(), Days: []Day{}}
	windows, blocks := p.windows(from, until), p.Blocks(from, until)
	for begin, end := p.schedule.Day(from); begin.Before(until); begin, end = p.schedule.Day(end) {
		d := p.day(later(begin, from), earlier(end, until), blocks, windows)
		d.Whole = !from.After(begin) && !until.Before(end)
		a.Days = append(a.Days, d)
	}
	a.Total = p.count(from, until)
	return a
}

// day is what of it lies at from <= t < until.
func (p *Plan) day(from, until time.Time, blocks []Block, windows []Window) Day {
	d := Day{Date: from.In(p.zone).Format(time.DateOnly), From: p.instant(from), Until: p.instant(until), Counts: p.count(from, until), Blocks: []Block{}}
	for _, b := range blocks {
		if !b.From.Before(from) && b.From.Before(until) {
			d.Blocks = append(d.Blocks, b)
		}
	}
	for _, e := range p.events {
		if e.overlaps(from, until) {
			d.Events = append(d.Events, e.Name)
		}
	}
	for _, s := range p.pauses {
		if s.overlaps(from, until) {
			d.Pauses = append(d.Pauses, s)
		}
	}
	for _, w := range windows {
		if w.overlaps(from, until) {
			d.Windows = append(d.Windows, w)
		}
	}
	return d
}

func (p *Plan) count(from, until time.Time) Counts {
	return Counts{
		Captures: p.schedule.Count(schedule.Capture, from, until),
		Uploads:  p.schedule.Count(schedule.Upload, from, until),
		CheckIns: p.schedule.Count(schedule.CheckIn, from, until),
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
