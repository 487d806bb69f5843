package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"fieldcam/agent/plan"
	"fieldcam/capture/schedule"
)

// printAgenda writes the days within 80 columns, each with what is on it; days in a
// row that are the same are one.
func printAgenda(w io.Writer, a plan.Agenda, kinds map[schedule.Kind]bool) {
	for i := 0; i < len(a.Days); {
		text := dayText(a.Days[i], kinds)
		n := i + 1
		for n < len(a.Days) && a.Days[n].Whole && a.Days[i].Whole && dayText(a.Days[n], kinds) == text {
			n++
		}
		fmt.Fprintf(w, "%s: %s", dayHead(a.Days[i:n]), text)
		i = n
	}
}

// dayHead names days that are the same.
func dayHead(days []plan.Day) string {
	const form = "Mon 2 Jan 2006"
	first, last := days[0], days[len(days)-1]
	head := first.From.Format(form)
	switch {
	case len(days) == 2:
		return head + " and " + last.From.Format(form) + ", each"
	case len(days) > 2:
		return head + " to " + last.From.Format(form) + ", each"
	case first.Whole:
		return head
	case first.Until.Format(time.DateOnly) == first.Date:
		return head + " until " + first.Until.Format("15:04")
	}
	return head + " from " + first.From.Format("15:04") + " on"
}

// row is one line of a day.
type row struct {
	from                    time.Time
	when, what, how, number string
	name                    string
}

// dayText is a day's counts and rows.
func dayText(d plan.Day, kinds map[schedule.Kind]bool) string {
	var rows []row
	for _, name := range d.Events {
		rows = append(rows, row{from: d.From.Time, when: "all day", what: "event", name: name})
	}
	for _, s := range d.Pauses {
		rows = append(rows, row{s.From.Time, whenText(d, s), "PAUSE", "", "", s.Name})
	}
	for _, w := range d.Windows {
		rows = append(rows, row{w.From.Time, whenText(d, w.Span), "window", string(w.Class), "", w.Name})
	}
	for _, b := range d.Blocks {
		r := row{b.From.Time, blockText(b), b.Kind.String(), "every " + shortSpan(b.EverySeconds), fmt.Sprint(b.Slots), b.Session}
		if b.Slots == 1 {
			r.how = "once"
		}
		if b.Kind == schedule.Upload {
			r.name = cut(b.Session, 20) + ": " + limitText(b)
		}
		rows = append(rows, r)
	}
	sort.SliceStable(rows, func(i, j int) bool { return beforeDay(rows[i], d) < beforeDay(rows[j], d) })
	var text strings.Builder
	fmt.Fprintln(&text, countsText(d.Counts, kinds))
	for _, r := range rows {
		line := fmt.Sprintf("  %-11s  %-8s  %-11s  %5s  %s", r.when, r.what, r.how, r.number, cut(r.name, 35))
		fmt.Fprintln(&text, strings.TrimRight(line, " "))
	}
	return text.String()
}

// beforeDay is when on the day a row begins, for sorting.
func beforeDay(r row, d plan.Day) time.Duration { return max(r.from.Sub(d.From.Time), 0) }

// blockText is "06:00–18:00", or "12:00" of one slot.
func blockText(b plan.Block) string {
	if b.Slots == 1 && (b.EverySeconds == 0 || !b.Until.After(b.From.Time)) {
		return b.From.Format("15:04")
	}
	return b.From.Format("15:04") + "–" + b.Until.Format("15:04")
}

// whenText is when on the day s is: its part of the day, or its ends.
func whenText(d plan.Day, s plan.Span) string {
	begun := !s.From.After(d.From.Time)
	lasts := !s.Until.Before(d.Until.Time)
	switch {
	case begun && lasts:
		return "all day"
	case begun:
		return "until " + s.Until.Format("15:04")
	case s.Until.Sub(s.From.Time) > 24*time.Hour:
		return "from " + s.From.Format("15:04")
	}
	return s.From.Format("15:04") + "–" + s.Until.Format("15:04")
}

// limitText says what an upload sends at each slot.
func limitText(b plan.Block) string {
	const mega = 1_000_000
	var parts []string
	if b.Photos > 0 {
		parts = append(parts, plural(b.Photos, "photo"))
	}
	if b.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("%d MB", b.Bytes/mega))
	}
	if b.LimitSeconds > 0 {
		parts = append(parts, shortSpan(b.LimitSeconds))
	}
	if len(parts) == 0 {
		return "all it can"
	}
	return "up to " + strings.Join(parts, ", ")
}

// shortSpan is "15m", "1h30m", "5s".
func shortSpan(seconds float64) string {
	s := time.Duration(seconds * float64(time.Second)).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
