package schedule_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestEachBadValueIsReportedUnderItsKey(t *testing.T) {
	bad := schedule.Session{From: schedule.At(schedule.Midnight), Until: schedule.At(-1), Every: time.Second, Photos: -1}
	want := []string{"name", "kind", "days", "from", "until", "every", "photos"}
	if got := keys(bad.Validate()); !slices.Equal(got, want) {
		t.Errorf("the keys of a session without a good value are %q, want %q", got, want)
	}
	for _, c := range []struct {
		key    string
		change func(*schedule.Session)
	}{
		{"name", func(s *schedule.Session) { s.Name = strings.Repeat("ä", 41) }},
		{"name", func(s *schedule.Session) { s.Name = "a\nb" }},
		{"kind", func(s *schedule.Session) { s.Kind = 4 }},
		{"days", func(s *schedule.Session) { s.Days = 128 }},
		{"until", func(s *schedule.Session) { s.Until = schedule.At(schedule.Midnight + 1) }},
		{"every", func(s *schedule.Session) { s.Every = 25 * time.Hour }},
		{"photos", func(s *schedule.Session) { s.Photos = 3 }},
		{"", func(s *schedule.Session) { s.Name = strings.Repeat("ä", 40) }},
		{"", func(s *schedule.Session) { s.Until = schedule.At(schedule.Midnight) }},
		{"", func(s *schedule.Session) { s.Until = schedule.At(0) }},
		{"", func(s *schedule.Session) { s.Kind, s.Photos = schedule.Upload, 3 }},
	} {
		s := schedule.NewSession()
		s.Name, s.Kind = "yard", schedule.Capture
		c.change(&s)
		var want []string
		if c.key != "" {
			want = []string{c.key}
		}
		if got := keys(s.Validate()); !slices.Equal(got, want) {
			t.Errorf("the keys for %+v are %q, want %q", s, got, want)
		}
	}
}

func TestNewReportsEverySessionByItsNumber(t *testing.T) {
	good := schedule.NewSession()
	good.Name, good.Kind = "yard", schedule.Capture
	short := good
	short.Name, short.Every = "short", time.Second
	_, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{good, short, good}})
	if got, want := keys(err), []string{"session[1].every", "session[2].name"}; !slices.Equal(got, want) {
		t.Errorf("New reports %q, want %q", got, want)
	}
	if _, err := schedule.New(nil, schedule.Plan{}); err == nil {
		t.Error("New without a zone: no error")
	}
}

// The week of Monday 16 November 2026 in Berlin (UTC+1).
func TestDefaultIsTheStandardRegime(t *testing.T) {
	s := newSchedule(t, "Europe/Berlin", schedule.Default()...)
	monday := utc("2026-11-15T23:00:00Z")
	for _, c := range []struct {
		kind        schedule.Kind
		perDay      int
		days        int
		first, last string
	}{
		{schedule.Capture, 49, 5, "2026-11-16T05:00:00Z", "2026-11-20T17:00:00Z"},
		{schedule.Upload, 49, 5, "2026-11-16T05:00:00Z", "2026-11-20T17:00:00Z"},
		{schedule.CheckIn, 24, 7, "2026-11-15T23:00:00Z", "2026-11-22T22:00:00Z"},
	} {
		slots := slices.Collect(s.Between(c.kind, monday, monday.AddDate(0, 0, 7)))
		if len(slots) != c.perDay*c.days {
			t.Errorf("%v has %d slots in a week, want %d on %d days", c.kind, len(slots), c.perDay, c.days)
			continue
		}
		first, last := slots[0], slots[len(slots)-1]
		if !first.At.Equal(utc(c.first)) || !last.At.Equal(utc(c.last)) {
			t.Errorf("%v runs from %v to %v, want %s to %s", c.kind, first.At, last.At, c.first, c.last)
		}
		if first.Photos != 0 || first.Kind != c.kind {
			t.Errorf("the first slot of %v is %+v, want its kind and as many photos as possible", c.kind, first)
		}
	}
}
