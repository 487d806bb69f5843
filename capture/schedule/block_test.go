package schedule_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestBlocksAreThoseThatBeginInTheTime(t *testing.T) {
	up := session(t, "up", "daily", "22:00", "01:00", 30*time.Minute)
	up.Kind, up.Photos, up.Megabytes, up.Minutes, up.Order = schedule.Upload, 5, 20, 10, schedule.OldestFirst
	s := newPlan(t, "Europe/Berlin", schedule.Plan{
		Sessions: []schedule.Session{session(t, "late", "daily", "12:00", "13:00", 10*time.Minute), session(t, "early", "daily", "06:00", "07:00", 30*time.Minute), up},
		Events:   []schedule.Event{event("pour", "2026-11-18", "2026-11-18", session(t, "all day", "daily", "00:00", "24:00", time.Hour))},
		Shots:    shots(t, "2026-11-17 06:00:00", "2026-11-17 12:40:00"),
		Pauses:   []schedule.Pause{pause(t, "crane", "2026-11-17 12:25:00", "2026-11-17 12:50:00")},
	})
	begin, next := s.Day(utc("2026-11-17T22:59:59Z"))
	if !begin.Equal(utc("2026-11-16T23:00:00Z")) || !next.Equal(utc("2026-11-17T23:00:00Z")) {
		t.Fatalf("the day is from %v to %v", begin, next)
	}
	want := []schedule.Block{
		{Kind: schedule.Capture, Session: "early", Begin: utc("2026-11-17T05:00:00Z"), End: utc("2026-11-17T06:00:00Z"), Every: 30 * time.Minute, Slots: 3},
		{Kind: schedule.Capture, Session: "a", Begin: utc("2026-11-17T05:00:00Z"), End: utc("2026-11-17T05:00:00Z"), Slots: 1},
		{Kind: schedule.Capture, Session: "late", Begin: utc("2026-11-17T11:00:00Z"), End: utc("2026-11-17T12:00:00Z"), Every: 10 * time.Minute, Slots: 5},
		{Kind: schedule.Capture, Session: "b", Begin: utc("2026-11-17T11:40:00Z"), End: utc("2026-11-17T11:40:00Z")},
	}
	if got := slices.Collect(s.Blocks(schedule.Capture, begin, next)); !slices.Equal(got, want) {
		t.Errorf("captures:\n got %+v\nwant %+v", got, want)
	}
	want = []schedule.Block{{
		Kind: schedule.Upload, Session: "up", Begin: utc("2026-11-17T21:00:00Z"), End: utc("2026-11-17T22:59:59.999999999Z"), Every: 30 * time.Minute,
		Slots: 4, Photos: 5, Bytes: 20_000_000, Time: 10 * time.Minute, Choice: schedule.Choice{Oldest: true},
	}}
	if got := slices.Collect(s.Blocks(schedule.Upload, begin, next)); !slices.Equal(got, want) {
		t.Errorf("uploads:\n got %+v\nwant %+v", got, want)
	}
	want = []schedule.Block{{
		Kind: schedule.Capture, Session: "all day", Event: "pour", Begin: utc("2026-11-17T23:00:00Z"), End: utc("2026-11-18T23:00:00Z"), Every: time.Hour, Slots: 25,
	}}
	begin, next = s.Day(next)
	if got := slices.Collect(s.Blocks(schedule.Capture, begin, next)); !slices.Equal(got, want) {
		t.Errorf("captures in the event:\n got %+v\nwant %+v", got, want)
	}
	for _, kind := range []schedule.Kind{schedule.CheckIn, 0, 99} {
		if got := slices.Collect(s.Blocks(kind, begin, next)); len(got) > 0 {
			t.Errorf("%v has the blocks %+v", kind, got)
		}
	}
	if got := slices.Collect(s.Blocks(schedule.Capture, next, begin)); len(got) > 0 {
		t.Errorf("a time that ends before it begins has the blocks %+v", got)
	}
}

func TestBlocksOfAYearComeInOrderAndOnce(t *testing.T) {
	s := newPlan(t, "America/Denver", schedule.Plan{Site: denver, Sessions: []schedule.Session{
		session(t, "night", "daily", "sunset", "sunrise", time.Hour), session(t, "day", "daily", "06:00", "06:00", time.Hour),
	}})
	n, last := 0, time.Time{}
	for b := range s.Blocks(schedule.Capture, utc("2026-01-01T07:00:00Z"), utc("2027-01-01T07:00:00Z")) {
		if !b.Begin.After(last) {
			t.Fatalf("a block at %v follows one at %v", b.Begin, last)
		}
		last = b.Begin
		n++
	}
	if n != 730 {
		t.Errorf("got %d blocks, want two a day", n)
	}
	for range s.Blocks(schedule.Capture, utc("2026-01-01T07:00:00Z"), utc("2027-01-01T07:00:00Z")) {
		break // a caller may stop
	}
}

func TestPlanTellsItsEventsAndPauses(t *testing.T) {
	one := session(t, "a", "daily", "06:00", "06:00", time.Hour)
	s := newPlan(t, "Europe/Berlin", schedule.Plan{
		Events: []schedule.Event{event("b", "2026-10-24", "2026-10-25", one), event("a", "2026-10-25", "2026-10-26", one)},
		Pauses: []schedule.Pause{pause(t, "p", "2026-10-24 12:00:00", "2026-10-24 13:00:00"), pause(t, "q", "2026-10-24 12:30:00", "2026-10-24 14:00:00")},
	})
	b := schedule.Period{Name: "b", From: utc("2026-10-23T22:00:00Z"), To: utc("2026-10-25T23:00:00Z")}
	a := schedule.Period{Name: "a", From: utc("2026-10-24T22:00:00Z"), To: utc("2026-10-26T23:00:00Z")}
	if got, want := s.Events(), []schedule.Period{b, a}; !slices.Equal(got, want) {
		t.Errorf("got the events %v, want %v", got, want)
	}
	p := schedule.Period{Name: "p", From: utc("2026-10-24T10:00:00Z"), To: utc("2026-10-24T11:00:00Z")}
	q := schedule.Period{Name: "q", From: utc("2026-10-24T10:30:00Z"), To: utc("2026-10-24T12:00:00Z")}
	for _, c := range []struct {
		at           string
		event, pause schedule.Period
	}{
		{at: "2026-10-23T21:59:59.999Z"},
		{at: "2026-10-23T22:00:00Z", event: b},
		{at: "2026-10-24T10:00:00Z", event: b, pause: p},
		{at: "2026-10-24T10:45:00Z", event: b, pause: p},
		{at: "2026-10-24T11:00:00Z", event: b, pause: q},
		{at: "2026-10-25T22:59:59Z", event: b},
		{at: "2026-10-25T23:00:00Z", event: a},
		{at: "2026-10-26T23:00:00Z"},
	} {
		if got, ok := s.Event(utc(c.at)); got != c.event || ok != (c.event.Name != "") {
			t.Errorf("at %s: got the event %v, %v, want %v", c.at, got, ok, c.event)
		}
		if got, ok := s.Pause(utc(c.at)); got != c.pause || ok != (c.pause.Name != "") {
			t.Errorf("at %s: got the pause %v, %v, want %v", c.at, got, ok, c.pause)
		}
	}
	s.Events()[0].Name = "changed"
	if got := s.Events()[0].Name; got != "b" {
		t.Errorf("a caller has changed the schedule's event to %q", got)
	}
}
