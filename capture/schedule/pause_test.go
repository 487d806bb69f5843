package schedule_test

import (
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

// At 03:00 CEST on 25 October 2026 Berlin's clock goes back to 02:00.
func TestAPauseOfInstantsIsExactWhereTheClockIsSetBack(t *testing.T) {
	plan := schedule.Plan{
		Sessions: []schedule.Session{session(t, "day", "daily", "00:00", "23:59:59", 10*time.Minute)},
		Shots:    []schedule.Shot{{Name: "in it", At: wallTime(t, "2026-10-25 02:55:00")}},
	}
	s := newPlan(t, "Europe/Berlin", plan)
	from, until := utc("2026-10-25T00:50:00Z").Add(time.Nanosecond), utc("2026-10-25T01:10:00Z")
	paused := s.WithPause("by hand", from, until)
	due(t, paused, schedule.Capture, "2026-10-25T00:40:00Z", "2026-10-25T01:20:00Z",
		"2026-10-25T00:40:00Z day", "2026-10-25T00:50:00Z day", "2026-10-25T01:10:00Z day")
	all := paused.Pauses()
	if want := (schedule.Period{Name: "by hand", From: utc("2026-10-25T00:50:01Z"), To: until}); len(all) != 1 || all[0] != want {
		t.Errorf("Pauses: got %v, want %v", all, want)
	}
	if got := s.Count(schedule.Capture, utc("2026-10-25T00:40:00Z"), utc("2026-10-25T01:20:00Z")); got != 5 || len(s.Pauses()) != 0 {
		t.Errorf("without it: got %d slots and the pauses %v, want 5 and none", got, s.Pauses())
	}
	if s.WithPause("none", until, from) != s || s.WithPause("none", time.Time{}, time.Unix(1<<50, 0)) != s {
		t.Error("want a pause without a length, or of no year, to change nothing")
	}
}
