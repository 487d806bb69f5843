package schedule_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/schedule"
)

// The model finds the slots of whole days the slow way: it asks package time
// what the clock shows, instant by instant, and knows nothing of offsets.

// shows is what the clock shows at t, as if it were UTC.
func shows(zone *time.Location, t time.Time) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

// edge is the first (or the last) instant at which the clock shows wall; where
// it never does, the first instant at which it shows more.
func edge(zone *time.Location, wall time.Time, last bool) time.Time {
	// Between transitions, which are at quarters of an hour in the zones here,
	// the clock runs evenly. No zone is 15 h from UTC.
	const step, reach = 15 * time.Minute, 15 * time.Hour
	begin := wall.Truncate(step).Add(-reach)
	var found time.Time
	for t := begin; t.Before(wall.Add(reach)); t = t.Add(step) {
		hit := t.Add(wall.Sub(shows(zone, t)))
		if hit.Before(t) || !hit.Before(t.Add(step)) {
			continue
		}
		found = hit
		if !last {
			return found
		}
	}
	if !found.IsZero() {
		return found
	}
	for t := begin; ; t = t.Add(step) {
		if !shows(zone, t).Before(wall) {
			return t
		}
	}
}

// modelSlots is the slots of the days from first on, as Between would give
// them.
func modelSlots(zone *time.Location, sessions []schedule.Session, first time.Time, days int) []schedule.Slot {
	slots := map[time.Time]schedule.Slot{}
	exists := func(day time.Time) bool {
		noon := edge(zone, day.Add(12*time.Hour), false)
		return shows(zone, noon).Day() == day.Day()
	}
	for _, s := range sessions {
		for n := range days {
			day := first.AddDate(0, 0, n)
			if !s.Days.Has(day.Weekday()) || !exists(day) {
				continue
			}
			begin := edge(zone, day.Add(s.From.Offset), false)
			end := begin
			if s.Until != s.From {
				until := day
				if s.Until.Offset < s.From.Offset {
					until = until.AddDate(0, 0, 1)
					if !exists(until) {
						until = until.AddDate(0, 0, 1)
					}
				}
				end = edge(zone, until.Add(s.Until.Offset), true)
			}
			for at := begin; !at.After(end); at = at.Add(s.Every) {
				slot := schedule.Slot{At: at, Kind: s.Kind, Session: s.Name, Ends: end, Photos: s.Photos}
				if old, ok := slots[at]; ok {
					slot.Session = old.Session
					if old.Ends.After(end) {
						slot.Ends = old.Ends
					}
					if old.Photos == 0 || s.Photos == 0 {
						slot.Photos = 0
					} else {
						slot.Photos = max(old.Photos, s.Photos)
					}
				}
				slots[at] = slot
			}
		}
	}
	return slices.SortedFunc(maps.Values(slots), func(a, b schedule.Slot) int { return a.At.Compare(b.At) })
}

// oddDays are days on which a zone does something odd, and a plain one.
var oddDays = []struct{ zone, day string }{
	{"UTC", "2026-11-16"},
	{"Europe/Berlin", "2026-03-29"},
	{"Europe/Berlin", "2026-10-25"},
	{"Europe/Berlin", "2040-12-31"},
	{"America/Denver", "2026-03-08"},
	{"America/Denver", "2026-11-01"},
	{"America/Denver", "2024-02-29"},
	{"Australia/Lord_Howe", "2026-04-05"},
	{"Australia/Lord_Howe", "2026-10-04"},
	{"America/Sao_Paulo", "2018-11-04"},
	{"America/Sao_Paulo", "2018-02-17"},
	{"Asia/Beirut", "2022-03-27"},
	{"Africa/Cairo", "2023-04-28"},
	{"Africa/Cairo", "2023-10-26"},
	{"Africa/Casablanca", "2026-02-15"},
	{"America/Nuuk", "2026-03-28"},
	{"America/Havana", "2026-11-01"},
	{"Pacific/Apia", "2011-12-30"},
	{"Pacific/Chatham", "2026-04-05"},
	{"Antarctica/Troll", "2026-03-29"},
}

