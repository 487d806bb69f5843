package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Sun is an event of the sun, or none.
type Sun uint8

// What a Moment can be counted from. The zero Sun is the clock.
const (
	Sunrise Sun = iota + 1
	Sunset
)

// sunNames are what the text of a Moment begins with.
var sunNames = [...]string{Sunrise: "sunrise", Sunset: "sunset"}

// Moment is an end of a block: a local wall time, or sunrise or sunset with an
// offset. The zero Moment is 00:00.
type Moment struct {
	Sun Sun
	// Offset is the time of day where Sun is zero (see TimeOfDay), else the time
	// from sunrise or sunset: whole seconds, -12h to 12h.
	Offset time.Duration
}

// maxOffset is how far from the sun's event a Moment can lie. Half a day reaches
// every time of the day.
const maxOffset = 12 * time.Hour

// At is the Moment at which the clock shows t.
func At(t TimeOfDay) Moment { return Moment{Offset: time.Duration(t)} }

// momentWant is what UnmarshalText accepts, as a phrase that follows "want".
const momentWant = timeWant + `, or as "sunrise", "sunset-30m" or "sunrise+1h15m"`

// valid tells whether m has a text.
func (m Moment) valid() bool {
	switch m.Sun {
	case 0:
		return TimeOfDay(m.Offset).valid()
	case Sunrise, Sunset:
		return m.Offset >= -maxOffset && m.Offset <= maxOffset && m.Offset%time.Second == 0
	}
	return false
}

// String is "06:00", "sunrise", "sunset-30m", "sunrise+1h15m". A value that is no
// Moment is written so that people can see why.
func (m Moment) String() string {
	switch {
	case m.Sun == 0:
		return TimeOfDay(m.Offset).String()
	case int(m.Sun) >= len(sunNames):
		return fmt.Sprintf("sun(%d)%v", uint8(m.Sun), m.Offset)
	case m.Offset == 0:
		return sunNames[m.Sun]
	case m.Offset > 0:
		return sunNames[m.Sun] + "+" + shortDuration(m.Offset)
	}
	return sunNames[m.Sun] + shortDuration(m.Offset)
}

// shortDuration is String of d without the units that are zero at its end.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}

// MarshalText is String for a valid Moment, and an error for any other value.
func (m Moment) MarshalText() ([]byte, error) {
	if !m.valid() {
		return nil, fmt.Errorf("%v: want %s", m, momentWant)
	}
	return []byte(m.String()), nil
}

// UnmarshalText takes a TimeOfDay's text, and "sunrise" and "sunset" in small
// letters, alone or with a sign and a duration after it, without spaces.
func (m *Moment) UnmarshalText(text []byte) error {
	v, ok := parseMoment(string(text))
	if !ok {
		return fmt.Errorf("%.40q: want %s", text, momentWant)
	}
	*m = v
	return nil
}

func parseMoment(text string) (Moment, bool) {
	for sun := Sunrise; int(sun) < len(sunNames); sun++ {
		offset, found := strings.CutPrefix(text, sunNames[sun])
		switch {
		case !found:
			continue
		case offset == "":
			return Moment{Sun: sun}, true
		case offset[0] != '+' && offset[0] != '-':
			return Moment{}, false
		}
		d, err := time.ParseDuration(offset)
		m := Moment{Sun: sun, Offset: d}
		return m, err == nil && m.valid()
	}
	t, ok := parseTimeOfDay(text)
	return At(t), ok
}

// crosses tells whether a block from one Moment until the other ends on the day
// after the one to which it belongs.
func crosses(from, until Moment) bool {
	switch {
	case from.Sun == until.Sun:
		return until.Offset < from.Offset
	case until == At(0):
		return true // the midnight after
	}
	// Sunrise belongs to the morning and sunset to the afternoon, whatever their
	// offset; noon as a beginning to the afternoon and as an end to the morning.
	const noon = 12 * time.Hour
	late := from.Sun == Sunset || from.Sun == 0 && from.Offset >= noon
	early := until.Sun == Sunrise || until.Sun == 0 && until.Offset <= noon
	return late && early
}
