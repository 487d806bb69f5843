package schedule

import (
	"math/bits"
	"time"
)

// rule is a Session in the units that arithmetic wants.
type rule struct {
	days        Days
	from, until Sun
	fromOffset  int64 // seconds
	untilOffset int64
	every       int64 // nanoseconds
	once        bool  // a block of one instant
	crosses     bool  // ends on the day after
	sun         bool  // has an end that goes by the sun
	weekly      bool  // gives way to events
	// least and most bound a block: the wall seconds from its day's midnight
	// before which it does not begin, and after which it has ended. They hold
	// where the sun is highest when the clock shows noon, see wall.early.
	least, most int64
	order       int // of listing
	name, event string
	photos      int
	bytes       int64
	time        time.Duration
	choice      Choice
}

// group is the rules of one kind of the weekly schedule or an event.
type group struct {
	first, last int64 // the days for which they hold, both included
	rules       []rule
}

// newRule is what s, which is valid, says. An empty event is the weekly schedule.
func newRule(s Session, event string, zone *time.Location) rule {
	r := rule{
		days:        s.Days,
		from:        s.From.Sun,
		until:       s.Until.Sun,
		fromOffset:  int64(s.From.Offset / time.Second),
		untilOffset: int64(s.Until.Offset / time.Second),
		every:       int64(s.Every),
		once:        s.From == s.Until,
		crosses:     crosses(s.From, s.Until),
		sun:         s.From.Sun != 0 || s.Until.Sun != 0,
		weekly:      event == "",
		name:        s.Name,
		event:       event,
		photos:      s.Photos,
		bytes:       int64(s.Megabytes) * 1_000_000,
		time:        time.Duration(s.Minutes) * time.Minute,
		choice:      s.choice(zone),
	}
	r.least, r.most = r.fromOffset, r.untilOffset
	switch r.from {
	case Sunset:
		r.least += noonSeconds - sunSlack
	case Sunrise:
		r.least -= sunSlack
	}
	switch r.until {
	case Sunset:
		r.most += daySeconds + sunSlack
	case Sunrise:
		r.most += noonSeconds + sunSlack
	}
	if r.crosses {
		r.most += daySeconds
	}
	return r
}

const (
	noonSeconds = daySeconds / 2
	// sunSlack is more than the sun's highest point can be before or after the
	// mean noon, which is 17 minutes.
	sunSlack = 30 * 60
)

// firstDay is the first day of w whose block, of r, can end at or after the Unix
// second t.
func (w *wall) firstDay(r *rule, t int64) int64 {
	most := r.most
	if r.sun {
		most += w.late
	}
	if w.skips {
		most += daySeconds
	}
	return max(w.day, floorDiv(t+w.minOffset-most+daySeconds-1, daySeconds))
}

// lastDay is the last day of w whose block, of r, can begin at or before the
// Unix second t.
func (w *wall) lastDay(r *rule, t int64) int64 {
	least := r.least
	if r.sun {
		least += w.early
	}
	return min(w.day+spanDays-1, floorDiv(t+w.maxOffset-least, daySeconds))
}

// span is one block of one session.
type span struct {
	rule  *rule
	begin int64   // Unix seconds: its first slot
	end   instant // its last instant
}

// block is the block that r begins on the day; false where the day has none.
func (w *wall) block(r *rule, day int64) (span, bool) {
	if !r.days.Has(weekday(day)) || r.weekly && w.replaced>>(day-w.day)&1 == 1 || !w.exists(day) {
		return span{}, false
	}
	b := span{rule: r, begin: w.moment(r.from, r.fromOffset, day, false)}
	last := b.begin
	if !r.once {
		until := day
		if r.crosses {
			if until++; !w.exists(until) {
				until++
			}
		}
		last = w.moment(r.until, r.untilOffset, until, true)
		if r.sun && last <= b.begin {
			return span{}, false
		}
	}
	b.end = instant{sec: last}
	if r.weekly && w.replaced != 0 {
		return b, w.cut(&b, day)
	}
	return b, true
}

// cut ends the weekly schedule's block of the day where the next event begins;
// false where nothing is left of it.
func (w *wall) cut(b *span, day int64) bool {
	next := w.replaced >> (day - w.day)
	if next == 0 {
		return true
	}
	event := w.first((day + int64(bits.TrailingZeros32(next))) * daySeconds)
	if b.end.sec >= event {
		b.end = instant{event - 1, int64(time.Second) - 1}
	}
	return b.begin < event
}

// moment is the Unix second of a Moment on the day; the last of two where the
// clock shows it twice and last is true.
func (w *wall) moment(from Sun, offset, day int64, last bool) int64 {
	switch from {
	case Sunrise:
		return w.sun(day).rise + offset
	case Sunset:
		return w.sun(day).set + offset
	}
	if last {
		return w.last(day*daySeconds + offset)
	}
	return w.first(day*daySeconds + offset)
}

// after is the first slot of the block strictly after t.
func (b *span) after(t instant) (instant, bool) {
	if t.sec < b.begin {
		return instant{sec: b.begin}, true
	}
	if t.compare(b.end) >= 0 {
		return instant{}, false
	}
	passed := (t.sec-b.begin)*int64(time.Second) + t.nsec
	d := (passed/b.rule.every + 1) * b.rule.every
	return add(b.begin, d), d <= b.length()
}

// before is the last slot of the block strictly before t.
func (b *span) before(t instant) (instant, bool) {
	if t.compare(instant{sec: b.begin}) <= 0 {
		return instant{}, false
	}
	d := b.length()
	if t.compare(b.end) <= 0 {
		d = (t.sec-b.begin)*int64(time.Second) + t.nsec - 1
	}
	return add(b.begin, d/b.rule.every*b.rule.every), true
}

// length is the nanoseconds from the block's begin to its end.
func (b *span) length() int64 {
	return (b.end.sec-b.begin)*int64(time.Second) + b.end.nsec
}

// slotsBefore is how many slots strictly before t the block has.
func (b *span) slotsBefore(t instant) int {
	last, ok := b.before(t)
	if !ok {
		return 0
	}
	return int(((last.sec-b.begin)*int64(time.Second)+last.nsec)/b.rule.every) + 1
}
