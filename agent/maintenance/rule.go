package maintenance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	// cycle is after how many years the calendar, weekdays included, repeats.
	cycle = 400
	// shift is how far into the future dates are for the library. It looks for the
	// next date up to the year 9999 before it gives up: three million days. From
	// the 97th century on they are 146,000, and the calendar is the same.
	shift = 19 * cycle
	// firstYear and lastYear bound a window's start; lastUntil bounds UNTIL.
	firstYear, lastYear, lastUntil = 2000, 2099, 2399
	// maxInterval bounds INTERVAL.
	maxInterval = 999
	// maxPerMonth and maxPerYear bound n in "the nth Monday".
	maxPerMonth, maxPerYear = 5, 53
)

// rule gives the days on which a window begins, on wall clocks written as UTC.
type rule struct {
	start time.Time
	rule  *rrule.RRule // nil: once
}

// ruleParts lists the parts that a rule may have: the time of day is the start's.
func ruleParts() []string {
	return []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS"}
}

// parseRule reads a rule for a window that starts at start by the clock of zone.
// It accepts only what the library understands as RFC 5545 means it.
func parseRule(text string, start time.Time, zone *time.Location) (rule, error) {
	if text == "" {
		return rule{start: start}, nil
	}
	parts, err := split(text)
	if err == nil {
		err = checkParts(parts)
	}
	if err != nil {
		return rule{}, err
	}
	until, err := parseUntil(parts["UNTIL"], zone)
	if err != nil {
		return rule{}, err
	}
	if !until.IsZero() && until.Before(start) {
		return rule{}, errors.New("a rule that ends after its start")
	}
	o, err := rrule.StrToROption(withoutUntil(text))
	if err != nil {
		return rule{}, fmt.Errorf("a rule as in RFC 5545: %w", err)
	}
	o.Dtstart = start.AddDate(shift, 0, 0)
	if !until.IsZero() {
		o.Until = until.AddDate(shift, 0, 0)
	}
	if err := checkDays(o); err != nil {
		return rule{}, err
	}
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return rule{}, fmt.Errorf("a rule as in RFC 5545: %w", err)
	}
	made := rule{start: start, rule: r}
	for range made.since(start) {
		return made, nil
	}
	return rule{}, errors.New("a rule that comes true on some day after the start")
}

// split takes a rule apart.
func split(text string) (map[string]string, error) {
	parts := map[string]string{}
	for p := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(p, "=")
		switch _, again := parts[key]; {
		case key == "BYHOUR" || key == "BYMINUTE" || key == "BYSECOND":
			return nil, fmt.Errorf("a rule without %s: the time of day is that of the start", key)
		case !slices.Contains(ruleParts(), key):
			return nil, fmt.Errorf("a rule of FREQ, INTERVAL, COUNT, UNTIL, WKST and BYMONTH, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYDAY, BYSETPOS, not %.20q", key)
		case again:
			return nil, fmt.Errorf("a rule with %s once", key)
		case value == "" || strings.Contains(value, "="):
			return nil, fmt.Errorf("a value for %s", key)
		}
		parts[key] = value
	}
	return parts, nil
}

// checkParts refuses what RFC 5545 forbids and the library takes.
func checkParts(parts map[string]string) error {
	freq := parts["FREQ"]
	if !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, freq) {
		return errors.New("a rule with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	}
	for _, key := range []string{"INTERVAL", "COUNT"} {
		value, given := parts[key]
		if n, err := strconv.Atoi(value); given && (err != nil || n < 1 || n > maxInterval) {
			return fmt.Errorf("%s from 1 to %d", key, maxInterval)
		}
	}
	_, byWeek := parts["BYWEEKNO"]
	_, byYearDay := parts["BYYEARDAY"]
	_, byMonthDay := parts["BYMONTHDAY"]
	_, byDay := parts["BYDAY"]
	_, byMonth := parts["BYMONTH"]
	_, byPosition := parts["BYSETPOS"]
	_, count := parts["COUNT"]
	_, until := parts["UNTIL"]
	switch {
	case byWeek && freq != "YEARLY":
		return errors.New("BYWEEKNO with FREQ=YEARLY only")
	case byYearDay && freq != "YEARLY":
		return errors.New("BYYEARDAY with FREQ=YEARLY only")
	case byMonthDay && freq == "WEEKLY":
		return errors.New("BYMONTHDAY without FREQ=WEEKLY")
	case byPosition && !byWeek && !byYearDay && !byMonthDay && !byDay && !byMonth:
		return errors.New("BYSETPOS beside another BY part")
	case count && until:
		return errors.New("COUNT or UNTIL, not both")
	}
	return nil
}

// checkDays refuses numbered weekdays where the library would read past its tables,
// or not count as RFC 5545 does.
func checkDays(o *rrule.ROption) error {
	most, numbered := maxPerYear, 0
	if o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0 {
		most = maxPerMonth
	}
	for _, d := range o.Byweekday {
		n := d.N()
		if n == 0 {
			continue
		}
		numbered++
		if n > most || n < -most {
			return fmt.Errorf("a number from 1 to %d, or its negative, before a weekday", most)
		}
	}
	switch {
	case numbered > 0 && (o.Freq != rrule.MONTHLY && o.Freq != rrule.YEARLY || len(o.Byweekno) > 0):
		return errors.New("numbered weekdays with FREQ=MONTHLY or YEARLY, without BYWEEKNO")
	case numbered > 0 && numbered < len(o.Byweekday):
		return errors.New("weekdays either all with a number or all without")
	case o.Wkst.N() != 0:
		return errors.New("WKST without a number")
	}
	return nil
}

// parseUntil reads UNTIL: an instant in UTC, a local time, or a date, which counts
// to its end. The result is on the wall clock of zone, written as UTC; zero for
// none.
func parseUntil(s string, zone *time.Location) (time.Time, error) {
	const date, local, utc = "20060102", "20060102T150405", "20060102T150405Z"
	var t time.Time
	var err error
	switch len(s) {
	case 0:
		return time.Time{}, nil
	case len(date):
		t, err = time.Parse(date, s)
		t = t.AddDate(0, 0, 1).Add(-time.Second)
	case len(local):
		t, err = time.Parse(local, s)
	default:
		t, err = time.Parse(utc, s)
		t = t.Add(offset(t, zone))
	}
	if err != nil || t.Year() < firstYear || t.Year() > lastUntil {
		return time.Time{}, fmt.Errorf("UNTIL of the form 20301231 or 20301231T235959Z, up to the year %d", lastUntil)
	}
	return t, nil
}

// withoutUntil is the rule without UNTIL, which the library would read otherwise.
func withoutUntil(text string) string {
	parts := slices.DeleteFunc(strings.Split(text, ";"), func(p string) bool { return strings.HasPrefix(p, "UNTIL=") })
	return strings.Join(parts, ";")
}
