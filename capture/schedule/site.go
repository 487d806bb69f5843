package schedule

import (
	"fmt"
	"strconv"

	"fieldcam/config/invalid"
)

// Site is where the camera stands. The zero Site is unknown: then no session can
// go by the sun.
type Site struct {
	// Latitude is north of the equator, -90 to 90. The poles are places, too: see
	// the package comment for a sun that does not rise or set.
	Latitude Degrees `toml:"latitude"`
	// Longitude is east of Greenwich, -180 to 180; both ends are the same place.
	Longitude Degrees `toml:"longitude"`
}

// Degrees is an angle that may be unknown. The zero Degrees is unknown, which is
// something else than 0°.
type Degrees struct {
	value float64
	known bool
}

// DegreesOf is the known angle v.
func DegreesOf(v float64) Degrees { return Degrees{value: v, known: true} }

// Value is the angle; false where it is unknown.
func (d Degrees) Value() (float64, bool) { return d.value, d.known }

const degreesWant = `degrees with a decimal point, such as "52.5163" or "-33.8568"`

// within tells whether d is an angle from -limit to limit. NaN is not.
func (d Degrees) within(limit float64) bool {
	return d.known && d.value >= -limit && d.value <= limit
}

// String is "52.5163", as short as it can be read back; empty where the angle is
// unknown.
func (d Degrees) String() string {
	if !d.known {
		return ""
	}
	return strconv.FormatFloat(d.value, 'f', -1, 64)
}

// Number says that a file may hold an angle without quotes, as a number.
func (Degrees) Number() {}

// MarshalText is String, or an error for what is no angle from -180 to 180.
func (d Degrees) MarshalText() ([]byte, error) {
	if d.known && !d.within(180) {
		return nil, fmt.Errorf("%v: want %s", d, degreesWant)
	}
	return []byte(d.String()), nil
}

// UnmarshalText takes a decimal number from -180 to 180; the empty text is the
// unknown angle.
func (d *Degrees) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Degrees{}
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	// -0 becomes 0, which is written without a sign.
	if got := DegreesOf(v + 0); err == nil && decimal(text) && got.within(180) {
		*d = got
		return nil
	}
	return fmt.Errorf("%.40q: want %s", text, degreesWant)
}

// decimal tells whether the text is written in digits: ParseFloat takes more.
func decimal(text []byte) bool {
	for i, c := range text {
		if (c < '0' || c > '9') && c != '.' && (i > 0 || c != '-' && c != '+') {
			return false
		}
	}
	return true
}

// Validate reports every value that cannot be used, as invalid.Values.
func (s Site) Validate() error {
	var l invalid.List
	check := func(key string, d Degrees, limit float64, want string) {
		switch {
		case d.known && !d.within(limit):
			l.Add(key, d, want)
		case !d.known && s != (Site{}):
			l.Add(key, "", want+": a site has both latitude and longitude, or neither")
		}
	}
	check("latitude", s.Latitude, 90, "degrees north, -90 to 90")
	check("longitude", s.Longitude, 180, "degrees east, -180 to 180")
	return l.Err()
}
