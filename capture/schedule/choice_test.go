package schedule_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
)

func TestChoiceThatCannotBeUsedIsReportedAtItsKey(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schedule.Session)
		keys   []string
	}{
		"nothing":                   {func(*schedule.Session) {}, nil},
		"newest first":              {func(s *schedule.Session) { s.Order = schedule.NewestFirst }, nil},
		"oldest first":              {func(s *schedule.Session) { s.Order = schedule.OldestFirst }, nil},
		"the longest look-back":     {func(s *schedule.Session) { s.LookBack = 87840 * time.Hour }, nil},
		"one day":                   {func(s *schedule.Session) { s.FirstDay, s.LastDay = "2026-06-30", "2026-06-30" }, nil},
		"from a day on":             {func(s *schedule.Session) { s.FirstDay = "2024-02-29" }, nil},
		"up to a day":               {func(s *schedule.Session) { s.LastDay = "2026-06-30" }, nil},
		"an unknown order":          {func(s *schedule.Session) { s.Order = "random" }, []string{"order"}},
		"an order in capitals":      {func(s *schedule.Session) { s.Order = "Oldest-First" }, []string{"order"}},
		"a capture's order":         {func(s *schedule.Session) { s.Kind, s.Order = schedule.Capture, schedule.OldestFirst }, []string{"order"}},
		"a look-back to the future": {func(s *schedule.Session) { s.LookBack = -time.Second }, []string{"look_back"}},
		"a look-back of a century":  {func(s *schedule.Session) { s.LookBack = 100 * 365 * 24 * time.Hour }, []string{"look_back"}},
		"a check-in's look-back":    {func(s *schedule.Session) { s.Kind, s.LookBack = schedule.CheckIn, time.Hour }, []string{"look_back"}},
		"look-back and a first day": {func(s *schedule.Session) { s.LookBack, s.FirstDay = time.Hour, "2026-06-30" }, []string{"look_back"}},
		"look-back and a last day":  {func(s *schedule.Session) { s.LookBack, s.LastDay = time.Hour, "2026-06-30" }, []string{"look_back"}},
		"days that do not exist":    {func(s *schedule.Session) { s.FirstDay, s.LastDay = "2026-02-29", "2026-06-31" }, []string{"first_day", "last_day"}},
		"days in other forms":       {func(s *schedule.Session) { s.FirstDay, s.LastDay = "30.6.2026", "2026-6-30" }, []string{"first_day", "last_day"}},
		"an instant for a day":      {func(s *schedule.Session) { s.FirstDay = "2026-06-30T12:00:00Z" }, []string{"first_day"}},
		"a capture's days": {func(s *schedule.Session) {
			s.Kind, s.FirstDay, s.LastDay = schedule.Capture, "2026-06-30", "2026-07-01"
		}, []string{"first_day", "last_day"}},
		"an end before the beginning": {func(s *schedule.Session) { s.FirstDay, s.LastDay = "2026-06-30", "2026-06-29" }, []string{"last_day"}},
	} {
		err := upload(t, "a", c.change).Validate()
		var keys []string
		for _, v := range invalid.Values(err) {
			keys = append(keys, v.Key)
		}
		if !slices.Equal(keys, c.keys) {
			t.Errorf("%s: reported at %q, want %q (%v)", name, keys, c.keys, err)
		}
	}
}

func TestDaysOfAChoiceAreThoseOfTheSite(t *testing.T) {
	for _, c := range []struct{ name, zone, first, last, from, to string }{
		{"a day in UTC", "UTC", "2026-06-30", "2026-06-30", "2026-06-30T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"a week in Berlin", "Europe/Berlin", "2026-06-24", "2026-06-30", "2026-06-23T22:00:00Z", "2026-06-30T22:00:00Z"},
		{"Berlin's day of 23 hours", "Europe/Berlin", "2026-03-29", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"Berlin's day of 25 hours", "Europe/Berlin", "2026-10-25", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"a range over both changes", "Europe/Berlin", "2026-03-29", "2026-10-25", "2026-03-28T23:00:00Z", "2026-10-25T23:00:00Z"},
		// São Paulo, 4 November 2018: 00:00 becomes 01:00 at 03:00 UTC.
		{"a day that begins at one", "America/Sao_Paulo", "2018-11-04", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"the day before it", "America/Sao_Paulo", "2018-11-03", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"},
		// São Paulo, 18 February 2018: 00:00 becomes 23:00 of the 17th at 02:00 UTC.
		{"a day with its last hour twice", "America/Sao_Paulo", "2018-02-17", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
		// Havana, 1 November 2026: 01:00 becomes 00:00 at 05:00 UTC.
		{"a day with its first hour twice", "America/Havana", "2026-11-01", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		// Apia had no 30 December 2011.
		{"a day that was skipped", "Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
	} {
		s := newSchedule(t, c.zone, upload(t, "a", func(s *schedule.Session) { s.FirstDay, s.LastDay = c.first, c.last }))
		slot, ok := s.Next(schedule.Upload, utc("2026-11-16T00:00:00Z"))
		if want := (schedule.Choice{From: utc(c.from), To: utc(c.to)}); !ok || slot.Choice != want {
			t.Errorf("%s: photos from %v to %v, want %v to %v", c.name, slot.Choice.From, slot.Choice.To, want.From, want.To)
		}
	}
}

func TestSlotCarriesItsSessionsChoice(t *testing.T) {
	s := newSchedule(t, "UTC", upload(t, "a", func(s *schedule.Session) { s.Order, s.LookBack = schedule.OldestFirst, 36*time.Hour }))
	at := utc("2026-11-16T12:00:00Z")
	want := schedule.Choice{Oldest: true, LookBack: 36 * time.Hour}
	next, _ := s.Next(schedule.Upload, at.Add(-1))
	last, _ := s.Last(schedule.Upload, at.Add(1))
	active, _ := s.Active(schedule.Upload, at)
	for name, slot := range map[string]schedule.Slot{"Next": next, "Last": last, "Active": active} {
		if slot.Choice != want {
			t.Errorf("%s: %+v, want %+v", name, slot.Choice, want)
		}
	}
}

func TestCoincidingSessionsOfDifferentChoicesSendAll(t *testing.T) {
	day := func(s *schedule.Session) { s.LookBack = 24 * time.Hour }
	old := func(s *schedule.Session) { s.Order = schedule.OldestFirst }
	for name, c := range map[string]struct {
		a, b func(*schedule.Session)
		want schedule.Choice
	}{
		"the same":       {day, day, schedule.Choice{LookBack: 24 * time.Hour}},
		"a window":       {day, nil, schedule.Choice{}},
		"another window": {day, func(s *schedule.Session) { s.LookBack = time.Hour }, schedule.Choice{}},
		"another order":  {old, nil, schedule.Choice{}},
		"both":           {old, day, schedule.Choice{}},
	} {
		for _, turned := range []bool{false, true} {
			if turned {
				c.a, c.b = c.b, c.a
			}
			s := newSchedule(t, "UTC", upload(t, "a", c.a), upload(t, "b", c.b))
			if slot, _ := s.Next(schedule.Upload, utc("2026-11-16T00:00:00Z")); slot.Choice != c.want {
				t.Errorf("%s: %+v, want %+v", name, slot.Choice, c.want)
			}
		}
	}
}
