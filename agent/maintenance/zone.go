package maintenance

import (
	"fmt"
	"time"
)

// startForms are how a local time may be written.
func startForms() []string { return []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} }

// parseLocal reads a time on a wall clock, as if it were UTC.
func parseLocal(s string) (time.Time, error) {
	for _, form := range startForms() {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no date and time", s)
}

// loadZone is time.LoadLocation without the name that means whatever this machine
// is set to. The empty name is UTC.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("load time zone %q: not an IANA name", name)
	}
	return time.LoadLocation(name)
}

// instant is when the clock of zone shows wall, which is written as if it were UTC:
// the first time where it shows it twice; where it skips it, as long after the gap
// as wall lies in it (RFC 5545, section 3.3.5).
func instant(wall time.Time, zone *time.Location) time.Time {
	before := wall.Add(-offset(wall.AddDate(0, 0, -1), zone))
	after := wall.Add(-offset(wall.AddDate(0, 0, 1), zone))
	if !shows(before, wall, zone) && shows(after, wall, zone) {
		return after
	}
	return before
}

// offset is how far the clock of zone is ahead of UTC at t.
func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// shows tells whether the clock of zone shows wall at t.
func shows(t, wall time.Time, zone *time.Location) bool {
	return t.Add(offset(t, zone)).Equal(wall)
}
