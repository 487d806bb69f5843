package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/pause"
	"fieldcam/agent/plan"
)

// window is a [[maintenance.window]].
func window(name, start, rule, zone, duration string) string {
	return fmt.Sprintf("[[maintenance.window]]\nname = %q\nclass = \"maintenance\"\nstart = %q\nrule = %q\ntime_zone = %q\nduration = %q\n", name, start, rule, zone, duration)
}

// event is an [[event]] with those sessions.
func event(name, first, last string, sessions ...string) string {
	return fmt.Sprintf("[[event]]\nname = %q\nfirst_day = %q\nlast_day = %q\n", name, first, last) +
		strings.ReplaceAll(strings.Join(sessions, ""), "[[session]]", "[[event.session]]")
}

func eventDay() string { return session("event day", "capture", "daily", "06:00", "18:00", "15m") }

func eventStatus() string {
	return session("event status", "check-in", "daily", "00:00", "23:00", "1h") + session("event send", "upload", "daily", "06:00", "18:00", "15m")
}

func TestAWindowThatCoversAWeeksOnlyUploadSessionIsFound(t *testing.T) {
	text := cloud + session("day", "capture", "sat", "06:00", "18:00", "15m") + session("weekly", "upload", "sat", "22:30", "01:30", "24h") +
		window("monthly", "2026-01-31 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "Europe/Berlin", "4h")
	found := check(t, text, enough())
	want(t, found, plan.WindowCovers, health.Warning,
		`the maintenance window "monthly" of Sat 28 Nov 2026 22:00 to Sun 29 Nov 2026 02:00 covers every upload session of Sat 28 Nov 2026; the photos wait for the one of Sat 5 Dec 2026 22:30; so it is on 11 more days within a year`)
}

func TestAWindowThatLeavesASessionOfTheDayIsNone(t *testing.T) {
	rule := window("monthly", "2026-01-31 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "Europe/Berlin", "4h")
	for name, text := range map[string]string{
		"one that begins before": session("weekly", "upload", "sat", "21:30", "01:30", "24h"),
		// In March the window ends at 03:00, four hours after its begin.
		"one that ends after": session("weekly", "upload", "sat", "22:30", "03:30", "24h"),
		"another":             session("weekly", "upload", "sat", "22:30", "01:30", "24h") + session("noon", "upload", "sat", "12:00", "12:00", "24h"),
		"none on that day":    session("weekly", "upload", "mon", "22:30", "01:30", "24h"),
	} {
		t.Run(name, func(t *testing.T) {
			wantNone(t, check(t, cloud+session("day", "capture", "sat", "06:00", "18:00", "15m")+text+rule, enough()), plan.WindowCovers)
		})
	}
}

func TestAWindowOverOneNightOfManyIsOnlyWorthKnowing(t *testing.T) {
	text := cloud + session("day", "capture", "daily", "06:00", "18:00", "15m") + session("night", "upload", "daily", "22:00", "01:00", "24h") +
		window("once", "2026-11-28 22:00:00", "", "Europe/Berlin", "4h")
	want(t, check(t, text, enough()), plan.WindowCovers, health.Info,
		`the maintenance window "once" of Sat 28 Nov 2026 22:00 to Sun 29 Nov 2026 02:00 covers every upload session of Sat 28 Nov 2026; the photos wait for the one of Sun 29 Nov 2026 22:00`)
}

func TestAnAnnouncedWindowCountsAndRoutineWorkDoesNot(t *testing.T) {
	text := cloud + session("day", "capture", "sat", "06:00", "18:00", "15m") + session("weekly", "upload", "sat", "22:30", "01:30", "24h")
	f := enough()
	at := time.Date(2026, 11, 28, 21, 0, 0, 0, time.UTC)
	f.Windows = []plan.Announced{{Name: "fix", Class: maintenance.HotFix, From: at, Until: at.Add(5 * time.Hour)}}
	want(t, check(t, text, f), plan.WindowCovers, health.Warning,
		`the maintenance window "fix" of Sat 28 Nov 2026 22:00 to Sun 29 Nov 2026 03:00 covers every upload session of Sat 28 Nov 2026; the photos wait for the one of Sat 5 Dec 2026 22:30`)
	f.Windows[0].Class = maintenance.Routine
	wantNone(t, check(t, text, f), plan.WindowCovers)
}

func TestWindowsThatTouchCoverTogether(t *testing.T) {
	text := cloud + session("day", "capture", "sat", "06:00", "18:00", "15m") + session("weekly", "upload", "sat", "22:30", "01:30", "24h") +
		window("one", "2026-11-28 22:00:00", "", "Europe/Berlin", "2h") + window("two", "2026-11-29 00:00:00", "", "Europe/Berlin", "2h")
	if found := of(check(t, text, enough()), plan.WindowCovers); len(found) != 1 {
		t.Errorf("got %+v, want that of one day, once", found)
	}
}

func TestEventsThatOverlapOrAreOverAreFound(t *testing.T) {
	text := cloud + daily() +
		event("old", "2026-11-01", "2026-11-20", eventDay()+eventStatus()) +
		event("a", "2026-12-01", "2026-12-07", eventDay()+eventStatus()) +
		event("b", "2026-12-07", "2026-12-10", eventDay()+eventStatus()) +
		event("c", "2026-12-11", "2026-12-11", eventDay()+eventStatus())
	found := check(t, text, enough())
	want(t, found, plan.EventOver, health.Info, `the event "old" is over since Sat 21 Nov 2026`)
	want(t, found, plan.EventsOverlap, health.Warning, `the events "a" and "b" overlap: from Mon 7 Dec 2026 to Mon 7 Dec 2026 the sessions of both run`)
}

func TestAnEventWithoutPhotosIsFound(t *testing.T) {
	found := check(t, cloud+daily()+event("works", "2026-12-01", "2026-12-02", eventStatus()), enough())
	want(t, found, plan.EventEmpty, health.Warning, `the event "works" has no capture session: from 2026-12-01 to 2026-12-02 no photo is taken but for shots`)
}

func TestShotsThatWillNotBeTakenAreFound(t *testing.T) {
	text := cloud + daily() + `
[[shot]]
name = "past"
at = "2026-11-20 12:00:00"
[[shot]]
name = "paused"
at = "2026-12-24 12:00:00"
[[shot]]
name = "fine"
at = "2026-12-26 12:00:00"
[[pause]]
name = "holidays"
from = "2026-12-24 12:00:00"
until = "2026-12-26 12:00:00"
`
	found := check(t, text, enough())
	want(t, found, plan.ShotOver, health.Info, `the shot "past" is over: it was due on Fri 20 Nov 2026 12:00`)
	want(t, found, plan.ShotPaused, health.Warning, `the shot "paused" of Thu 24 Dec 2026 12:00 will not be taken: the pause "holidays" is from Thu 24 Dec 2026 12:00 to Sat 26 Dec 2026 12:00`)
}

func TestAPersonsPauseCoversShots(t *testing.T) {
	f := enough()
	f.Pause = pause.State{From: now().Add(-time.Hour), Until: now().Add(2 * time.Hour)}
	found := check(t, cloud+daily()+"[[shot]]\nname = \"noon\"\nat = \"2026-11-21 12:00:00\"\n", f)
	want(t, found, plan.ShotPaused, health.Warning, `the shot "noon" of Sat 21 Nov 2026 12:00 will not be taken: the pause "paused by hand" is from Sat 21 Nov 2026 10:48 to 13:48`)
}

func TestAPauseWithoutAnEndInSightIsFound(t *testing.T) {
	pauses := func(until string) string {
		return cloud + daily() + "[[pause]]\nname = \"p\"\nfrom = \"2026-12-01 00:00:00\"\nuntil = \"" + until + "\"\n"
	}
	wantNone(t, check(t, pauses("2026-12-31 00:00:00"), enough()), plan.PauseLong)
	want(t, check(t, pauses("2199-01-01 00:00:00"), enough()), plan.PauseLong, health.Warning,
		`the pause "p" has no end in sight: it lasts until Tue 1 Jan 2199 00:00, 62,853 days, and no photo is taken meanwhile`)
}

func TestAPersonsPauseByAnUnsetClockIsNoMatter(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		f := enough()
		f.Pause = pause.State{From: at, Until: at.Add(time.Hour)}
		if found := check(t, cloud+daily(), f); len(found) > 0 {
			t.Errorf("%v: got %+v, want none", at, found)
		}
	}
}

func TestNamesThatPeopleTakeForEachOtherAreFound(t *testing.T) {
	text := cloud + daily() + session("DAY", "capture", "daily", "06:05", "18:05", "15m") + `
[[shot]]
name = "day"
at = "2026-12-24 12:00:00"
` + event("Send ", "2026-12-01", "2026-12-02", eventDay()+eventStatus())
	var texts []string
	for _, f := range of(check(t, text, enough()), plan.NamesCollide) {
		texts = append(texts, f.Text)
	}
	wanted := []string{
		`the session "day" and the session "DAY" differ only by capitals or spaces`,
		`the session and the shot have the name "day": the ledger sums up their photos as one`,
		`the session "send" and the event "Send " differ only by capitals or spaces`,
	}
	if strings.Join(texts, "\n") != strings.Join(wanted, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(texts, "\n"), strings.Join(wanted, "\n"))
	}
}

