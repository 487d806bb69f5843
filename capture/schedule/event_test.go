package schedule_test

import (
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestEventReplacesTheWeekOnItsDays(t *testing.T) {
	for _, c := range []struct {
		name, zone  string
		first, last string
		from, to    string
		want        []string
	}{
		{"one day", "UTC", "2026-11-17", "2026-11-17", "2026-11-16T00:00:00Z", "2026-11-19T00:00:00Z",
			[]string{"2026-11-16T12:00:00Z week", "2026-11-17T09:00:00Z pour/event", "2026-11-18T12:00:00Z week"}},
		{"some days", "UTC", "2026-11-17", "2026-11-18", "2026-11-16T00:00:00Z", "2026-11-20T00:00:00Z",
			[]string{"2026-11-16T12:00:00Z week", "2026-11-17T09:00:00Z pour/event", "2026-11-18T09:00:00Z pour/event", "2026-11-19T12:00:00Z week"}},
		{"29 February", "UTC", "2028-02-29", "2028-02-29", "2028-02-28T00:00:00Z", "2028-03-02T00:00:00Z",
			[]string{"2028-02-28T12:00:00Z week", "2028-02-29T09:00:00Z pour/event", "2028-03-01T12:00:00Z week"}},
		{"the day of 23 hours", "Europe/Berlin", "2026-03-29", "2026-03-29", "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z",
			[]string{"2026-03-28T11:00:00Z week", "2026-03-29T07:00:00Z pour/event", "2026-03-30T10:00:00Z week"}},
		{"the site's days", "Pacific/Kiritimati", "2026-11-17", "2026-11-17", "2026-11-15T10:00:00Z", "2026-11-18T10:00:00Z",
			[]string{"2026-11-15T22:00:00Z week", "2026-11-16T19:00:00Z pour/event", "2026-11-17T22:00:00Z week"}},
		// Apia had no 30 December 2011.
		{"a day that the calendar skips", "Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z",
			[]string{"2011-12-29T22:00:00Z week", "2011-12-30T22:00:00Z week"}},
		{"days around it", "Pacific/Apia", "2011-12-29", "2011-12-31", "2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z",
			[]string{"2011-12-29T19:00:00Z pour/event", "2011-12-30T19:00:00Z pour/event", "2011-12-31T22:00:00Z week"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newPlan(t, c.zone, schedule.Plan{
				Sessions: []schedule.Session{session(t, "week", "daily", "12:00", "12:00", time.Hour)},
				Events:   []schedule.Event{event("event", c.first, c.last, session(t, "pour", "daily", "09:00", "09:00", time.Hour))},
			})
			due(t, s, schedule.Capture, c.from, c.to, c.want...)
		})
	}
}

func TestEventReplacesEveryKind(t *testing.T) {
	checkIn := session(t, "alive", "daily", "12:00", "12:00", time.Hour)
	checkIn.Kind = schedule.CheckIn
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{checkIn, upload(t, "up", nil)},
		Events:   []schedule.Event{event("event", "2026-11-17", "2026-11-17", session(t, "pour", "daily", "09:00", "09:00", time.Hour))},
	})
	due(t, s, schedule.CheckIn, "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z")
	due(t, s, schedule.Upload, "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z")
	due(t, s, schedule.Upload, "2026-11-17T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-18T12:00:00Z up")
}

func TestWeeklyBlockIsCutOffWhereAnEventBegins(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "night", "daily", "22:00", "02:00", time.Hour)},
		Events:   []schedule.Event{event("event", "2026-11-17", "2026-11-17", session(t, "pour", "daily", "09:00", "09:00", time.Hour))},
	})
	due(t, s, schedule.Capture, "2026-11-16T12:00:00Z", "2026-11-19T00:00:00Z",
		"2026-11-16T22:00:00Z night", "2026-11-16T23:00:00Z night", "2026-11-17T09:00:00Z pour/event",
		"2026-11-18T22:00:00Z night", "2026-11-18T23:00:00Z night")
	slot, _ := s.Next(schedule.Capture, utc("2026-11-16T22:00:00Z"))
	if want := utc("2026-11-16T23:59:59.999999999Z"); !slot.Ends.Equal(want) {
		t.Errorf("the cut block ends at %v, want %v", slot.Ends, want)
	}
	if got, ok := s.Active(schedule.Capture, utc("2026-11-17T00:00:00Z")); ok {
		t.Errorf("the weekly block is active in the event: %+v", got)
	}
	if _, ok := s.Active(schedule.Capture, utc("2026-11-16T23:59:59.999999999Z")); !ok {
		t.Error("the weekly block is not active just before the event")
	}
}

func TestTheLastFractionOfASecondBeforeAnEventCounts(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "night", "daily", "23:59:50", "02:00", 9500*time.Millisecond)},
		Events:   []schedule.Event{event("event", "2026-11-17", "2026-11-17", session(t, "pour", "daily", "09:00", "09:00", time.Hour))},
	})
	due(t, s, schedule.Capture, "2026-11-16T12:00:00Z", "2026-11-17T08:00:00Z",
		"2026-11-16T23:59:50Z night", "2026-11-16T23:59:59.5Z night")
}

