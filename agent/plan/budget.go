package plan

import (
	"fmt"
	"time"
)

// budget finds months that need more data than they may.
func (s *subject) budget() []Finding {
	limit, each := float64(s.figures.budgetBytes), s.photoBytes()
	if limit == 0 || each == 0 || !s.figures.uploads || s.dense() {
		return nil
	}
	y, m, _ := s.now.UTC().Date() // as package link counts
	next, after := time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC), time.Date(y, m+2, 1, 0, 0, 0, 0, time.UTC)
	used, waits := float64(s.facts.MonthBytes), float64(s.facts.BacklogBytes)
	due := s.due(span{s.now, next})
	if sum := float64(due)*each + used + waits; sum > limit {
		text := fmt.Sprintf("%s of %s until the end of %s are %s", many(due, "photo"), size(each), s.now.UTC().Format("January"), size(float64(due)*each))
		if used > 0 {
			text += fmt.Sprintf(", %s are used", size(used))
		}
		if waits > 0 {
			text += fmt.Sprintf(", %s wait", size(waits))
		}
		if used+waits > 0 {
			text += fmt.Sprintf(", %s together", size(sum))
		}
		return []Finding{warning(OverBudget, s.fits(limit-used-waits, each, s.now, next), "%s; the month's budget is %s", text, size(limit))}
	}
	due = s.due(span{next, after})
	if sum := float64(due) * each; sum > limit {
		return []Finding{warning(OverBudget, s.fits(limit, each, next, after), "%s of %s in %s are %s; the month's budget is %s",
			many(due, "photo"), size(each), next.Format("January 2006"), size(sum), size(limit))}
	}
	return nil
}

// fits says what would fit.
func (s *subject) fits(left, each float64, from, until time.Time) string {
	const raise = "Raise link.budget_mb, or take fewer or smaller photos: "
	if left < each {
		return raise + "nothing is left of this month's."
	}
	days := until.Sub(from).Hours() / day.Hours()
	return fmt.Sprintf("%s%s fit, %.3g a day.", raise, many(int64(left/each), "photo"), max(left/each/max(days, 1), 0.1))
}

// card finds cards that fill up, or that hold too few days of photos for an outage.
func (s *subject) card() []Finding {
	free, each := float64(s.facts.FreeBytes), s.photoBytes()
	if s.dense() {
		return nil
	}
	w := s.weeks()[0]
	due := s.due(w)
	if free == 0 || each == 0 || due == 0 {
		return nil
	}
	week := float64(due) * each
	days := func(perWeek float64) float64 { return free / perWeek * 7 }
	switch out, known := s.out(w, each); {
	case !known:
	case out == 0 && days(week) < fullDays:
		return []Finding{warning(CardTooSmall, "Give it somewhere to upload to, a second copy, or a larger card.",
			"%s of %s are %s in the next 7 days, and nothing is uploaded: the %s that are free last for %.1f days",
			many(due, "photo"), size(each), size(week), size(free), days(week))}
	case out < week && days(week-out) < fullDays:
		return []Finding{warning(CardTooSmall, "Let the upload sessions send more, or take fewer or smaller photos.",
			"%s of %s are %s in the next 7 days, and %s of that can be uploaded: the %s that are free on the card last for %.1f days",
			many(due, "photo"), size(each), size(week), size(out), size(free), days(week-out))}
	}
	if d := days(week); d < outageDays {
		return []Finding{warning(CardTooSmall, "Take a larger card, or fewer or smaller photos.",
			"%s of %s are %s in the next 7 days: the %s that are free on the card hold %.1f days of them when the cloud can't be reached, want %d",
			many(due, "photo"), size(each), size(week), size(free), d, outageDays)}
	}
	return nil
}

// out is how many bytes can leave in a week; false where that is not known.
func (s *subject) out(w span, each float64) (bytes float64, known bool) {
	c := s.carry(w)
	if !s.figures.uploads || c.slots == 0 {
		return 0, true
	}
	if s.bytesPerSecond() == 0 {
		return 0, false
	}
	bytes = s.bytesPerSecond() * c.time.Seconds()
	if c.limited {
		bytes = min(bytes, c.photos*each, c.bytes)
	}
	return bytes, true
}

// missing says what could not be checked.
func (s *subject) missing() []Finding {
	var all []Finding
	lacks := func(what, advice string) {
		all = append(all, info(FiguresMissing, advice, "not checked: %s", what))
	}
	if s.dense() || s.due(s.weeks()[0]) == 0 {
		return nil
	}
	if s.photoBytes() == 0 {
		lacks("whether link, budget and card take the photos, since a photo's size is not known yet",
			"Set camera.photo_kb to what one photo has, or look again after the first ones.")
		return all
	}
	if s.kbps() == 0 && s.figures.uploads {
		lacks("whether the link can carry the photos, since its speed is not known yet",
			"Set link.speed_kbps to what the site's link gives, or look again after the first uploads.")
	}
	if s.facts.FreeBytes == 0 {
		lacks("whether the card can hold the photos, since its free space is not known here",
			"Look again on the controller, with the daemon running.")
	}
	return all
}
