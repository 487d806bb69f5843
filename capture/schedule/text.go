package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What the text forms accept, as phrases that follow "want".
const (
	kindWant = `"capture", "upload" or "check-in"`
	daysWant = `days as "mon-fri", "sat,sun", "fri-mon" or "daily"`
	timeWant = `a time of day as "06:00" or "23:59:59", up to "24:00"`
)

// kindNames are the kinds in the configuration; none for the zero Kind.
var kindNames = [...]string{Capture: "capture", Upload: "upload", CheckIn: "check-in"}

// String is the name in the configuration; "kind(n)" for a value that is none
// of the kinds.
func (k Kind) String() string {
	if k < Capture || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// MarshalText is String for the kinds, and an error for any other value.
func (k Kind) MarshalText() ([]byte, error) {
	if k < Capture || int(k) >= len(kindNames) {
		return nil, fmt.Errorf("%v: want %s", k, kindWant)
	}
	return []byte(k.String()), nil
}

// UnmarshalText takes the names that String gives, letter for letter.
func (k *Kind) UnmarshalText(text []byte) error {
	for n := Capture; int(n) < len(kindNames); n++ {
		if kindNames[n] == string(text) {
			*k = n
			return nil
		}
	}
	return fmt.Errorf("%.20q: want %s", text, kindWant)
}

// dayNames are in the order of time.Weekday.
var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// daily is the text of EveryDay.
const daily = "daily"

// Has tells whether the set holds d.
func (s Days) Has(d time.Weekday) bool { return s>>d&1 == 1 }

// String is the shortest text that UnmarshalText takes for the set: "mon-fri",
// "sat,sun", "fri-mon", "daily". The empty set is "none", which UnmarshalText
// does not take.
func (s Days) String() string {
	switch {
	case s == 0:
		return "none"
	case s > EveryDay:
		return fmt.Sprintf("days(%#x)", uint8(s))
	case s == EveryDay:
		return daily
	}
	// Weeks begin on Monday in the text. A run that goes over Sunday into
	// Monday is told from its first day on.
	var parts []string
	for i := range 7 {
		first := time.Weekday((i + 1) % 7)
		if !s.Has(first) || s.Has((first+6)%7) {
			continue // not the first day of a run
		}
		n := 1
		for s.Has((first + time.Weekday(n)) % 7) {
			n++
		}
		last := dayNames[(int(first)+n-1)%7]
		switch n {
		case 1:
			parts = append(parts, dayNames[first])
		case 2:
			parts = append(parts, dayNames[first], last)
		default:
			parts = append(parts, dayNames[first]+"-"+last)
		}
	}
	return strings.Join(parts, ",")
}

// MarshalText is String for a set of days, and an error for the empty set and
// for values that are none.
func (s Days) MarshalText() ([]byte, error) {
	if s == 0 || s > EveryDay {
		return nil, fmt.Errorf("%v: want %s", s, daysWant)
	}
	return []byte(s.String()), nil
}

// UnmarshalText takes days and ranges of days, with commas between them:
// "mon-fri", "sat,sun", "mon,wed-fri". A range may go over the end of the week
// ("fri-mon" is Friday to Monday); "daily" is every day. Capitals do not
// matter, nor do spaces around a day.
func (s *Days) UnmarshalText(text []byte) error {
	set, err := parseDays(string(text))
	if err != nil {
		return fmt.Errorf("%.40q: %w", text, err)
	}
	*s = set
	return nil
}

// errDays is what parseDays returns for anything that is no set of days.
var errDays = errors.New("want " + daysWant)

func parseDays(text string) (Days, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == daily {
		return EveryDay, nil
	}
	var set Days
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(part, "-")
		first, ok := parseDay(from)
		if !ok {
			return 0, errDays
		}
		last := first
		if ranged {
			if last, ok = parseDay(to); !ok {
				return 0, errDays
			}
		}
		for d := first; ; d = (d + 1) % 7 {
			set |= 1 << d
			if d == last {
				break
			}
		}
	}
	return set, nil
}

func parseDay(name string) (time.Weekday, bool) {
	name = strings.TrimSpace(name)
	for d, n := range dayNames {
		if n == name {
			return time.Weekday(d), true
		}
	}
	return 0, false
}

// Midnight is the end of a day, "24:00": the same instant as 00:00 of the next
// day.
const Midnight = TimeOfDay(24 * time.Hour)

// String is "06:00", or "06:00:30" where there are seconds. A value that is no
// time of day is written as its duration.
func (t TimeOfDay) String() string {
	if !t.valid() {
		return time.Duration(t).String()
	}
	s := int(time.Duration(t) / time.Second)
	if s%60 == 0 {
		return fmt.Sprintf("%02d:%02d", s/3600, s/60%60)
	}
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// valid tells whether t is a whole second from 00:00 to 24:00.
func (t TimeOfDay) valid() bool {
	return t >= 0 && t <= Midnight && time.Duration(t)%time.Second == 0
}

// MarshalText is String for a whole second from 00:00 to 24:00, and an error
// for any other value.
func (t TimeOfDay) MarshalText() ([]byte, error) {
	if !t.valid() {
		return nil, fmt.Errorf("%v: want %s", t, timeWant)
	}
	return []byte(t.String()), nil
}

// UnmarshalText takes "06:00" and "06:00:30", two digits each, from "00:00" to
// "24:00".
func (t *TimeOfDay) UnmarshalText(text []byte) error {
	v, ok := parseTimeOfDay(string(text))
	if !ok {
		return fmt.Errorf("%.20q: want %s", text, timeWant)
	}
	*t = v
	return nil
}

func parseTimeOfDay(text string) (TimeOfDay, bool) {
	if len(text) == len("06:00") {
		text += ":00"
	}
	if len(text) != len("06:00:00") || text[2] != ':' || text[5] != ':' {
		return 0, false
	}
	h, okh := twoDigits(text[0:2])
	m, okm := twoDigits(text[3:5])
	s, oks := twoDigits(text[6:8])
	v := TimeOfDay(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second)
	return v, okh && okm && oks && m < 60 && s < 60 && v <= Midnight
}

func twoDigits(s string) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}
