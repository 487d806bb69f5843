package schedule

import (
	"math"
	"time"
)

const daySeconds = 24 * 60 * 60

const (
	// spanDays is how many days of blocks one wall answers for.
	spanDays = 12
	// pastDays is how many days before a time the day of a block can lie that
	// holds it: one for midnight, one where the clock is set back over midnight or
	// an offset moves a sunset, one where the calendar skips a day.
	pastDays = 3
	// aheadDays is how many days after a time the day of a block can lie that
	// holds it: one where an offset moves a sunrise, one where the clock is set
	// back.
	aheadDays = 2
)

// segment is a stretch of time over which a zone keeps one offset.
type segment struct {
	until  int64 // the Unix second at which it is over
	offset int64 // seconds east of UTC
}

// wall converts between the local wall time of a zone and Unix seconds, around
// spanDays days. Wall seconds are those since 1970-01-01 00:00 on the clock
// face, so that day n begins at wall second n*daySeconds, in every zone.
//
// It looks the zone up once instead of at each conversion, which is what keeps
// Next within its 5 µs.
type wall struct {
	// segs[:n] are the stretches in order; the first goes back for ever and the
	// last goes on for ever. Four hold three changes within two weeks; no zone
	// has had more.
	segs [4]segment
	n    int
	// skips: a whole day may be missing.
	skips bool

	day int64 // the first of the spanDays days
	// replaced are the days, by their number after the first, on which an event
	// replaces the weekly schedule. Their number goes beyond spanDays by what a
	// block can last.
	replaced uint32

	minOffset, maxOffset int64 // of segs

	latitude, longitude float64
	// early and late are by how many seconds the mean sun's noon can differ from
	// that of the clock: early is not more than 0 and late not less.
	early, late int64
	suns        [spanDays + 2]sunDay // what has been asked for, a block ends up to two days later
}

// makeWall is the wall of zone for the blocks that begin on the spanDays days
// from first on.
func makeWall(zone *time.Location, first int64) wall {
	w := wall{day: first}
	// A day for the offset from UTC at either end, one more before for the
	// whole day that a zone may repeat, and those after in which blocks end.
	t, limit := (first-2)*daySeconds, (first+spanDays+4)*daySeconds
	for {
		at := time.Unix(t, 0).In(zone)
		_, offset := at.Zone()
		until := int64(math.MaxInt64)
		if _, end := at.ZoneBounds(); !end.IsZero() {
			until = end.Unix()
		}
		if until <= t {
			// For times after the last entry of its table Go gives 365 days
			// as the length of every year, so that on 31 December of a leap
			// year the end lies in the past (time.tzset, Go 1.26). Nothing
			// changes before the UTC year is over.
			until = (floorDiv(t, daySeconds) + 1) * daySeconds
		}
		switch {
		case w.n > 0 && w.segs[w.n-1].offset == int64(offset):
			w.segs[w.n-1].until = until // only its name changed, or the year
		case w.n < len(w.segs):
			w.segs[w.n] = segment{until: until, offset: int64(offset)}
			if w.n > 0 && w.segs[w.n].offset-w.segs[w.n-1].offset >= daySeconds {
				w.skips = true
			}
			w.n++
		}
		if until >= limit {
			break
		}
		t = until
	}
	w.segs[w.n-1].until = math.MaxInt64
	w.minOffset, w.maxOffset = w.segs[0].offset, w.segs[0].offset
	for _, s := range w.segs[1:w.n] {
		w.minOffset, w.maxOffset = min(w.minOffset, s.offset), max(w.maxOffset, s.offset)
	}
	return w
}

// first is the first instant at which the clock shows l, or where it skips l,
// the first instant after the gap.
func (w *wall) first(l int64) int64 {
	start := int64(math.MinInt64)
	for i := 0; ; i++ { // the last stretch has no end
		s := w.segs[i]
		if t := l - s.offset; t < s.until {
			return max(t, start)
		}
		start = s.until
	}
}

// last is the last instant at which the clock shows l, or where it skips l, the
// first instant after the gap.
func (w *wall) last(l int64) int64 {
	for i := w.n - 1; ; i-- { // the first stretch has no beginning
		s := w.segs[i]
		if t := l - s.offset; i == 0 || t >= w.segs[i-1].until {
			return min(t, s.until)
		}
	}
}

// exists tells whether the calendar has the day.
func (w *wall) exists(day int64) bool {
	return !w.skips || w.first(day*daySeconds) < w.first((day+1)*daySeconds)
}

// weekday is that of the day, counted from 1970-01-01, a Thursday.
func weekday(day int64) time.Weekday {
	return time.Weekday(floorMod(day+int64(time.Thursday), 7))
}

// localDay is the local calendar's day at the Unix second t.
func localDay(zone *time.Location, t int64) int64 {
	_, offset := time.Unix(t, 0).In(zone).Zone()
	return floorDiv(t+int64(offset), daySeconds)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