func TestAnEventsSessionMayHaveTheNameOfTheWeeks(t *testing.T) {
	text := cloud + daily() + event("e", "2026-12-01", "2026-12-02", strings.ReplaceAll(eventDay(), "event day", "day")+eventStatus())
	wantNone(t, check(t, text, enough()), plan.NamesCollide)
}

func TestASessionThatChangesNothingIsFound(t *testing.T) {
	for _, test := range []struct {
		name, session string
		shadowed      bool
	}{
		{"fewer of the same times", session("x", "capture", "wed", "07:00", "17:00", "1h"), true},
		{"one of the same times", session("x", "capture", "wed", "12:15", "12:15", "24h"), true},
		{"the same", session("x", "capture", "daily", "06:00", "18:00", "15m"), true},
		{"later ones", session("x", "capture", "wed", "07:00", "18:15", "15m"), false},
		{"between", session("x", "capture", "wed", "07:05", "17:05", "1h"), false},
		{"oftener", session("x", "capture", "wed", "07:00", "17:00", "5m"), false},
		{"over midnight", session("x", "capture", "wed", "17:00", "06:00", "1h"), false},
		{"another kind", session("x", "check-in", "wed", "07:00", "07:00", "24h"), true},
		{"an upload with less", session("x", "upload", "wed", "07:00", "17:00", "1h", "photos = 3"), true},
		{"an upload in another order", session("x", "upload", "wed", "07:00", "17:00", "1h", `order = "oldest-first"`), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := len(of(check(t, cloud+daily()+test.session, enough()), plan.Shadowed)) == 1; got != test.shadowed {
				t.Errorf("got %v, want %v", got, test.shadowed)
			}
		})
	}
	want(t, check(t, cloud+daily()+session("x", "capture", "wed", "07:00", "17:00", "1h"), enough()), plan.Shadowed, health.Info,
		`the session "x" changes nothing: "day" is due at each of its times as well`)
}

