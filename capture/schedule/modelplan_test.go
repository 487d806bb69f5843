package schedule_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/schedule"
)

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
	{"Asia/Kathmandu", "2026-06-21"},
	{"Australia/Eucla", "2026-12-21"},
	{"Pacific/Kiritimati", "2024-02-29"},
}

// sites are near and far from their zones, beyond the polar circles, on the
// poles and at the ends of the map.
var sites = [][2]float64{
	{52.5163, 13.3777}, {-33.8568, 151.2153}, {39.7392, -104.9903}, {69.6492, 18.9553}, {66.5, 25.7}, {-78.2, 106.8},
	{90, 0}, {-90, 180}, {0, -180}, {-13.83, -171.77}, {64.84, -147.72}, {89.999, 179.9},
}

func drawMoment(t *rapid.T, label string, most int) schedule.Moment {
	if sun := schedule.Sun(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2}).Draw(t, label+" sun")); sun != 0 {
		minutes := rapid.SampledFrom([]int{0, 0, -30, 30, 75, -200, 300, -720, 720}).Draw(t, label+" offset")
		return schedule.Moment{Sun: sun, Offset: time.Duration(minutes) * time.Minute}
	}
	// Most often on a quarter of an hour, so that blocks meet transitions and
	// each other.
	quarter := rapid.IntRange(0, most/900).Draw(t, label+" quarter") * 900
	extra := rapid.SampledFrom([]int{0, 0, 0, 1, 899, 450}).Draw(t, label+" extra")
	return schedule.At(schedule.TimeOfDay(time.Duration(min(quarter+extra, most)) * time.Second))
}

func drawSession(t *rapid.T, kind schedule.Kind, name string) schedule.Session {
	s := schedule.Session{
		Name:  name,
		Kind:  kind,
		Days:  schedule.Days(rapid.IntRange(1, int(schedule.EveryDay)).Draw(t, "days")),
		From:  drawMoment(t, "from", 86399),
		Until: drawMoment(t, "until", 86400),
		Every: rapid.SampledFrom([]time.Duration{
			15 * time.Minute, 30 * time.Minute, time.Hour, 7 * time.Minute, 433*time.Second + 333, 24 * time.Hour,
		}).Draw(t, "every"),
	}
	if rapid.IntRange(0, 4).Draw(t, "one instant") == 0 && s.From.Sun == 0 {
		s.Until = s.From
	}
	if kind == schedule.Upload {
		s.Photos = rapid.IntRange(0, 3).Draw(t, "photos")
		s.Megabytes = rapid.IntRange(0, 3).Draw(t, "megabytes")
		s.Minutes = rapid.IntRange(0, 3).Draw(t, "minutes")
	}
	return s
}

func drawSessions(t *rapid.T, kind schedule.Kind, least, most int) []schedule.Session {
	var all []schedule.Session
	for i := range rapid.IntRange(least, most).Draw(t, "sessions") {
		all = append(all, drawSession(t, kind, string(rune('a'+i))))
	}
	return all
}

// drawTime is a time on one of the days around day.
func drawTime(t *rapid.T, label string, day time.Time) schedule.WallTime {
	quarter := rapid.IntRange(-3*96, 3*96).Draw(t, label)
	extra := rapid.SampledFrom([]int{0, 0, 1, 450}).Draw(t, label+" extra")
	return schedule.WallTimeOf(day.Add(time.Duration(quarter*900+extra) * time.Second))
}

