package schedule_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

// shots is the plan's shots at these times of the site.
func shots(tb testing.TB, at ...string) (all []schedule.Shot) {
	tb.Helper()
	for i, text := range at {
		all = append(all, schedule.Shot{Name: string(rune('a' + i)), At: wallTime(tb, text)})
	}
	return all
}

// pause is one from its texts.
func pause(tb testing.TB, name, from, until string) schedule.Pause {
	tb.Helper()
	return schedule.Pause{Name: name, From: wallTime(tb, from), Until: wallTime(tb, until)}
}

func TestShotIsTakenWhenTheSitesClockShowsIt(t *testing.T) {
	for _, c := range []struct{ name, zone, at, want string }{
		{"in summer", "Europe/Berlin", "2026-06-01 12:00:00", "2026-06-01T10:00:00Z a"},
		{"29 February", "Asia/Kathmandu", "2028-02-29 12:00:30", "2028-02-29T06:15:30Z a"},
		{"a skipped hour: the first instant after", "Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T01:00:00Z a"},
		{"an hour that comes twice: the first", "Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z a"},
		{"a skipped midnight", "America/Sao_Paulo", "2018-11-04 00:00:00", "2018-11-04T03:00:00Z a"},
		{"a skipped day: the first instant after", "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T10:00:00Z a"},
		{"the last second", "UTC", "2199-12-31 23:59:59", "2199-12-31T23:59:59Z a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newPlan(t, c.zone, schedule.Plan{Shots: shots(t, c.at)})
			due(t, s, schedule.Capture, "2001-01-01T00:00:00Z", "2300-01-01T00:00:00Z", c.want)
			due(t, s, schedule.Upload, "2001-01-01T00:00:00Z", "2300-01-01T00:00:00Z")
			slot, _ := s.Last(schedule.Capture, utc("2300-01-01T00:00:00Z"))
			if active, ok := s.Active(schedule.Capture, slot.At); !ok || active != slot || !slot.Ends.Equal(slot.At) {
				t.Errorf("Active = %+v, %v; want %+v, which ends at once", active, ok, slot)
			}
		})
	}
}

func TestShotsDoNotCareForEventsAndComeOnce(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "week", "daily", "12:00", "13:00", time.Hour)},
		Events:   []schedule.Event{event("event", "2026-11-17", "2026-11-17", session(t, "pour", "daily", "09:00", "10:00", time.Hour))},
		Shots:    shots(t, "2026-11-17 11:00:00", "2026-11-17 10:00:00", "2026-11-17 11:00:00", "2026-11-18 12:00:00", "2026-11-17 08:00:00"),
	})
	due(t, s, schedule.Capture, "2026-11-17T00:00:00Z", "2026-11-19T00:00:00Z",
		"2026-11-17T08:00:00Z e", "2026-11-17T09:00:00Z pour/event", "2026-11-17T10:00:00Z pour/event", "2026-11-17T11:00:00Z a",
		"2026-11-18T12:00:00Z week", "2026-11-18T13:00:00Z week")
	if slot, _ := s.Next(schedule.Capture, utc("2026-11-18T11:00:00Z")); !slot.Ends.Equal(utc("2026-11-18T13:00:00Z")) {
		t.Errorf("a slot that a shot shares ends at %v, want the session's end", slot.Ends)
	}
}

func TestPauseStopsAllButCheckIns(t *testing.T) {
	checkIn := session(t, "alive", "daily", "09:00", "13:00", time.Hour)
	checkIn.Kind = schedule.CheckIn
	up := session(t, "up", "daily", "09:30", "13:00", time.Hour)
	up.Kind = schedule.Upload
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "yard", "daily", "09:00", "13:00", time.Hour), up, checkIn},
		Shots:    shots(t, "2026-11-17 10:00:00", "2026-11-17 11:59:59", "2026-11-17 12:00:01"),
		Pauses:   []schedule.Pause{pause(t, "crane", "2026-11-17 10:00:00", "2026-11-17 12:00:00")},
	})
	from, to := "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z"
	// From is in the pause and Until is not; the block goes on as if it had not been.
	due(t, s, schedule.Capture, from, to, "2026-11-17T09:00:00Z yard", "2026-11-17T12:00:00Z yard", "2026-11-17T12:00:01Z c", "2026-11-17T13:00:00Z yard")
	due(t, s, schedule.Upload, from, to, "2026-11-17T09:30:00Z up", "2026-11-17T12:30:00Z up")
	due(t, s, schedule.CheckIn, from, to, "2026-11-17T09:00:00Z alive", "2026-11-17T10:00:00Z alive",
		"2026-11-17T11:00:00Z alive", "2026-11-17T12:00:00Z alive", "2026-11-17T13:00:00Z alive")
	before, _ := s.Next(schedule.Upload, utc(from))
	if want := utc("2026-11-17T09:59:59.999999999Z"); !before.Ends.Equal(want) {
		t.Errorf("an upload before the pause ends at %v, want %v", before.Ends, want)
	}
	for _, c := range []struct{ at, slot string }{
		{"2026-11-17T09:59:59.999999999Z", "2026-11-17T09:30:00Z"},
		{"2026-11-17T10:00:00Z", ""},
		{"2026-11-17T11:59:59Z", ""},
		{"2026-11-17T12:00:00Z", ""}, // the session goes on with its next slot
		{"2026-11-17T12:29:59Z", ""},
		{"2026-11-17T12:30:00Z", "2026-11-17T12:30:00Z"},
	} {
		got, ok := s.Active(schedule.Upload, utc(c.at))
		if ok != (c.slot != "") || ok && !got.At.Equal(utc(c.slot)) {
			t.Errorf("Active(%s) = %+v, %v; want the slot %q", c.at, got, ok, c.slot)
		}
	}
	if got, _ := s.Active(schedule.CheckIn, utc("2026-11-17T11:10:00Z")); !got.At.Equal(utc("2026-11-17T11:00:00Z")) {
		t.Errorf("the check-in in the pause: %+v, want that of 11:00", got)
	}
}