// In Berlin a session from 00:00 every 2 h is due at 05:00 and 07:00 on the day on
// which the clock goes from 02:00 to 03:00.
func TestASessionIsNotShadowedByOneThatTheClocksChangeShifts(t *testing.T) {
	around := session("around", "capture", "daily", "00:00", "23:59:59", "2h")
	day := session("day", "capture", "daily", "06:00", "18:00", "4h")
	wantNone(t, check(t, cloud+around+day, enough()), plan.Shadowed)
	night := session("night", "capture", "daily", "00:00", "06:00", "4h")
	if found := of(check(t, cloud+around+night, enough()), plan.Shadowed); len(found) != 1 {
		t.Errorf("got %+v, want the one that begins with the other", found)
	}
}

func TestSessionsByAPolarSunAreFound(t *testing.T) {
	text := func(latitude string) string {
		return cloud + daily() + session("light", "capture", "daily", "sunrise", "sunset", "1h") + "[site]\nlatitude = \"" + latitude + "\"\nlongitude = \"18.95\"\n"
	}
	want(t, check(t, text("69.65"), enough()), plan.PolarSun, health.Info,
		`at 69.65° the sun stays up, or down, for days: sunrise and sunset are then the ends of the day, or both are the sun's noon, and sessions by them ("light") last all day, or have no slot`)
	want(t, check(t, text("-77.8"), enough()), plan.PolarSun, health.Info,
		`at -77.8° the sun stays up, or down, for days: sunrise and sunset are then the ends of the day, or both are the sun's noon, and sessions by them ("light") last all day, or have no slot`)
	wantNone(t, check(t, text("52.5"), enough()), plan.PolarSun)
}

func TestAScheduleThatNobodyCanMeanIsFoundSoon(t *testing.T) {
	var text strings.Builder
	text.WriteString(cloud)
	for n := range 5 {
		fmt.Fprint(&text, session(fmt.Sprint("c", n), "capture", "daily", fmt.Sprintf("00:00:0%d", n), "23:59:59", "5s"))
	}
	fmt.Fprint(&text, session("u", "upload", "daily", "00:00", "23:59:59", "5s"), session("s", "check-in", "daily", "00:00", "23:59:59", "5s"))
	want(t, check(t, text.String(), enough()), plan.TooDense, health.Warning,
		"up to 86,400 photos, 17,280 uploads and 17,280 check-ins on Sat 21 Nov 2026 are more than the 100,000 slots that can be meant; whether link, budget and card take them is not checked")
}

func TestTheWorstFindingIsFirst(t *testing.T) {
	found := check(t, cloud+session("x", "check-in", "daily", "00:00", "23:00", "1h")+event("old", "2026-11-01", "2026-11-20", eventDay()), enough())
	if len(found) < 2 || found[0].Severity != health.Critical || found[len(found)-1].Severity != health.Info {
		t.Errorf("got %+v, want the critical one first and what is worth knowing last", found)
	}
}
