package page

import (
	"fmt"
	"strings"
	"time"

	"fieldcam/agent/maintenance"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
)

// utc, clock and date write an instant for people; the zero time is a dash.
func utc(t time.Time) string   { return format(t, "2006-01-02 15:04:05 UTC") }
func clock(t time.Time) string { return format(t, "15:04:05") }
func date(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("Monday, 2 January 2006")
}

// rfc writes an instant for the script.
func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func format(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(layout)
}

// sizeText is a count of bytes with three digits or so.
func sizeText(n int64) string {
	const k = 1000
	switch {
	case n < k:
		return fmt.Sprintf("%d bytes", n)
	case n < k*k:
		return fmt.Sprintf("%.3g kB", float64(n)/k)
	case n < k*k*k:
		return fmt.Sprintf("%.3g MB", float64(n)/(k*k))
	}
	return fmt.Sprintf("%.3g GB", float64(n)/(k*k*k))
}

// plural is "1 photo" or "3 photos".
func plural(n any, word string) string {
	if count := fmt.Sprint(n); count != "1" {
		return count + " " + word + "s"
	}
	return "1 " + word
}

// everyText is an interval without the zeros that String adds: "5m", "1h30m".
func everyText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// fromText and toText are a window's ends, in UTC: the day is not told twice.
func fromText(s notices.Shown) string { return s.Start.UTC().Format("Monday, 2 January 2006, 15:04") }

func toText(s notices.Shown) string {
	if s.Start.UTC().YearDay() == s.End.UTC().YearDay() && s.Start.UTC().Year() == s.End.UTC().Year() {
		return s.End.UTC().Format("15:04 UTC")
	}
	return s.End.UTC().Format("Monday 15:04 UTC")
}

// localText is the window by its own clock; empty where that shows UTC.
func localText(s notices.Shown) string {
	if s.Zone == nil {
		return ""
	}
	return s.Start.In(s.Zone).Format("Monday 15:04") + " to " + s.End.In(s.Zone).Format("Monday 15:04") + " in " + s.Zone.String()
}

// classText is a class of window for a heading.
func classText(c maintenance.Class) string {
	switch c {
	case maintenance.HotFix:
		return "Hot fix"
	case maintenance.Routine:
		return "Routine work"
	}
	return "Maintenance window"
}