func TestEventsBlockRunsOnAfterItsLastDay(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "week", "daily", "00:00", "03:00", time.Hour)},
		Events:   []schedule.Event{event("event", "2026-11-17", "2026-11-17", session(t, "night", "daily", "23:00", "01:30", time.Hour))},
	})
	due(t, s, schedule.Capture, "2026-11-17T12:00:00Z", "2026-11-18T12:00:00Z",
		"2026-11-17T23:00:00Z night/event", "2026-11-18T00:00:00Z week", "2026-11-18T01:00:00Z week",
		"2026-11-18T02:00:00Z week", "2026-11-18T03:00:00Z week")
}

func TestOverlappingEventsTakeTheUnion(t *testing.T) {
	a := session(t, "a", "daily", "09:00", "11:00", time.Hour)
	b := session(t, "a", "daily", "10:00", "10:30", 30*time.Minute)
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "week", "daily", "12:00", "12:00", time.Hour)},
		Events:   []schedule.Event{event("A", "2026-11-16", "2026-11-17", a), event("B", "2026-11-17", "2026-11-18", b)},
	})
	due(t, s, schedule.Capture, "2026-11-16T12:00:00Z", "2026-11-20T00:00:00Z",
		"2026-11-17T09:00:00Z a/A", "2026-11-17T10:00:00Z a/A", "2026-11-17T10:30:00Z a/B", "2026-11-17T11:00:00Z a/A",
		"2026-11-18T10:00:00Z a/B", "2026-11-18T10:30:00Z a/B", "2026-11-19T12:00:00Z week")
}

func TestSlotsBeyondAnEventOfYearsAreFound(t *testing.T) {
	s := newPlan(t, "Europe/Berlin", schedule.Plan{
		Sessions: []schedule.Session{session(t, "week", "mon", "12:00", "12:00", time.Hour)},
		Events:   []schedule.Event{event("event", "2026-01-01", "2036-12-31", upload(t, "up", nil))},
	})
	due(t, s, schedule.Capture, "2025-12-29T00:00:00Z", "2037-01-12T00:00:00Z",
		"2025-12-29T11:00:00Z week", "2037-01-05T11:00:00Z week")
	if got, ok := s.Last(schedule.Capture, utc("2037-01-05T11:00:00Z")); !ok || !got.At.Equal(utc("2025-12-29T11:00:00Z")) {
		t.Errorf("Last over the event = %+v, %v; want the slot before it", got, ok)
	}
}

func TestAPlanOfEventsAloneEnds(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Events: []schedule.Event{event("event", "2100-01-01", "2100-01-02", session(t, "a", "daily", "12:00", "12:00", time.Hour))},
	})
	due(t, s, schedule.Capture, "2026-01-01T00:00:00Z", "2150-01-01T00:00:00Z", "2100-01-01T12:00:00Z a/event", "2100-01-02T12:00:00Z a/event")
	if got, ok := s.Next(schedule.Capture, utc("2100-01-02T12:00:00Z")); ok {
		t.Errorf("Next after the only event = %+v, want none", got)
	}
	if got, ok := s.Last(schedule.Capture, utc("2100-01-01T12:00:00Z")); ok {
		t.Errorf("Last before the only event = %+v, want none", got)
	}
}

// A search looks at some days at a time. What it finds must not depend on where
// they begin.
func TestDistanceDoesNotChangeWhatIsDue(t *testing.T) {
	late := session(t, "late", "tue", "sunset+10h", "sunset+10h", time.Hour) // on Wednesday at 2
	early := session(t, "early", "wed", "00:30", "00:30", time.Hour)
	s := newPlan(t, "Europe/Berlin", schedule.Plan{
		Site:     berlin,
		Sessions: []schedule.Session{session(t, "week", "mon", "22:00", "02:00", time.Hour)},
		Events: []schedule.Event{
			event("before", "2026-10-01", "2026-11-15", upload(t, "up", nil)),
			event("event", "2026-11-17", "2026-11-18", late, early),
			event("after", "2026-11-19", "2026-12-31", upload(t, "up", nil)),
		},
	})
	for days := range 30 {
		from := utc("2026-11-16T12:00:00Z").AddDate(0, 0, -days)
		first, _ := s.Next(schedule.Capture, from)
		if want := utc("2026-11-16T22:59:59.999999999Z"); first.Session != "week" || !first.Ends.Equal(want) {
			t.Errorf("%d days before: got %+v, want the week's block, cut at %v", days, first, want)
		}
		to := utc("2026-11-19T12:00:00Z").AddDate(0, 0, days)
		last, _ := s.Last(schedule.Capture, to)
		if last.Session != "late" {
			t.Errorf("%d days after: got %+v, want the late session", days, last)
		}
	}
	alone := newPlan(t, "Europe/Berlin", schedule.Plan{Site: berlin, Events: []schedule.Event{event("event", "2026-11-17", "2026-11-18", late, early)}})
	for days := range 30 {
		from := utc("2026-11-16T12:00:00Z").AddDate(0, 0, -days)
		if next, _ := alone.Next(schedule.Capture, from); next.Session != "early" {
			t.Errorf("%d days before: got %+v, want the early session", days, next)
		}
	}
}
