package session_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
)

// monday is the beginning of a week.
var monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

func TestAdviceSaysWhatToChange(t *testing.T) {
	four := func(s *schedule.Session) { s.Photos = 4 }
	for name, c := range map[string]struct {
		all  []schedule.Session
		load session.Load
		want []string // in the text; none: nothing to say
	}{
		"all that comes can go": {
			[]schedule.Session{chosen("upload", "06:00", "18:00", 15*time.Minute, func(*schedule.Session) {})},
			session.Load{In: 49, Waiting: 100}, nil,
		},
		"a count that is just enough": {
			[]schedule.Session{chosen("upload", "06:00", "09:00", time.Hour, four)},
			session.Load{In: 16, Waiting: 100}, nil,
		},
		"a count too small": {
			[]schedule.Session{chosen("upload", "06:00", "09:00", time.Hour, four)},
			session.Load{In: 28, Waiting: 30},
			[]string{`upload session "upload" sends 4 photos at each slot, and 12 a day more come than can leave`, "set photos = 0", "End of Day Uploading", "30 wait, and in a week 114"},
		},
		"a count too small beside an End of Day": {
			[]schedule.Session{
				chosen("upload", "06:00", "09:00", time.Hour, four),
				chosen("night", "20:00", "22:00", 4*time.Hour, func(s *schedule.Session) { s.LookBack = 24 * time.Hour }),
			},
			session.Load{In: 28, Waiting: 30}, nil,
		},
		"megabytes too few": {
			[]schedule.Session{chosen("upload", "06:00", "06:00", time.Hour, func(s *schedule.Session) { s.Megabytes = 10 })},
			session.Load{In: 10, InBytes: 30_000_000},
			[]string{`"upload" sends 10 MB at each slot, and 7 a day more`, "raise megabytes"},
		},
		"minutes too few": {
			[]schedule.Session{chosen("upload", "06:00", "18:00", 24*time.Hour, func(s *schedule.Session) { s.Minutes = 10 })},
			session.Load{In: 96, PhotoBytes: 3_000_000, Kbps: 800},
			[]string{`"upload" sends for 10 minutes at each slot, and 76 a day more`, "raise minutes"},
		},
		"a link too slow": {
			[]schedule.Session{chosen("upload", "08:00", "18:00", 15*time.Minute, func(*schedule.Session) {})},
			session.Load{In: 200, PhotoBytes: 3_000_000, Kbps: 64},
			[]string{"at 64 kbit/s the sessions' 10", "hours a day carry 9", "and 200 come", "lengthen the sessions"},
		},
		"nothing sends": {
			[]schedule.Session{chosen("upload", "08:00", "18:00", 15*time.Minute, func(s *schedule.Session) { s.Kind = schedule.Capture })},
			session.Load{In: 41}, []string{"no upload session in the next 7 days, and 41 a day come: add one"},
		},
		"nothing comes": {nil, session.Load{}, nil},
		"a cloud that is not reached": {
			[]schedule.Session{chosen("upload", "06:00", "18:00", 15*time.Minute, func(*schedule.Session) {})},
			session.Load{In: 49, Out: 20, Measured: true, Waiting: 200},
			[]string{"49 photos a day come and 20 go, though the sessions may send more", "in a week 403"},
		},
		"a session each 5 s": {
			[]schedule.Session{chosen("upload", "00:00", "23:59:59", 5*time.Second, func(s *schedule.Session) { s.Photos = 1 })},
			session.Load{In: 20_000}, []string{"2720 a day more come"},
		},
	} {
		a := session.Advise(plan(t, c.all), monday, c.load)
		if a.Growing != (len(c.want) > 0) {
			t.Errorf("%s: growing %v, %q", name, a.Growing, a.Text)
		}
		for _, w := range c.want {
			if !strings.Contains(a.Text, w) {
				t.Errorf("%s: %q, want %q in it", name, a.Text, w)
			}
		}
	}
}

func TestForecastTellsWhenTheBacklogIsGone(t *testing.T) {
	s := plan(t, []schedule.Session{chosen("upload", "06:00", "15:00", time.Hour, func(s *schedule.Session) { s.Photos = 4 })})
	a := session.Advise(s, monday, session.Load{In: 30, Waiting: 100})
	if a.Sends != 40 || a.Growth != -10 || a.Empty != 10*24*time.Hour {
		t.Errorf("got %+v, want 40 sent a day and none waiting in 10 days", a)
	}
	if a = session.Advise(s, monday, session.Load{In: 30}); a.Empty != 0 {
		t.Errorf("got %+v, want no forecast where nothing waits", a)
	}
}

func TestAdviceOnNumbersThatMakeNoSense(t *testing.T) {
	s := plan(t, []schedule.Session{uploads("06:00", "06:00", time.Hour, 0)})
	for _, l := range []session.Load{
		{In: math.NaN(), Out: math.Inf(1), InBytes: -5},
		{Waiting: -1, WaitingBytes: -1, PhotoBytes: -1, Kbps: -1, In: -3},
		{Waiting: math.MaxInt64, WaitingBytes: math.MaxInt64, In: math.MaxFloat64, InBytes: math.MaxFloat64, Kbps: 1, PhotoBytes: 1},
		{In: 1e-300, InBytes: 1e300, Kbps: math.MaxInt32},
	} {
		a := session.Advise(s, monday, l)
		if math.IsNaN(a.Sends) || math.IsNaN(a.Growth) || a.Empty < 0 || strings.Contains(a.Text, "NaN") {
			t.Errorf("%+v: got %+v", l, a)
		}
	}
}