// drawPlan is a plan with everything in it, around the day.
func drawPlan(t *rapid.T, kind schedule.Kind, day time.Time) schedule.Plan {
	at := rapid.SampledFrom(sites).Draw(t, "site")
	p := schedule.Plan{
		Site:     schedule.Site{Latitude: schedule.DegreesOf(at[0]), Longitude: schedule.DegreesOf(at[1])},
		Sessions: drawSessions(t, kind, 0, 3),
	}
	for i := range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "events") {
		first := rapid.IntRange(-4, 3).Draw(t, "first day")
		last := first + rapid.IntRange(0, 4).Draw(t, "more days")
		e := schedule.Event{
			Name:     "event " + string(rune('a'+i)),
			FirstDay: day.AddDate(0, 0, first).Format(time.DateOnly),
			LastDay:  day.AddDate(0, 0, last).Format(time.DateOnly),
			Sessions: drawSessions(t, kind, 1, 2),
		}
		for n := range e.Sessions {
			e.Sessions[n].Days |= 1 << day.AddDate(0, 0, first).Weekday() // it has to have one
		}
		p.Events = append(p.Events, e)
	}
	for i := range rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "shots") {
		p.Shots = append(p.Shots, schedule.Shot{Name: "shot " + string(rune('a'+i)), At: drawTime(t, "shot", day)})
	}
	for i := range rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "pauses") {
		from := drawTime(t, "pause", day)
		length := rapid.SampledFrom([]int{1, 900, 3600, 30000, 100000}).Draw(t, "length")
		p.Pauses = append(p.Pauses, schedule.Pause{
			Name: "pause " + string(rune('a'+i)), From: from, Until: from + schedule.WallTime(length),
		})
	}
	return p
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
		kind := rapid.SampledFrom([]schedule.Kind{schedule.Capture, schedule.Upload, schedule.CheckIn}).Draw(t, "kind")
		day, _ := time.Parse(time.DateOnly, odd.day)
		m := model{zone: zones[odd.zone], plan: drawPlan(t, kind, day)}
		s, err := schedule.New(m.zone, m.plan)
		if err != nil {
			t.Fatal(err)
		}
		// Days of blocks, and a question over those in the middle, to which blocks
		// of other days cannot add.
		blocks, slots := m.days(kind, day.AddDate(0, 0, -6), 12)
		from := day.Add(-30*time.Hour + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "offset")))
		to := from.Add(72 * time.Hour)
		slots = slices.DeleteFunc(slots, func(s schedule.Slot) bool { return s.At.Before(from) || !s.At.Before(to) })
		blocks = slices.DeleteFunc(blocks, func(b schedule.Block) bool { return b.Begin.Before(from) || !b.Begin.Before(to) })
		same(t, "Between", slices.Collect(s.Between(kind, from, to)), slots)
		same(t, "Blocks", slices.Collect(s.Blocks(kind, from, to)), blocks)
		if n := s.Count(kind, from, to); n != len(slots) {
			t.Fatalf("Count(%v, %v) = %d, want %d", from, to, n, len(slots))
		}
		before := to
		for i := range min(len(slots), 20) {
			want := slots[len(slots)-1-i]
			if got, ok := s.Last(kind, before); !ok || got != want {
				t.Fatalf("Last(%v) = %+v, %v, want %+v", before, got, ok, want)
			}
			if got, ok := s.Active(kind, want.At); !ok || got != want {
				t.Fatalf("Active(%v) = %+v, %v, want %+v", want.At, got, ok, want)
			}
			before = want.At
		}
	})
}

// same compares what a method lists with the model.
func same[T comparable](t *rapid.T, method string, got, want []T) {
	if slices.Equal(got, want) {
		return
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	t.Fatalf("%s gives %d, want %d; from the first difference on\n got %+v\nwant %+v",
		method, len(got), len(want), got[i:min(i+3, len(got))], want[i:min(i+3, len(want))])
}

// A year of questions at random times: Next, Last and Count agree with each
// other where the model would take too long.
func TestNextLastAndCountAgree(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		sessions := []schedule.Session{drawSession(t, schedule.Capture, "a"), drawSession(t, schedule.Capture, "b"), drawSession(t, schedule.Capture, "c")}
		sessions[2].From, sessions[2].Until = schedule.At(0), schedule.At(schedule.Midnight) // the others may never be due
		s, err := schedule.New(zone, schedule.Plan{Site: schedule.Site{Latitude: schedule.DegreesOf(52.5), Longitude: schedule.DegreesOf(13.4)}, Sessions: sessions})
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
