package schedule_test

import (
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestNightIsWhileTheSunIsDown(t *testing.T) {
	for _, c := range []struct {
		name string
		at   schedule.Site
		when string
		want bool
	}{
		{"Berlin at noon", berlin, "2026-12-21T11:00:00Z", false},
		{"Berlin, before sunrise", berlin, "2026-12-21T07:00:00Z", true},
		{"Berlin, after sunrise", berlin, "2026-12-21T07:40:00Z", false},
		{"Berlin, before sunset", berlin, "2026-12-21T14:35:00Z", false},
		{"Berlin, after sunset", berlin, "2026-12-21T15:10:00Z", true},
		{"Denver, of the UTC day before", denver, "2026-03-21T00:50:00Z", false},
		{"Denver, in the evening", denver, "2026-03-21T01:30:00Z", true},
		{"Tromsø at noon in the polar night", tromso, "2026-12-21T11:00:00Z", true},
		{"Tromsø at midnight in June", tromso, "2026-06-21T23:00:00Z", false},
		{"Kiritimati in the morning", place(1.87, -157.4), "2026-03-19T17:00:00Z", false},
	} {
		if got, known := newPlan(t, "UTC", schedule.Plan{Site: c.at}).Night(utc(c.when)); got != c.want || !known {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, known, c.want)
		}
	}
	if _, known := newPlan(t, "UTC", schedule.Plan{}).Night(utc("2026-06-21T10:00:00Z")); known {
		t.Error("there is a night at no site")
	}
}

// TestNightAndSunAgree all over the year, but for the minutes of refraction and of the
// sun's own size.
func TestNightAndSunAgree(t *testing.T) {
	s := newPlan(t, "Europe/Berlin", schedule.Plan{Site: berlin})
	for at := utc("2026-01-01T11:00:00Z"); at.Before(utc("2027-01-01T00:00:00Z")); at = at.Add(24 * time.Hour) {
		rise, set, _ := s.Sun(at)
		for _, when := range []struct {
			at   time.Time
			want bool
		}{{rise.Add(-time.Minute), true}, {rise.Add(12 * time.Minute), false}, {set.Add(-12 * time.Minute), false}, {set.Add(time.Minute), true}} {
			if got, _ := s.Night(when.at); got != when.want {
				t.Errorf("%v: got %v, want %v; the sun rises at %v and sets at %v", when.at, got, when.want, rise, set)
			}
		}
	}
}
