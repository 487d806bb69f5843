package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/health"
	"fieldcam/agent/pause"
	"fieldcam/agent/plan"
	"fieldcam/capture/schedule"
)

func newPlan(t testing.TB, text string, f plan.Facts) *plan.Plan {
	t.Helper()
	p, err := plan.New(parse(t, text), f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// berlin is a time at the site.
func berlin(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour-1, minute, 0, 0, time.UTC) // in winter
}

// blockTexts writes blocks, one a line.
func blockTexts(all []plan.Block) string {
	var text strings.Builder
	for _, b := range all {
		fmt.Fprintf(&text, "%s %s %s %s-%s every %gs: %d\n", b.Kind, b.Session, b.From.Format("02"), b.From.Format("15:04:05"), b.Until.Format("15:04:05"), b.EverySeconds, b.Slots)
	}
	return text.String()
}

func TestTheAgendaHasEachDayWithItsBlocks(t *testing.T) {
	p := newPlan(t, daily()+session("night", "capture", "daily", "22:00", "02:00", "1h"), plan.Facts{})
	a := p.Agenda(now(), berlin(11, 23, 0, 0))
	if a.TimeZone != "Europe/Berlin" || len(a.Days) != 2 || a.Days[0].Whole || !a.Days[1].Whole {
		t.Fatalf("got %+v, want the rest of Saturday, and Sunday", a)
	}
	// Saturday from 11:48 on: 12:00 to 18:00 are 25, and 22:00, 23:00. Sunday has 49,
	// and 00:00 to 02:00, 22:00, 23:00.
	if d := cmp.Diff([]plan.Counts{{Captures: 27, Uploads: 25, CheckIns: 12}, {Captures: 54, Uploads: 49, CheckIns: 24}, {Captures: 81, Uploads: 74, CheckIns: 36}},
		[]plan.Counts{a.Days[0].Counts, a.Days[1].Counts, a.Total}); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
	if got, want := blockTexts(a.Days[0].Blocks), `capture day 21 12:00:00-18:00:00 every 900s: 25
upload send 21 12:00:00-18:00:00 every 900s: 25
check-in status 21 12:00:00-23:59:59 every 3600s: 12
capture night 21 22:00:00-02:00:00 every 3600s: 5
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestABlockThatHasBegunIsToldFromNowOn(t *testing.T) {
	p := newPlan(t, session("night", "capture", "daily", "22:00", "02:00", "1h"), plan.Facts{})
	if got, want := blockTexts(p.Blocks(berlin(11, 22, 0, 30), berlin(11, 22, 12, 0))), "capture night 22 01:00:00-02:00:00 every 3600s: 2\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

// In a pause nothing is due but check-ins, and what is cut in two is counted right.
func TestPausesAreTakenOutOfBlocks(t *testing.T) {
	text := daily() + `
[[pause]]
name = "lunch"
from = "2026-11-23 12:00:00"
until = "2026-11-23 13:00:00"
[[pause]]
name = "works"
from = "2026-11-23 12:30:00"
until = "2026-11-23 14:00:00"
`
	f := plan.Facts{Pause: pause.State{From: berlin(11, 23, 6, 0), Until: berlin(11, 23, 7, 0)}}
	a := newPlan(t, text, f).Agenda(berlin(11, 23, 0, 0), berlin(11, 24, 0, 0))
	// 49 without 12:00 to 13:45, and 06:00 to 06:45.
	if d := a.Days[0]; d.Captures != 49-8-4 || d.Uploads != 49-8-4 || d.CheckIns != 24 || len(d.Pauses) != 3 {
		t.Errorf("got %+v, want 37 photos, 37 uploads, 24 check-ins and three pauses", d)
	}
	if got, want := blockTexts(a.Days[0].Blocks), `check-in status 23 00:00:00-23:59:59 every 3600s: 24
capture day 23 07:00:00-18:00:00 every 900s: 37
upload send 23 07:00:00-18:00:00 every 900s: 37
`; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// What the blocks say of themselves is what the schedule does.
// A person's pause is of instants: it ends before the slot at its end, also where
// the clock shows that time twice.
func TestAPersonsPauseIsExact(t *testing.T) {
	const around = `[[session]]
name = "around"
kind = "capture"
every = "10m"
`
	for _, from := range []time.Time{berlin(6, 1, 17, 0), time.Date(2026, 10, 25, 0, 50, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 10, 0, 0, time.UTC)} {
		until := from.Add(20 * time.Minute)
		p := newPlan(t, around, plan.Facts{Pause: pause.State{From: from, Until: until, Set: from}})
		a := p.Agenda(from.Add(-time.Hour), from.Add(time.Hour))
		if got := a.Total.Captures; got != 10 {
			t.Errorf("from %v: got %d photos, want 12 but for two", from, got)
		}
		for _, d := range a.Days {
			for _, v := range d.Pauses {
				if !v.From.Equal(from) || !v.Until.Equal(until) {
					t.Errorf("from %v: got %v to %v, want 20 min", from, v.From, v.Until)
				}
			}
		}
	}
}

func TestBlocksHaveTheSlotsThatTheScheduleHas(t *testing.T) {
	text := session("a", "capture", "daily", "21:59:57", "02:00", "7s") + session("s", "upload", "mon-fri", "06:00", "18:00", "15m") + `
[[pause]]
name = "p"
from = "2026-11-22 23:59:58"
until = "2026-11-23 00:30:01"
[[shot]]
name = "x"
at = "2026-11-22 13:00:00"
`
	p := newPlan(t, text, plan.Facts{})
	for _, hours := range []int{1, 5, 13, 26, 49, 200} {
		from := now().Add(time.Duration(hours) * 37 * time.Minute)
		until := from.Add(time.Duration(hours) * time.Hour)
		got := map[schedule.Kind]int{}
		for _, b := range p.Blocks(from, until) {
			got[b.Kind] += b.Slots
			if b.From.Before(from) || !b.From.Before(until) || b.Slots < 1 {
				t.Errorf("got %+v, want one with slots between %v and %v", b, from, until)
			}
		}
		want := map[schedule.Kind]int{}
		for s := range p.Slots(from, until) {
			want[s.Kind]++
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d h (-want +got):\n%s", hours, d)
		}
	}
}

func TestDaysOfBothClockChangesAreWhole(t *testing.T) {
	p := newPlan(t, session("all", "capture", "daily", "00:00", "23:59:59", "1h"), plan.Facts{})
	for _, test := range []struct {
		month time.Month
		day   int
		want  int
	}{{3, 29, 23}, {10, 25, 25}, {11, 22, 24}} {
		a := p.Agenda(p.Midnight(2026, test.month, test.day), p.Midnight(2026, test.month, test.day+1))
		if len(a.Days) != 1 || !a.Days[0].Whole || a.Total.Captures != test.want {
			t.Errorf("%v %d: got %d days of %d photos, want one of %d", test.month, test.day, len(a.Days), a.Total.Captures, test.want)
		}
	}
}

func TestADayThatTheCalendarSkipsIsNone(t *testing.T) {
	c := parse(t, daily())
	c.TimeZone = "Pacific/Apia"
	p, err := plan.New(c, plan.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	a := p.Agenda(p.Midnight(2011, 12, 28), p.Midnight(2012, 1, 2))
	var dates []string
	for _, d := range a.Days {
		dates = append(dates, d.Date)
	}
	if got, want := strings.Join(dates, " "), "2011-12-28 2011-12-29 2011-12-31 2012-01-01"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The two calendars that users know, as they are seen at a site in Berlin.
func TestTheKnownMaintenanceCalendarsAreOnTheAgenda(t *testing.T) {
	text := daily() +
		window("winter", "2026-03-01 19:00:00", "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU", "UTC", "3h") +
		window("summer", "2026-06-07 20:00:00", "FREQ=YEARLY;BYMONTH=6,9;BYDAY=1SU", "UTC", "3h") +
		window("monthly", "2026-01-31 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "America/Denver", "4h")
	a := newPlan(t, text, plan.Facts{}).Agenda(berlin(11, 21, 0, 0), berlin(12, 31, 0, 0))
	var got []string
	for _, d := range a.Days {
		for _, w := range d.Windows {
			got = append(got, fmt.Sprintf("%s: %s %s-%s", d.Date, w.Name, w.From.Format("02 15:04"), w.Until.Format("02 15:04")))
		}
	}
	want := []string{
		"2026-11-29: monthly 29 06:00-29 10:00",
		"2026-12-06: winter 06 20:00-06 23:00",
		"2026-12-27: monthly 27 06:00-27 10:00",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTimesInJSONAreAtTheSiteAndInUTC(t *testing.T) {
	p := newPlan(t, daily(), plan.Facts{})
	b, err := json.Marshal(p.Agenda(now(), now().Add(time.Hour)).Days[0].From)
	if got, want := string(b), `{"site":"2026-11-21T11:48:00+01:00","utc":"2026-11-21T10:48:00Z"}`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestTheDigestTellsPlansApartAndNothingElse(t *testing.T) {
	of := func(text string) string { return plan.Digest(parse(t, text)) }
	same := of(cloud + daily())
	if got := of("model = \"mini\"\n" + cloud + daily() + "[mqtt]\nkeep_alive = \"2m\"\n"); got != same {
		t.Errorf("another broker: got %s, want %s", got, same)
	}
	if got := of(shutterCamera("buffer = 3") + daily()); got != of(shutterCamera("buffer = 3")+daily()) || got == of(shutterCamera("buffer = 4")+daily()) {
		t.Errorf("a camera's limits: got %s, want it for these only", got)
	}
	for _, text := range []string{
		cloud + strings.Replace(daily(), "15m", "20m", 1), daily(), strings.Replace(cloud, "256", "257", 1) + daily(),
		cloud + daily() + event("e", "2026-12-01", "2026-12-01", eventDay()), cloud + daily() + window("w", "2026-12-01 00:00:00", "", "UTC", "1h"),
	} {
		if of(text) == same {
			t.Errorf("another plan has the same digest: %s", text)
		}
	}
}

func TestFindingsRaiseTheirConditions(t *testing.T) {
	text := strings.Replace(cloud, "[link]", "[link]\nbudget_mb = 100", 1) + session("day", "capture", "daily", "06:00", "18:00", "15m") +
		session("Day", "upload", "daily", "19:00", "20:00", "30m", "photos = 6") + event("old", "2026-11-01", "2026-11-20", eventDay())
	got := map[health.Name]string{}
	for _, r := range plan.Conditions(check(t, text, enough())) {
		if _, twice := got[r.Name]; twice || r.Severity != r.Name.Severity() {
			t.Errorf("got %+v, want it once, as severe as its name", r)
		}
		got[r.Name] = r.Text
	}
	for name, want := range map[health.Name]string{health.UploadsBehind: "217 more wait", health.DataBudget: "the month's budget is 100 MB", health.ScheduleWarning: "differ only by"} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: got %q, want %q in it", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("got also %v, want none: what is worth knowing raises nothing", got)
	}
	none := plan.Conditions(check(t, session("x", "check-in", "daily", "00:00", "23:00", "1h"), enough()))
	if len(none) != 1 || none[0].Name != health.NoSchedule || none[0].Severity != health.Critical {
		t.Errorf("got %+v, want that there is no schedule", none)
	}
	for _, r := range none {
		if !slices.Contains(plan.ConditionNames(), r.Name) {
			t.Errorf("%s is not among the names that are cleared", r.Name)
		}
	}
}

func TestAConditionSaysHowManyFindingsItIsAbout(t *testing.T) {
	text := cloud + daily()
	for n := range 20 {
		text += fmt.Sprintf("[[shot]]\nname = \"shot %d\"\nat = \"2026-12-24 12:00:00\"\n", n)
	}
	text += "[[pause]]\nname = \"p\"\nfrom = \"2026-12-24 12:00:00\"\nuntil = \"2026-12-24 13:00:00\"\n"
	raised := plan.Conditions(check(t, text, enough()))
	if len(raised) != 1 || !strings.HasPrefix(raised[0].Text, `20 findings of "fieldcam schedule check", one: the shot "shot 0"`) {
		t.Errorf("got %+v, want the first of twenty, and that they are so many", raised)
	}
}
