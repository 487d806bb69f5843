package schedule

import (
	"fmt"
	"time"
)

// WallTime is a date and a time of day on the site's clock face: the seconds
// since 1970-01-01 00:00:00 there. It is an instant only in a zone. The zero
// WallTime is none.
type WallTime int64

// wallTimeForm is the text form, of package time.
const wallTimeForm = time.DateTime

// The years that dated parts of a plan can have. Searches go through all days up
// to the last of them, so an end has to be somewhere.
const (
	minYear = 2000
	maxYear = 2199
)

const wallTimeWant = `a date and time as "2026-06-01 12:00:00", of the years 2000 to 2199`

// WallTimeOf is what the clock shows at t in t's own location, without
// fractions.
func WallTimeOf(t time.Time) WallTime {
	_, offset := t.Zone()
	return WallTime(t.Unix() + int64(offset))
}

func (t WallTime) face() time.Time { return time.Unix(int64(t), 0).UTC() }

// valid tells whether t is of a year that a plan can have.
func (t WallTime) valid() bool {
	// Of others time.Time may not know the year.
	if t < minUnix || t > maxUnix {
		return false
	}
	y := t.face().Year()
	return y >= minYear && y <= maxYear
}

// String is "2026-06-01 12:00:00"; empty for the zero WallTime.
func (t WallTime) String() string {
	if t == 0 {
		return ""
	}
	return t.face().Format(wallTimeForm)
}

// MarshalText is String for the zero WallTime and the years 2000 to 2199, and an
// error for any other value.
func (t WallTime) MarshalText() ([]byte, error) {
	if t != 0 && !t.valid() {
		return nil, fmt.Errorf("%d s: want %s", int64(t), wallTimeWant)
	}
	return []byte(t.String()), nil
}

// UnmarshalText takes "2026-06-01 12:00:00", of a day that the calendar has and
// the years 2000 to 2199; the empty text is the zero WallTime.
func (t *WallTime) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = 0
		return nil
	}
	face, err := time.Parse(wallTimeForm, string(text))
	// Parse takes fractions of a second and hours of one digit, too.
	if err != nil || face.Format(wallTimeForm) != string(text) || !WallTime(face.Unix()).valid() {
		return fmt.Errorf("%.40q: want %s", text, wallTimeWant)
	}
	*t = WallTime(face.Unix())
	return nil
}

// first is the first instant at which the site's clock shows t, or where it
// skips t, the first one after; in Unix seconds.
func (t WallTime) first(zone *time.Location) int64 {
	w := makeWall(zone, floorDiv(int64(t), daySeconds))
	return w.first(int64(t))
}

// last is the last instant at which the site's clock shows t, or where it skips
// t, the first one after; in Unix seconds.
func (t WallTime) last(zone *time.Location) int64 {
	w := makeWall(zone, floorDiv(int64(t), daySeconds))
	return w.last(int64(t))
}

// dayWant is what a day is, as a phrase that follows "want".
const dayWant = `a day such as "2026-06-30"`

// readDay reads a day, counted from 1970-01-01; false for a text that is none,
// or of a year that a plan cannot have.
func readDay(text string) (int64, bool) {
	day, err := time.Parse(time.DateOnly, text)
	return floorDiv(day.Unix(), daySeconds), err == nil && WallTime(day.Unix()).valid()
}
