package maintenance

import (
	"iter"
	"time"

	"github.com/teambition/rrule-go"
)

const day = 24 * time.Hour

// since gives the starts from t on, in order, each on a day of its own.
func (r rule) since(t time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		if r.rule == nil {
			if !r.start.Before(t) {
				yield(r.start)
			}
			return
		}
		next := r.near(t).Iterator()
		for at, ok := next(); ok; at, ok = next() {
			if at = at.AddDate(-shift, 0, 0); !at.Before(t) && !yield(at) {
				return
			}
		}
	}
}

// near is the rule as it goes on at t: the library counts from the start of a
// rule, which may be decades ago. It begins with the start of one of the rule's
// own periods, so that intervals keep their step. A rule with COUNT is short.
func (r rule) near(t time.Time) *rrule.RRule {
	o := r.rule.Options // with the days that follow from the start
	if o.Count > 0 || !t.After(r.start) {
		return r.rule
	}
	step := max(o.Interval, 1)
	days := int(t.Sub(r.start) / day)
	months := 12*(t.Year()-r.start.Year()) + int(t.Month()-r.start.Month())
	clock := r.start.Sub(time.Date(r.start.Year(), r.start.Month(), r.start.Day(), 0, 0, 0, 0, time.UTC))
	var begin time.Time
	switch o.Freq {
	case rrule.DAILY:
		begin = r.start.AddDate(0, 0, days-days%step)
	case rrule.WEEKLY:
		begin = r.start.AddDate(0, 0, days-days%(7*step))
	case rrule.MONTHLY:
		begin = time.Date(r.start.Year(), r.start.Month()+time.Month(months-months%step), 1, 0, 0, 0, 0, time.UTC).Add(clock)
	default:
		years := t.Year() - r.start.Year()
		begin = time.Date(r.start.Year()+years-years%step, 1, 1, 0, 0, 0, 0, time.UTC).Add(clock)
	}
	if begin.Year() > lastUntil || !begin.After(r.start) {
		return r.rule
	}
	o.Dtstart = begin.AddDate(shift, 0, 0)
	moved, err := rrule.NewRRule(o)
	if err != nil {
		return r.rule // it was accepted before, and only its start is another
	}
	return moved
}
