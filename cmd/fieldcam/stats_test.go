package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func TestStatsSumUpQueueAndWeek(t *testing.T) {
	s := newSite(t)
	s.fill()
	s.daemon()
	out := s.do("queue stats")
	for _, want := range []string{
		"STATE         PHOTOS      SIZE\nwaiting            3     15 kB\nheld               1    3.0 kB\nrefused            1    2.0 kB\nkept               0       0 B\nconfirmed          1    1.0 kB\nlost               0       0 B\n",
		"oldest     waiting since Fri 2026-11-20 07:45:01, 28h03m ago\n",
		"no forecast before a whole day has passed\n",
		"7 days     7 due, 6 taken, 1 failed (1 camera-fault), 0 skipped\n",
		"           of 6 photos 1 uploaded, 5 waiting\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant in it\n%s", out, want)
		}
	}
	var r control.Stats
	s.must(json.Unmarshal([]byte(s.do("queue stats --json")), &r))
	if r.Device != device || r.Week.Due != 7 || r.FreeBytes == 0 {
		t.Errorf("got %+v, want the site's", r)
	}
}

func TestStatsWithoutADaemon(t *testing.T) {
	s := newSite(t)
	s.fill()
	if out := s.do("queue stats"); !strings.Contains(out, "waiting            3     15 kB\n") {
		t.Errorf("got\n%s\nwant three waiting", out)
	}
}

// fullStats has everything that can be said, at its longest.
func fullStats() control.Stats {
	counts := control.Counts{
		Due: 120_960, Taken: 120_000, Photos: 240_000, Waiting: 100_000, Uploaded: 120_000, Kept: 10_000, Lost: 5000, Dropped: 4000, Thinned: 1000, Deleted: 99_999,
		Failed:  map[photo.Cause]int{photo.CameraFault: 100_000, photo.CardFull: 100_000, photo.StoreFault: 100_000, photo.Busy: 100_000},
		Skipped: map[photo.Cause]int{photo.NotRunning: 100_000, photo.ClockStep: 100_000},
	}
	s := control.Stats{Now: now(), TimeZone: "America/Argentina/Buenos_Aires", FreeBytes: 999e9, Thinned: 1_000_000, Week: counts,
		Oldest: &control.Photo{Meta: photo.Meta{Taken: now().AddDate(-3, 0, 0)}}, Second: fullStatus().Second,
		Forecast: control.Forecast{Days: 7, InPerDay: 17_280, InBytes: 999e9, OutPerDay: 17_280, OutBytes: 999e9, FullInSecs: 9e7, EmptyInSecs: 9e7}}
	for _, name := range stateNames() {
		s.States = append(s.States, control.StateSum{State: queue.State(name), Photos: 1_000_000, Bytes: 999e9})
	}
	return s
}

func TestStatsAndDaysFitAnEightyColumnTerminal(t *testing.T) {
	var b bytes.Buffer
	s := fullStats()
	printStats(&b, s)
	day := control.Day{Day: "2026-11-21", Session: strings.Repeat("ö", 40), Counts: s.Week}
	day.Due, day.Taken, day.Uploaded = 17_280, 17_280, 17_280
	printDays(&b, []control.Day{day, day})
	long := control.SlotAccount{From: now().AddDate(-1, 0, 0), To: now(), Session: day.Session, Slots: 123_456, Cause: photo.NotRunning, Detail: strings.Repeat("wort ", 90)}
	printSlots(&b, "2026-11-21", []control.SlotAccount{long}, time.UTC)
	narrow(t, b.String())
	if !strings.Contains(b.String(), "full in 1041 days at this rate") || !strings.Contains(b.String(), "empty in 1041 days at this rate") {
		t.Errorf("got\n%s\nwant both forecasts", b.String())
	}
}

func TestForecastsSayWhatTheyDoNotKnow(t *testing.T) {
	for _, tc := range []struct {
		f       control.Forecast
		waiting int64
		full    string
		backlog string
	}{
		{control.Forecast{}, 5, "; no forecast before a whole day has passed", "no forecast before a whole day has passed"},
		{control.Forecast{}, 0, "; no forecast before a whole day has passed", "none"},
		{control.Forecast{Days: 1}, 5, "; it does not fill at this rate", "it does not shrink at this rate"},
		{control.Forecast{Days: 1, FullInSecs: 3 * 86_400, EmptyInSecs: 7200}, 5, "; full in 3 days at this rate", "empty in 2 hours at this rate"},
		{control.Forecast{Days: 1, FullInSecs: 1, EmptyInSecs: 150}, 5, "; full in 1 minute at this rate", "empty in 2 minutes at this rate"},
	} {
		if got := fullText(tc.f); got != tc.full {
			t.Errorf("card: got %q, want %q", got, tc.full)
		}
		if got := backlogText(tc.f, tc.waiting); got != tc.backlog {
			t.Errorf("backlog: got %q, want %q", got, tc.backlog)
		}
	}
}

func TestDaysAccountForEachSlot(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		s.do("queue drop --yes " + string(all[5].ID))
		s.want(s.do("queue days --from 2026-11-20 --to 2026-11-20"), `UTC DAY    SESSION           DUE  TAKEN FAILED SKIPPED UPLOADED WAITING DELETED
2026-11-20 daytime             7      6      1       0        1       4       0
    1 failed (1 camera-fault); 1 DROPPED
`)
		s.want(s.do("queue days --slots 2026-11-20"), `UTC       SITE      SESSION         PHOTOS, OR WHY THERE IS NONE
06:00:00  07:00:00  daytime         000001 confirmed
06:15:00  07:15:00  daytime         000002 refused
06:30:00  07:30:00  daytime         000003 held
06:45:00  07:45:00  daytime         000004 waiting
07:00:00  08:00:00  daytime         000005 waiting
07:15:00  08:15:00  daytime         000006 dropped
07:30:00  08:30:00  daytime         camera-fault: camera does not answer
`)
		var days []control.Day
		s.must(json.Unmarshal([]byte(s.do("queue days --json --from 2026-11-20 --to 2026-11-20")), &days))
		if len(days) != 1 || days[0].Due != 7 || days[0].Dropped != 1 || len(days[0].Proof) == 0 {
			t.Errorf("got %+v, want one day of 7 slots with its proof", days)
		}
		if got := s.do("queue days --slots 2026-01-01"); got != "the ledger has nothing of 2026-01-01\n" {
			t.Errorf("an empty day: got %s", got)
		}
	})
}

func TestWorkTextSaysHowLongItWillTake(t *testing.T) {
	for want, got := range map[string]string{
		"copied 12 of 340 photos, 60 MB of 1.7 GB":             workText("copied", 12, 340, 60e6, 1.7e9, time.Second),
		"copied 12 of 340 photos, 60 MB of 1.7 GB, 4m33s left": workText("copied", 12, 340, 60e6, 1.7e9, 10*time.Second),
		"copied 340 of 340 photos, 1.7 GB of 1.7 GB":           workText("copied", 340, 340, 1.7e9, 1.7e9, time.Hour),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	narrow(t, workText("reading", 1_000_000, 1_000_000, 998e9, 999e9, 1000*time.Hour))
}
