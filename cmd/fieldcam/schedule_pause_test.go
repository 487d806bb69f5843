package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/pause"
)

func TestPauseAndResumeWithAndWithoutTheDaemon(t *testing.T) {
	for _, with := range []bool{true, false} {
		s := newSite(t)
		s.must(os.WriteFile(s.config, []byte(schedules), 0o600))
		if with {
			s.plan(func(*control.Outlook) {})
		}
		got := s.do("schedule pause --for 2h --reason crane")
		if !strings.HasPrefix(got, "Paused until ") || !strings.Contains(got, "in 2h00m.") && !strings.Contains(got, "in 1h59m.") {
			t.Errorf("daemon %v: got\n%swant a pause of two hours", with, got)
		}
		if got := s.do("schedule next --days 1"); !strings.Contains(got, "PAUSE                         paused by hand: crane\n") {
			t.Errorf("daemon %v: got\n%swant the pause", with, got)
		}
		if got := s.do("schedule resume"); !strings.HasPrefix(got, "Resumed, after ") {
			t.Errorf("daemon %v: got %s, want an end", with, got)
		}
		if got := s.do("schedule resume"); !strings.HasPrefix(got, "Nothing was paused.") {
			t.Errorf("daemon %v: got %s, want that nothing is", with, got)
		}
	}
}

func TestStatusSaysNoNextPhotoInAPause(t *testing.T) {
	next := now().Add(time.Minute)
	status := control.Status{Now: now(), TimeZone: "Europe/Berlin", Capture: control.Capture{Next: &next}, Upload: control.Upload{Configured: true, Next: &next}}
	held := pause.State{From: now(), Until: now().Add(2 * time.Hour), Reason: "crane"}
	p := control.PauseOf(held, now())
	status.Pause = &p
	var b strings.Builder
	printStatus(&b, status)
	for _, want := range []string{"capture    paused; it goes on in 2h00m\n", "upload     paused; it goes on in 2h00m\n", "crane"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got\n%swant %q in it", b.String(), want)
		}
	}
}

func TestAPausesEndIsAtTheSite(t *testing.T) {
	s := newScheduled(t, schedules)
	for _, test := range []struct{ until, want string }{
		{"18:00", "Sat 2026-11-21 18:00:00 Europe/Berlin, in 6h11m."},
		{"06:00", "Sun 2026-11-22 06:00:00 Europe/Berlin, in 18h11m."},
		{"2026-11-24", "Tue 2026-11-24 00:00:00 Europe/Berlin, in 2d12h."},
		{"2026-11-24T07:30:00Z", "Tue 2026-11-24 08:30:00 Europe/Berlin, in 2d20h."},
	} {
		if got := s.do("schedule pause --until " + test.until); !strings.HasPrefix(got, "Paused until "+test.want) {
			t.Errorf("--until %s: got\n%swant %s", test.until, got, test.want)
		}
	}
}

func TestWrongCommandLinesSayWhatToDo(t *testing.T) {
	s := newScheduled(t, schedules)
	for _, test := range []struct {
		line, want string
		code       int
	}{
		{"schedule", "name one of its commands", exitUsage},
		{"schedule pause", "--for 2h", exitUsage},
		{"schedule pause --for 2h --until 18:00", "--for 2h", exitUsage},
		{"schedule pause --for soon", "want a duration such as 90m, 2h or 3d", exitUsage},
		{"schedule pause --for -2h", "want a duration", exitUsage},
		{"schedule pause --until whenever", "or a time of day such as 18:00", exitUsage},
		{"schedule pause --for 31d", "a [[pause]]", exitFailure},
		{"schedule pause --until 2026-11-20", "is over already", exitFailure},
		{"schedule next --days 0", "want 1 to 366", exitUsage},
		{"schedule next --days 367", "want 1 to 366", exitUsage},
		{"schedule next -n -1", "want 1 to", exitUsage},
		{"schedule next --kind photo", `"capture", "upload" or "check-in"`, exitUsage},
		{"schedule calendar --month 2026-13", "a month such as 2026-12", exitUsage},
		{"schedule calendar --month december", "a month such as 2026-12", exitUsage},
		{"schedule check --config /no/such/file", "--config names the file", exitFailure},
	} {
		r := s.run(nil, strings.Fields(test.line)...)
		if r.code != test.code || !strings.Contains(r.err, test.want) {
			t.Errorf("%s: got %d, %q, want %d and %q in it", test.line, r.code, r.err, test.code, test.want)
		}
	}
}

// At 03:00 CEST on 25 October 2026 Berlin's clock goes back to 02:00.
func TestAPauseEndsWhenTheClockShowsTheTimeAgain(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ now, until, want string }{
		{"2026-10-25T00:20:00Z", "02:30", "2026-10-25T00:30:00Z"},
		{"2026-10-25T00:40:00Z", "02:30", "2026-10-25T01:30:00Z"},
		{"2026-10-25T01:40:00Z", "02:30", "2026-10-26T01:30:00Z"},
		{"2026-10-25T00:40:00Z", "02:00", "2026-10-25T01:00:00Z"},
		{"2026-10-25T02:10:00Z", "03:00", "2026-10-26T02:00:00Z"},
		{"2026-10-24T23:10:00Z", "01:00", "2026-10-26T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseEnd(test.until, now, berlin); err != nil || got.UTC().Format(time.RFC3339) != test.want {
			t.Errorf("%s at %s: got %v, %v, want %s", test.until, test.now, got.UTC(), err, test.want)
		}
	}
}
