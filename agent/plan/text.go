package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// size writes bytes with three digits, in powers of 1000 as cards and data plans
// are sold: "58.8 MB".
func size(bytes float64) string {
	const unit = 1000
	if bytes < unit {
		return fmt.Sprintf("%.0f B", bytes)
	}
	prefix := ""
	for _, p := range []string{"k", "M", "G", "T", "P"} {
		bytes, prefix = bytes/unit, p
		if bytes < 999.5 {
			break
		}
	}
	digits := 0
	switch {
	case bytes < 9.995:
		digits = 2
	case bytes < 99.95:
		digits = 1
	}
	s := strconv.FormatFloat(bytes, 'f', digits, 64)
	if digits > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + " " + prefix + "B"
}

// count writes a number with commas between thousands: "17,280".
func count[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// many writes a count with its noun.
func many[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// hours writes a span as people say it: "12 h", "7.5 h", "30 min", "4 days".
func hours(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 7*day+time.Hour: // a week of upload sessions is summed up in hours
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Hours()), ".0") + " h"
	}
	return many(int64(d/day), "day")
}

// date and stamp write a day and an instant at the site.
func (p *Plan) date(t time.Time) string { return t.In(p.zone).Format("Mon 2 Jan 2006") }

func (p *Plan) stamp(t time.Time) string { return t.In(p.zone).Format("Mon 2 Jan 2006 15:04") }

// during writes a span at the site: its ends, and of those on one day the day once.
func (p *Plan) during(from, until time.Time) string {
	end := p.stamp(until)
	if p.date(from) == p.date(until) {
		end = until.In(p.zone).Format("15:04")
	}
	return p.stamp(from) + " to " + end
}
