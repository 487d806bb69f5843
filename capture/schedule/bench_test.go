package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

// twenty is a schedule of 20 capture sessions, more than any site has, of which
// every fourth goes by the sun, and of 5 events with 3 sessions each.
func twenty(tb testing.TB) *schedule.Schedule {
	p := schedule.Plan{Site: denver}
	for i := range 20 {
		s := session(tb, fmt.Sprintf("s%d", i), "mon-fri", fmt.Sprintf("%02d:%02d", i, i), fmt.Sprintf("%02d:30", (i+5)%24), 5*time.Minute)
		switch i % 8 {
		case 0:
			s.From, s.Until = moment(tb, "sunrise-1h"), moment(tb, "sunset+30m")
		case 4:
			s.From, s.Until = moment(tb, "sunset"), moment(tb, "sunrise+15m")
		}
		p.Sessions = append(p.Sessions, s)
	}
	for i, days := range [][2]string{
		{"2026-11-03", "2026-11-05"}, {"2026-11-24", "2026-11-30"}, {"2026-12-24", "2027-01-02"}, {"2026-11-26", "2026-11-26"}, {"2026-07-01", "2026-07-31"},
	} {
		e := event(fmt.Sprintf("event %d", i), days[0], days[1])
		for n := range 3 {
			s := session(tb, fmt.Sprintf("s%d", n), "daily", fmt.Sprintf("%02d:00", 6+n), "sunset", 10*time.Minute)
			e.Sessions = append(e.Sessions, s)
		}
		p.Events = append(p.Events, e)
	}
	p.Shots = []schedule.Shot{{Name: "opening", At: wallTime(tb, "2027-03-01 12:00:00")}}
	p.Pauses = []schedule.Pause{{Name: "crane", From: wallTime(tb, "2026-11-18 10:00:00"), Until: wallTime(tb, "2026-11-18 11:00:00")}}
	return newPlan(tb, "America/Denver", p)
}

// questions are times at which the search meets different things.
var questions = map[string]string{
	"weekday":    "2026-11-17T17:02:03Z",
	"pause":      "2026-11-18T17:02:03Z",
	"weekend":    "2026-11-21T17:02:03Z",
	"event":      "2026-11-26T17:02:03Z",
	"transition": "2026-11-01T07:59:00Z",
}

func BenchmarkNext(b *testing.B) {
	s := twenty(b)
	for name, at := range questions {
		b.Run(name, func(b *testing.B) {
			after := utc(at)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := s.Next(schedule.Capture, after); !ok {
					b.Fatal("no slot")
				}
			}
		})
	}
}

func BenchmarkCountYear(b *testing.B) {
	s := newSchedule(b, "America/Denver", session(b, "a", "daily", "00:00", "24:00", 5*time.Second))
	from := utc("2026-01-01T00:00:00Z")
	for b.Loop() {
		s.Count(schedule.Capture, from, from.AddDate(1, 0, 0))
	}
}

func TestSearchesDoNotAllocate(t *testing.T) {
	s := twenty(t)
	for _, at := range questions {
		now := utc(at)
		for name, ask := range map[string]func(){
			"Next":   func() { s.Next(schedule.Capture, now) },
			"Last":   func() { s.Last(schedule.Capture, now) },
			"Active": func() { s.Active(schedule.Capture, now) },
		} {
			if n := testing.AllocsPerRun(100, ask); n != 0 {
				t.Errorf("%s(%s) allocates %v times, want 0", name, at, n)
			}
		}
	}
}

func TestCountOfYearsIsExact(t *testing.T) {
	s := newSchedule(t, "America/Denver", session(t, "a", "daily", "00:00", "24:00", 5*time.Second))
	from := utc("2016-01-01T07:00:00Z")
	// Ten years with three leap days; no zone's year is shorter or longer.
	if got, want := s.Count(schedule.Capture, from, from.AddDate(10, 0, 0)), (3650+3)*17280; got != want {
		t.Errorf("Count of ten years every 5 s = %d, want %d", got, want)
	}
}
