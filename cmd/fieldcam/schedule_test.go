package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/pause"
	"fieldcam/agent/plan"
	"fieldcam/config"
)

// schedules is a site's plan with something of everything.
const schedules = `device = "pole-17"
time_zone = "Europe/Berlin"
[site]
latitude = "52.52"
longitude = "13.4"
[upload]
url = "https://cloud.example/files/"
[camera]
photo_kb = 1200
[link]
speed_kbps = 256
[[session]]
name = "daytime"
kind = "capture"
days = "mon-fri"
from = "06:00"
until = "18:00"
every = "15m"
[[session]]
name = "evening"
kind = "upload"
from = "18:00"
until = "23:00"
every = "1h"
minutes = 30
[[session]]
name = "check-in"
kind = "check-in"
every = "1h"
[[event]]
name = "crane week"
first_day = "2026-12-07"
last_day = "2026-12-09"
[[event.session]]
name = "dense"
kind = "capture"
from = "sunrise"
until = "sunset"
every = "5m"
[[event.session]]
name = "night"
kind = "upload"
from = "22:00"
until = "02:00"
every = "4h"
[[event.session]]
name = "status"
kind = "check-in"
every = "1h"
[[shot]]
name = "topping out"
at = "2026-12-16 20:15:30"
[[pause]]
name = "holidays"
from = "2026-12-23 18:00:00"
until = "2027-01-04 06:00:00"
[[maintenance.window]]
name = "platform"
start = "2026-03-01 19:00"
rule = "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU"
duration = "3h"
`

// newScheduled is a site with that configuration, and a daemon.
func newScheduled(t *testing.T, text string) *site {
	t.Helper()
	s := newSite(t)
	s.must(os.WriteFile(s.config, []byte(text), 0o600))
	s.plan(func(*control.Outlook) {})
	return s
}

// plan serves what the daemon knows of the days to come, until the test ends.
func (s *site) plan(change func(*control.Outlook)) {
	s.t.Helper()
	cfg, err := config.Load(s.config)
	s.must(err)
	held, err := pause.Load(s.state)
	s.must(err)
	s.serve(func(o *control.Options) {
		o.Pause = held
		o.Outlook = func() control.Outlook {
			out := control.Outlook{Now: now(), TimeZone: cfg.TimeZone, Config: plan.Digest(cfg), FreeBytes: 20e9, Pause: control.PauseOf(held.State(), now())}
			change(&out)
			return out
		}
	})
}

func TestScheduleNextTellsDaysThatAreTheSameOnce(t *testing.T) {
	s := newScheduled(t, schedules)
	s.want(s.do("schedule next"), `Sat 21 Nov 2026 from 11:48 on: no photo, 6 uploads, 12 check-ins
  12:00–23:59  check-in  every 1h        12  check-in
  18:00–23:00  upload    every 1h         6  evening: up to 30m
Sun 22 Nov 2026: no photo, 6 uploads, 24 check-ins
  00:00–23:59  check-in  every 1h        24  check-in
  18:00–23:00  upload    every 1h         6  evening: up to 30m
Mon 23 Nov 2026 to Fri 27 Nov 2026, each: 49 photos, 6 uploads, 24 check-ins
  00:00–23:59  check-in  every 1h        24  check-in
  06:00–18:00  capture   every 15m       49  daytime
  18:00–23:00  upload    every 1h         6  evening: up to 30m
Sat 28 Nov 2026 until 11:48: no photo, no upload, 12 check-ins
  00:00–23:59  check-in  every 1h        12  check-in
In 7 days: 245 photos, 42 uploads, 168 check-ins. Times in Europe/Berlin.
`)
}

func TestScheduleNextTellsEventsWindowsShotsAndPauses(t *testing.T) {
	s := newScheduled(t, schedules)
	got := s.do("schedule next --days 40 --kind capture,upload")
	for _, want := range []string{`
Sun 6 Dec 2026: no photo, 6 uploads
  18:00–23:00  upload    every 1h         6  evening: up to 30m
  20:00–23:00  window    maintenance         platform
`, `
Mon 7 Dec 2026: 95 photos, 1 upload
  all day      event                         crane week
  08:02–15:53  capture   every 5m        95  dense
  22:00–02:00  upload    every 4h         2  night: all it can
`, `
Wed 16 Dec 2026: 50 photos, 6 uploads
  06:00–18:00  capture   every 15m       49  daytime
  18:00–23:00  upload    every 1h         6  evening: up to 30m
  20:15        capture   once             1  topping out
`, `
Wed 23 Dec 2026: 48 photos, no upload
  06:00–18:00  capture   every 15m       48  daytime
  from 18:00   PAUSE                         holidays
Thu 24 Dec 2026 to Wed 30 Dec 2026, each: no photo, no upload
  all day      PAUSE                         holidays
`} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%swant in it%s", got, want)
		}
	}
}

func TestScheduleNextListsSlots(t *testing.T) {
	s := newScheduled(t, schedules)
	s.want(s.do("schedule next -n 3 --kind capture"), `Mon 2026-11-23 06:00:00  capture   daytime
Mon 2026-11-23 06:15:00  capture   daytime
Mon 2026-11-23 06:30:00  capture   daytime
In 7 days: 245 photos. Times in Europe/Berlin.
`)
	if got := strings.Count(s.do("schedule next --all"), "\n"); got != 245+42+168+1 {
		t.Errorf("--all: got %d lines, want one for each slot, and the sum", got)
	}
}

