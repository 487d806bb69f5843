package schedule_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestBlocksFollowTheClockFace(t *testing.T) {
	for _, c := range []struct {
		name, zone        string
		days, from, until string
		every             time.Duration
		begin, end        string // of the question, UTC
		want              []string
	}{
		{"both ends are inclusive", "UTC", "mon", "06:00", "07:00", 30 * time.Minute,
			"2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z",
			[]string{"2026-11-16T06:00:00Z", "2026-11-16T06:30:00Z", "2026-11-16T07:00:00Z"}},
		{"the last slot is the last that fits", "UTC", "mon", "06:00", "06:59:59", 30 * time.Minute,
			"2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z",
			[]string{"2026-11-16T06:00:00Z", "2026-11-16T06:30:00Z"}},
		{"equal ends are one instant", "UTC", "mon", "06:00", "06:00", 5 * time.Second,
			"2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z",
			[]string{"2026-11-16T06:00:00Z"}},
		{"a block crosses midnight from its own days only", "UTC", "fri", "23:00", "01:00", time.Hour,
			"2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z",
			[]string{"2026-11-20T23:00:00Z", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00Z"}},
		{"24:00 is the next midnight, once", "UTC", "daily", "00:00", "24:00", 12 * time.Hour,
			"2026-11-16T00:00:00Z", "2026-11-17T12:00:00Z",
			[]string{"2026-11-16T00:00:00Z", "2026-11-16T12:00:00Z", "2026-11-17T00:00:00Z"}},
		{"fractions of a second do not drift", "UTC", "mon", "06:00", "06:00:20", 6666666667 * time.Nanosecond,
			"2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z",
			[]string{"2026-11-16T06:00:00Z", "2026-11-16T06:00:06.666666667Z", "2026-11-16T06:00:13.333333334Z"}},
		{"29 February is a day", "UTC", "thu", "12:00", "12:00", time.Hour,
			"2024-02-26T00:00:00Z", "2024-03-05T00:00:00Z",
			[]string{"2024-02-29T12:00:00Z"}},
		{"the last day of a leap year is one", "Europe/Berlin", "daily", "12:00", "12:00", time.Hour,
			"2040-12-30T00:00:00Z", "2041-01-02T00:00:00Z",
			[]string{"2040-12-30T11:00:00Z", "2040-12-31T11:00:00Z", "2041-01-01T11:00:00Z"}},

		// Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
		{"slots stay evenly spaced over a gap", "Europe/Berlin", "sun", "01:00", "04:00", time.Hour,
			"2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z",
			[]string{"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
		{"From in a gap is the end of the gap", "Europe/Berlin", "sun", "02:30", "03:20", 20 * time.Minute,
			"2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z"}},
		{"Until in a gap is the end of the gap", "Europe/Berlin", "sun", "01:30", "02:30", 15 * time.Minute,
			"2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z",
			[]string{"2026-03-29T00:30:00Z", "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z"}},
		{"a block inside a gap is one instant", "Europe/Berlin", "sun", "02:15", "02:45", 15 * time.Minute,
			"2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z",
			[]string{"2026-03-29T01:00:00Z"}},
		// Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
		{"a doubled hour counts from its first time to its last", "Europe/Berlin", "sun", "02:00", "02:30", 30 * time.Minute,
			"2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"}},
		{"one instant in a doubled hour is the first", "Europe/Berlin", "sun", "02:30", "02:30", 30 * time.Minute,
			"2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z",
			[]string{"2026-10-25T00:30:00Z"}},
		// Denver, 8 March 2026: 02:00 becomes 03:00 at 09:00 UTC.
		{"Denver's window across midnight into the gap", "America/Denver", "sat", "22:00", "02:00", 2 * time.Hour,
			"2026-03-07T00:00:00Z", "2026-03-09T00:00:00Z",
			[]string{"2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T09:00:00Z"}},
		// Lord Howe, 5 April 2026: 02:00 becomes 01:30 at 15:00 UTC of the 4th.
		{"Lord Howe doubles half an hour", "Australia/Lord_Howe", "sun", "01:00", "02:00", 30 * time.Minute,
			"2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z",
			[]string{"2026-04-04T14:00:00Z", "2026-04-04T14:30:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"}},
		// Lord Howe, 4 October 2026: 02:00 becomes 02:30 at 15:30 UTC of the 3rd.
		{"Lord Howe skips half an hour", "Australia/Lord_Howe", "sun", "02:15", "03:00", 30 * time.Minute,
			"2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z",
			[]string{"2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"}},
		// São Paulo, 4 November 2018: 00:00 becomes 01:00 at 03:00 UTC.
		{"midnight itself is skipped", "America/Sao_Paulo", "sun", "00:00", "02:00", 30 * time.Minute,
			"2018-11-04T00:00:00Z", "2018-11-05T00:00:00Z",
			[]string{"2018-11-04T03:00:00Z", "2018-11-04T03:30:00Z", "2018-11-04T04:00:00Z"}},
		// São Paulo, 18 February 2018: 00:00 becomes 23:00 of the 17th at 02:00 UTC.
		{"the doubled last hour belongs to its day", "America/Sao_Paulo", "sat", "22:30", "23:59:59", 30 * time.Minute,
			"2018-02-17T00:00:00Z", "2018-02-19T00:00:00Z",
			[]string{"2018-02-18T00:30:00Z", "2018-02-18T01:00:00Z", "2018-02-18T01:30:00Z", "2018-02-18T02:00:00Z", "2018-02-18T02:30:00Z"}},
		// Beirut, 27 March 2022 and Cairo, 28 April 2023: 00:00 becomes 01:00 at 22:00 UTC.
		{"a block over Beirut's midnight gap", "Asia/Beirut", "sat", "23:00", "01:30", 30 * time.Minute,
			"2022-03-26T00:00:00Z", "2022-03-28T00:00:00Z",
			[]string{"2022-03-26T21:00:00Z", "2022-03-26T21:30:00Z", "2022-03-26T22:00:00Z", "2022-03-26T22:30:00Z"}},
		{"24:00 where Cairo skips it", "Africa/Cairo", "thu", "23:00", "24:00", 30 * time.Minute,
			"2023-04-27T00:00:00Z", "2023-04-29T00:00:00Z",
			[]string{"2023-04-27T21:00:00Z", "2023-04-27T21:30:00Z", "2023-04-27T22:00:00Z"}},
		// Apia had no 30 December 2011: midnight of the 29th, at 10:00 UTC of
		// the 30th, is the beginning of the 31st.
		{"a skipped day has no block", "Pacific/Apia", "fri", "12:00", "12:00", time.Hour,
			"2011-12-29T00:00:00Z", "2012-01-07T00:00:00Z",
			[]string{"2012-01-05T22:00:00Z"}},
		{"a block goes on over a skipped day", "Pacific/Apia", "thu", "23:00", "01:00", time.Hour,
			"2011-12-29T11:00:00Z", "2012-01-02T00:00:00Z",
			[]string{"2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T11:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSchedule(t, c.zone, session(t, "a", c.days, c.from, c.until, c.every))
			var got []string
			for slot := range s.Between(schedule.Capture, utc(c.begin), utc(c.end)) {
				got = append(got, slot.At.Format(time.RFC3339Nano))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("slots of %s %s-%s every %v in %s:\n got %v\nwant %v", c.days, c.from, c.until, c.every, c.zone, got, c.want)
			}
		})
	}
}

func TestEqualInstantsAreOneSlot(t *testing.T) {
	a := session(t, "a", "mon", "06:00", "07:00", 30*time.Minute)
	b := session(t, "b", "mon", "06:30", "08:00", 15*time.Minute)
	a.Kind, b.Kind = schedule.Upload, schedule.Upload
	a.Photos, b.Photos = 3, 10
	at := utc("2026-11-16T06:30:00Z")
	for _, c := range []struct{ a, b, want int }{{3, 10, 10}, {10, 3, 10}, {0, 3, 0}, {3, 0, 0}} {
		a.Photos, b.Photos = c.a, c.b
		s := newSchedule(t, "UTC", a, b)
		want := schedule.Slot{At: at, Kind: schedule.Upload, Session: "a", Ends: utc("2026-11-16T08:00:00Z"), Photos: c.want}
		if got, _ := s.Next(schedule.Upload, at.Add(-1)); got != want {
			t.Errorf("Next = %+v, want %+v", got, want)
		}
		if got, _ := s.Last(schedule.Upload, at.Add(1)); got != want {
			t.Errorf("Last = %+v, want %+v", got, want)
		}
		if got, _ := s.Active(schedule.Upload, at); got != want {
			t.Errorf("Active = %+v, want %+v", got, want)
		}
	}
}

func TestASharedSlotHasTheNameOfTheSessionListedFirst(t *testing.T) {
	s := newSchedule(t, "UTC",
		session(t, "today", "fri", "00:00", "02:00", time.Hour),
		session(t, "yesterday", "thu", "22:00", "02:00", time.Hour))
	for name, ask := range map[string]func() (schedule.Slot, bool){
		"Next":   func() (schedule.Slot, bool) { return s.Next(schedule.Capture, utc("2026-11-19T23:30:00Z")) },
		"Last":   func() (schedule.Slot, bool) { return s.Last(schedule.Capture, utc("2026-11-20T00:30:00Z")) },
		"Active": func() (schedule.Slot, bool) { return s.Active(schedule.Capture, utc("2026-11-20T00:30:00Z")) },
	} {
		if got, ok := ask(); !ok || got.Session != "today" || !got.At.Equal(utc("2026-11-20T00:00:00Z")) {
			t.Errorf("%s = %+v, %v; want midnight of today's session", name, got, ok)
		}
	}
}

func TestActiveIsTheBlockThatHoldsTheTime(t *testing.T) {
	s := newSchedule(t, "UTC",
		session(t, "night", "daily", "22:00", "02:00", time.Hour),
		session(t, "noon", "daily", "12:00", "12:00", time.Hour))
	for _, c := range []struct{ at, slot string }{
		{"2026-11-16T21:59:59.999Z", ""},
		{"2026-11-16T22:00:00Z", "2026-11-16T22:00:00Z"},
		{"2026-11-17T00:59:59Z", "2026-11-17T00:00:00Z"},
		{"2026-11-17T02:00:00Z", "2026-11-17T02:00:00Z"},
		{"2026-11-17T02:00:00.000000001Z", ""},
		{"2026-11-17T12:00:00Z", "2026-11-17T12:00:00Z"},
		{"2026-11-17T12:00:00.1Z", ""},
	} {
		got, ok := s.Active(schedule.Capture, utc(c.at))
		if ok != (c.slot != "") || ok && !got.At.Equal(utc(c.slot)) {
			t.Errorf("Active(%s) = %+v, %v; want the slot %q", c.at, got, ok, c.slot)
		}
	}
}

func TestUpcomingMergesTheKindsInOrder(t *testing.T) {
	up := session(t, "up", "daily", "06:00", "07:00", 30*time.Minute)
	up.Kind = schedule.Upload
	s := newSchedule(t, "UTC", up, session(t, "shoot", "daily", "06:00", "07:00", 20*time.Minute))
	var got []string
	for slot := range s.Upcoming(utc("2026-11-16T06:00:00Z"), utc("2026-11-16T07:00:00Z")) {
		got = append(got, slot.At.Format("15:04 ")+slot.Session)
	}
	want := []string{"06:00 shoot", "06:00 up", "06:20 shoot", "06:30 up", "06:40 shoot"}
	if !slices.Equal(got, want) {
		t.Errorf("Upcoming = %q, want %q", got, want)
	}
}

func TestNothingIsDueWithoutASessionOfTheKind(t *testing.T) {
	s := newSchedule(t, "Europe/Berlin", session(t, "a", "daily", "06:00", "18:00", time.Hour))
	now := utc("2026-11-16T06:30:00Z")
	for _, kind := range []schedule.Kind{schedule.Upload, schedule.CheckIn, 0, 99} {
		if got, ok := s.Next(kind, now); ok {
			t.Errorf("Next(%v) = %+v, want none", kind, got)
		}
		if got, ok := s.Last(kind, now); ok {
			t.Errorf("Last(%v) = %+v, want none", kind, got)
		}
		if got, ok := s.Active(kind, now); ok {
			t.Errorf("Active(%v) = %+v, want none", kind, got)
		}
		if n := s.Count(kind, now, now.AddDate(1, 0, 0)); n != 0 {
			t.Errorf("Count(%v) = %d, want 0", kind, n)
		}
	}
	for slot := range newSchedule(t, "UTC").Upcoming(now, now.AddDate(100, 0, 0)) {
		t.Fatalf("a schedule without sessions has %+v", slot)
	}
}

func TestNonsenseTimesHaveNoSlots(t *testing.T) {
	s := newSchedule(t, "Europe/Berlin", session(t, "a", "daily", "06:00", "18:00", time.Hour))
	for _, at := range []time.Time{time.Unix(1<<62, 0), time.Unix(-1<<62, 0), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got, ok := s.Next(schedule.Capture, at); ok {
			t.Errorf("Next(%d s) = %+v, want none", at.Unix(), got)
		}
		if got, ok := s.Last(schedule.Capture, at); ok {
			t.Errorf("Last(%d s) = %+v, want none", at.Unix(), got)
		}
	}
	if got, ok := s.Next(schedule.Capture, time.Time{}); !ok || got.At.Year() != 1 {
		t.Errorf("Next(zero time) = %+v, %v; want a slot in the year 1", got, ok)
	}
}