func TestABlockEndsBeforeThePauseThatBeginsAtItsEnd(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "yard", "daily", "09:00", "10:00", time.Hour)},
		Pauses:   []schedule.Pause{pause(t, "crane", "2026-11-17 10:00:00", "2026-11-17 12:00:00")},
	})
	slot, _ := s.Next(schedule.Capture, utc("2026-11-17T00:00:00Z"))
	if want := utc("2026-11-17T09:59:59.999999999Z"); !slot.Ends.Equal(want) {
		t.Errorf("the block ends at %v, want %v", slot.Ends, want)
	}
}

func TestPausesMayOverlapAndTouch(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "yard", "daily", "00:00", "24:00", 6*time.Hour)},
		Pauses: []schedule.Pause{
			pause(t, "c", "2026-11-18 12:00:00", "2026-11-19 06:00:01"),
			pause(t, "a", "2026-11-17 03:00:00", "2026-11-17 13:00:00"),
			pause(t, "b", "2026-11-17 06:00:00", "2026-11-18 12:00:00"),
			pause(t, "inside", "2026-11-17 07:00:00", "2026-11-17 08:00:00"),
		},
	})
	due(t, s, schedule.Capture, "2026-11-17T00:00:00Z", "2026-11-19T13:00:00Z", "2026-11-17T00:00:00Z yard", "2026-11-19T12:00:00Z yard")
	if got, ok := s.Last(schedule.Capture, utc("2026-11-19T12:00:00Z")); !ok || !got.At.Equal(utc("2026-11-17T00:00:00Z")) {
		t.Errorf("Last before the pauses = %+v, %v", got, ok)
	}
}

func TestPauseAtAChangeOfTheClockIsTheLongerOne(t *testing.T) {
	s := newPlan(t, "Europe/Berlin", schedule.Plan{Pauses: []schedule.Pause{
		pause(t, "doubled", "2026-10-25 02:15:00", "2026-10-25 02:30:00"),
		pause(t, "skipped", "2026-03-29 02:15:00", "2026-03-29 02:30:00"),
		pause(t, "over", "2026-03-29 01:00:00", "2026-03-29 04:00:00"),
	}})
	want := []schedule.Period{
		{Name: "doubled", From: utc("2026-10-25T00:15:00Z"), To: utc("2026-10-25T01:30:00Z")},
		{Name: "skipped", From: utc("2026-03-29T01:00:00Z"), To: utc("2026-03-29T01:00:00Z")},
		{Name: "over", From: utc("2026-03-29T00:00:00Z"), To: utc("2026-03-29T02:00:00Z")},
	}
	if got := s.Pauses(); !slices.Equal(got, want) {
		t.Errorf("got the pauses %v, want %v", got, want)
	}
}

func TestAPauseOfYearsHasAnEnd(t *testing.T) {
	s := newPlan(t, "UTC", schedule.Plan{
		Sessions: []schedule.Session{session(t, "yard", "daily", "12:00", "12:00", time.Hour)},
		Pauses:   []schedule.Pause{pause(t, "winter", "2026-01-01 00:00:00", "2036-01-01 00:00:00")},
	})
	due(t, s, schedule.Capture, "2025-12-31T00:00:00Z", "2036-01-02T00:00:00Z", "2025-12-31T12:00:00Z yard", "2036-01-01T12:00:00Z yard")
}

func TestSiteThatMovesToAnotherZoneKeepsItsWallTimes(t *testing.T) {
	p := schedule.Plan{
		Sessions: []schedule.Session{session(t, "clock", "daily", "12:00", "12:00", time.Hour)},
		Shots:    shots(t, "2026-11-17 08:00:00"),
		Pauses:   []schedule.Pause{pause(t, "a", "2026-11-17 09:00:00", "2026-11-17 10:00:00")},
		Events:   []schedule.Event{event("e", "2026-11-18", "2026-11-18", session(t, "a", "daily", "06:00", "06:00", time.Hour))},
	}
	due(t, newPlan(t, "Europe/Berlin", p), schedule.Capture, "2026-11-17T00:00:00Z", "2026-11-18T23:00:00Z",
		"2026-11-17T07:00:00Z a", "2026-11-17T11:00:00Z clock", "2026-11-18T05:00:00Z a/e")
	due(t, newPlan(t, "Europe/Moscow", p), schedule.Capture, "2026-11-16T21:00:00Z", "2026-11-18T21:00:00Z",
		"2026-11-17T05:00:00Z a", "2026-11-17T09:00:00Z clock", "2026-11-18T03:00:00Z a/e")
}

// Monrovia was 44 minutes and 30 seconds behind UTC until 1972; no plan is as
// old, but a clock can be.
func TestZonesWithOddOffsets(t *testing.T) {
	s := newSchedule(t, "Africa/Monrovia", session(t, "a", "daily", "12:00", "12:00", time.Hour))
	due(t, s, schedule.Capture, "1972-01-06T00:00:00Z", "1972-01-09T00:00:00Z",
		"1972-01-06T12:44:30Z a", "1972-01-07T12:00:00Z a", "1972-01-08T12:00:00Z a")
	s = newSchedule(t, "Australia/Eucla", session(t, "a", "daily", "12:00", "12:00", time.Hour))
	due(t, s, schedule.Capture, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z", "2026-01-06T03:15:00Z a")
}
