package page

import (
	"fmt"
	"strings"
	"time"
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