func drawSession(t *rapid.T, kind schedule.Kind, name string) schedule.Session {
	// Most often on a quarter of an hour, so that blocks meet transitions and
	// each other.
	tod := func(label string, most int) schedule.Moment {
		quarter := rapid.IntRange(0, most/900).Draw(t, label+" quarter") * 900
		extra := rapid.SampledFrom([]int{0, 0, 0, 1, 899, 450}).Draw(t, label+" extra")
		return schedule.At(schedule.TimeOfDay(time.Duration(min(quarter+extra, most)) * time.Second))
	}
	s := schedule.Session{
		Name:  name,
		Kind:  kind,
		Days:  schedule.Days(rapid.IntRange(1, int(schedule.EveryDay)).Draw(t, "days")),
		From:  tod("from", 86399),
		Until: tod("until", 86400),
		Every: rapid.SampledFrom([]time.Duration{
			15 * time.Minute, 30 * time.Minute, time.Hour, 7 * time.Minute, 433*time.Second + 333, 24 * time.Hour,
		}).Draw(t, "every"),
	}
	if kind == schedule.Upload {
		s.Photos = rapid.IntRange(0, 3).Draw(t, "photos")
	}
	return s
}

func TestScheduleAgreesWithTheModel(t *testing.T) {
	zones := map[string]*time.Location{}
	for _, o := range oddDays {
		z, err := time.LoadLocation(o.zone)
		if err != nil {
			t.Fatal(err)
		}
		zones[o.zone] = z
	}
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.SampledFrom(oddDays).Draw(t, "odd day")
		zone := zones[odd.zone]
		kind := rapid.SampledFrom([]schedule.Kind{schedule.Capture, schedule.Upload}).Draw(t, "kind")
		var sessions []schedule.Session
		for i := range rapid.IntRange(1, 3).Draw(t, "sessions") {
			sessions = append(sessions, drawSession(t, kind, string(rune('a'+i))))
		}
		s, err := schedule.New(zone, schedule.Plan{Sessions: sessions})
		if err != nil {
			t.Fatal(err)
		}
		day, _ := time.Parse(time.DateOnly, odd.day)
		// Eight days of blocks, and a question over those in the middle, to
		// which blocks of other days cannot add.
		all := modelSlots(zone, sessions, day.AddDate(0, 0, -4), 9)
		from := day.Add(-30*time.Hour + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "offset")))
		to := from.Add(72 * time.Hour)
		var want []schedule.Slot
		for _, slot := range all {
			if !slot.At.Before(from) && slot.At.Before(to) {
				want = append(want, slot)
			}
		}
		got := slices.Collect(s.Between(kind, from, to))
		if !slices.Equal(got, want) {
			i := 0
			for i < len(got) && i < len(want) && got[i] == want[i] {
				i++
			}
			t.Fatalf("Between(%v, %v) gives %d slots, want %d; from the first difference on\n got %v\nwant %v",
				from, to, len(got), len(want), got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
		}
		for i := 1; i < len(got); i++ {
			if !got[i].At.After(got[i-1].At) {
				t.Fatalf("slot %v follows %v", got[i].At, got[i-1].At)
			}
		}
		if n := s.Count(kind, from, to); n != len(want) {
			t.Fatalf("Count(%v, %v) = %d, want %d", from, to, n, len(want))
		}
		if len(want) > 0 {
			last := want[len(want)-1]
			if got, ok := s.Last(kind, to); !ok || got != last {
				t.Fatalf("Last(%v) = %v, %v, want %v", to, got, ok, last)
			}
			if got, ok := s.Active(kind, last.At); !ok || got != last {
				t.Fatalf("Active(%v) = %v, %v, want %v", last.At, got, ok, last)
			}
		}
	})
}

// A year of questions at random times: Next, Last and Count agree with each
// other where the model would take too long.
func TestNextLastAndCountAgree(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		sessions := []schedule.Session{drawSession(t, schedule.Capture, "a"), drawSession(t, schedule.Capture, "b")}
		s, err := schedule.New(zone, schedule.Plan{Sessions: sessions})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1767222000, 1798758000).Draw(t, "second"), rapid.Int64Range(0, 999999999).Draw(t, "nanosecond"))
		next, ok := s.Next(schedule.Capture, at)
		if !ok || !next.At.After(at) {
			t.Fatalf("Next(%v) = %v, %v", at, next, ok)
		}
		if back, ok := s.Last(schedule.Capture, next.At.Add(1)); !ok || back != next {
			t.Fatalf("Last just after %v = %v, %v", next, back, ok)
		}
		last, ok := s.Last(schedule.Capture, next.At)
		if !ok || last.At.After(at) {
			t.Fatalf("Last(%v) = %v, %v, want one not after %v", next.At, last, ok, at)
		}
		if n := s.Count(schedule.Capture, last.At, next.At); n != 1 {
			t.Fatalf("Count(%v, %v) = %d, want 1", last.At, next.At, n)
		}
		if n := s.Count(schedule.Capture, last.At.Add(1), next.At); n != 0 {
			t.Fatalf("Count between %v and %v = %d, want 0", last.At, next.At, n)
		}
	})
}
