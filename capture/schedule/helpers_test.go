package schedule_test

import (
	"encoding"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the tests do not depend on the machine's zones

	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
)

func utc(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// read reads the text form of v.
func read(tb testing.TB, v encoding.TextUnmarshaler, text string) {
	tb.Helper()
	if err := v.UnmarshalText([]byte(text)); err != nil {
		tb.Fatal(err)
	}
}

func moment(tb testing.TB, text string) (m schedule.Moment) {
	tb.Helper()
	read(tb, &m, text)
	return m
}

func wallTime(tb testing.TB, text string) (t schedule.WallTime) {
	tb.Helper()
	read(tb, &t, text)
	return t
}

// session is a capture session from its texts.
func session(tb testing.TB, name, days, from, until string, every time.Duration) schedule.Session {
	tb.Helper()
	s := schedule.NewSession()
	s.Name, s.Kind, s.Every = name, schedule.Capture, every
	read(tb, &s.Days, days)
	s.From, s.Until = moment(tb, from), moment(tb, until)
	return s
}

// upload is an upload session of every noon, changed by change.
func upload(tb testing.TB, name string, change func(*schedule.Session)) schedule.Session {
	tb.Helper()
	s := session(tb, name, "daily", "12:00", "12:00", time.Hour)
	s.Kind = schedule.Upload
	if change != nil {
		change(&s)
	}
	return s
}

// event is one from its texts.
func event(name, first, last string, sessions ...schedule.Session) schedule.Event {
	return schedule.Event{Name: name, FirstDay: first, LastDay: last, Sessions: sessions}
}

// place is a site from its coordinates.
func place(latitude, longitude float64) schedule.Site {
	return schedule.Site{Latitude: schedule.DegreesOf(latitude), Longitude: schedule.DegreesOf(longitude)}
}

var (
	berlin = place(52.5163, 13.3777)
	denver = place(39.7392, -104.9903)
)

func newSchedule(tb testing.TB, zone string, sessions ...schedule.Session) *schedule.Schedule {
	tb.Helper()
	return newPlan(tb, zone, schedule.Plan{Sessions: sessions})
}

func newPlan(tb testing.TB, zone string, p schedule.Plan) *schedule.Schedule {
	tb.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := schedule.New(z, p)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// keys are where err, of a Validate or of New, reports something.
func keys(err error) []string {
	var k []string
	for _, v := range invalid.Values(err) {
		k = append(k, v.Key)
	}
	return k
}

// due compares the slots between two times with "time session/event" texts.
func due(tb testing.TB, s *schedule.Schedule, kind schedule.Kind, from, to string, want ...string) {
	tb.Helper()
	var got []string
	for slot := range s.Between(kind, utc(from), utc(to)) {
		text := slot.At.Format(time.RFC3339Nano) + " " + slot.Session
		if slot.Event != "" {
			text += "/" + slot.Event
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		tb.Errorf("%v from %s to %s:\n got %q\nwant %q", kind, from, to, got, want)
	}
	if n := s.Count(kind, utc(from), utc(to)); n != len(want) {
		tb.Errorf("Count(%v, %s, %s) = %d, want %d", kind, from, to, n, len(want))
	}
}