// A line for each of 5 s would be 17,280 a day.
func TestScheduleNextIsShortForADenseSchedule(t *testing.T) {
	s := newScheduled(t, strings.Replace(schedules, `every = "15m"`, `every = "5s"`, 1))
	got := s.do("schedule next --days 30")
	if lines := strings.Count(got, "\n"); lines > 120 || !strings.Contains(got, "06:00–18:00  capture   every 5s      8641  daytime\n") {
		t.Errorf("got %d lines, want blocks:\n%s", lines, got)
	}
}

func TestScheduleNextInJSONHasTheSiteAndUTC(t *testing.T) {
	s := newScheduled(t, schedules)
	var r struct {
		Total map[string]int
		Days  []struct {
			Date   string
			Blocks []struct {
				Kind string
				From struct{ Site, UTC string }
			}
		}
		Slots []struct {
			At, Site string
		}
	}
	s.must(json.Unmarshal([]byte(s.do("schedule next --json -n 2 --kind capture")), &r))
	if r.Total["capture"] != 245 || r.Total["check-in"] != 0 || len(r.Days) != 8 || len(r.Slots) != 2 {
		t.Fatalf("got %+v, want 245 captures in 8 days, and 2 slots", r)
	}
	if first := r.Slots[0]; first.Site != "2026-11-23T06:00:00+01:00" || first.At != "2026-11-23T05:00:00Z" {
		t.Errorf("got %+v, want 06:00 in Berlin, 05:00 UTC", first)
	}
	if from := r.Days[2].Blocks[0].From; from.UTC != "2026-11-23T05:00:00Z" {
		t.Errorf("got %+v, want that of the first slot", from)
	}
}

func TestScheduleCalendarDrawsAMonth(t *testing.T) {
	s := newScheduled(t, schedules)
	s.want(s.do("schedule calendar --month 2026-12"), `                                December 2026

 Mon        Tue        Wed        Thu        Fri        Sat        Sun
-----------------------------------------------------------------------------
            1          2          3          4          5          6  M
            49 ↑       49 ↑       49 ↑       49 ↑       - ↑        - ↑
-----------------------------------------------------------------------------
 7  a       8  a       9  a       10         11         12         13
 95 ↑       94 ↑       94 ↑       49 ↑       49 ↑       - ↑        - ↑
-----------------------------------------------------------------------------
 14         15         16  *      17         18         19         20
 49 ↑       49 ↑       50 ↑       49 ↑       49 ↑       - ↑        - ↑
-----------------------------------------------------------------------------
 21         22         23  P      24  P      25  P      26  P      27  P
 49 ↑       49 ↑       48         -          -          -          -
-----------------------------------------------------------------------------
 28  P      29  P      30  P      31  P
 -          -          -          -
-----------------------------------------------------------------------------
 969 photos, 120 uploads, 744 check-ins. Times in Europe/Berlin.
 The number is that of the photos due.   ↑ uploads   [1] today
 M maintenance  Sun 6 Dec 20:00 to 23:00             platform
 a event        Mon 7 Dec to Wed 9 Dec               crane week
 * shot         Wed 16 Dec 20:15                     topping out
 P pause        Wed 23 Dec 18:00 to Mon 4 Jan 06:00  holidays
`)
}

func TestScheduleCalendarMarksToday(t *testing.T) {
	s := newScheduled(t, schedules)
	got := s.do("schedule calendar")
	if !strings.Contains(got, "November 2026") || strings.Count(got, "[21]") != 1 {
		t.Errorf("got\n%swant November, with [21]", got)
	}
	if got := s.do("schedule calendar --month 2027-02"); strings.Contains(got, "[21]") {
		t.Errorf("got\n%swant no day of another month to be today", got)
	}
}

func TestEveryMonthFitsAndHasAllItsDays(t *testing.T) {
	s := newScheduled(t, strings.Replace(schedules, `every = "15m"`, `every = "5s"`, 1))
	for _, month := range []string{"2026-02", "2027-03", "2026-10", "2028-02", "2026-03", "2027-05"} {
		got := s.do("schedule calendar --month " + month) // do checks the width
		first, err := time.Parse("2006-01", month)
		s.must(err)
		last := first.AddDate(0, 1, -1).Day()
		days := 0
		for line := range strings.Lines(got) {
			for _, f := range strings.Fields(line) {
				if f == "↑" {
					days++
				}
			}
		}
		if days-1 != last { // and one in the legend
			t.Errorf("%s: got %d days with uploads, want %d:\n%s", month, days-1, last, got)
		}
	}
}

func TestScheduleCheckSaysTheSumsAndHasItsOwnExitCode(t *testing.T) {
	s := newScheduled(t, strings.Replace(schedules, "minutes = 30", "photos = 2", 1))
	r := s.run(nil, "schedule", "check")
	if r.code != exitPlan {
		t.Errorf("exit code: got %d, want %d", r.code, exitPlan)
	}
	want := `WARNING   245 photos are due in the next 7 days; 42 upload sessions in that time
          can send 84: 161 more wait with every week, and none is given up.
          → Set photos = 0 (as many as possible) in an upload session, or give
            them at least 6 photos each.
`
	if r.out != want {
		t.Errorf("got\n%s\nwant\n%s", r.out, want)
	}
	var found []plan.Finding
	s.must(json.Unmarshal([]byte(s.run(nil, "schedule", "check", "--json").out), &found))
	if len(found) != 1 || found[0].Code != plan.UploadTooSmall {
		t.Errorf("--json: got %+v, want that one", found)
	}
}

func TestScheduleCheckOfAGoodPlanSaysSo(t *testing.T) {
	s := newScheduled(t, schedules)
	s.want(s.do("schedule check"), "schedule: good\n")
}
