package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

// twenty is a schedule of 20 capture sessions, more than any site has.
func twenty(tb testing.TB) *schedule.Schedule {
	var sessions []schedule.Session
	for i := range 20 {
		s := session(tb, fmt.Sprintf("s%d", i), "mon-fri", fmt.Sprintf("%02d:%02d", i, i), fmt.Sprintf("%02d:30", (i+5)%24), 5*time.Minute)
		sessions = append(sessions, s)
	}
	return newSchedule(tb, "America/Denver", sessions...)
}

func BenchmarkNext(b *testing.B) {
	s := twenty(b)
	for name, at := range map[string]string{
		"weekday":    "2026-11-18T17:02:03Z",
		"weekend":    "2026-11-21T17:02:03Z",
		"transition": "2026-11-01T07:59:00Z",
	} {
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

func TestNextDoesNotAllocate(t *testing.T) {
	s := twenty(t)
	for _, at := range []string{"2026-11-18T17:02:03Z", "2026-11-21T17:02:03Z", "2026-11-01T07:59:00Z"} {
		after := utc(at)
		if n := testing.AllocsPerRun(100, func() { s.Next(schedule.Capture, after) }); n != 0 {
			t.Errorf("Next(%s) allocates %v times, want 0", at, n)
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
