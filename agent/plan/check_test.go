package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/pause"
	"fieldcam/agent/plan"
	"fieldcam/config"
)

// now is a Saturday, 11:48 in Berlin.
func now() time.Time { return time.Date(2026, 11, 21, 10, 48, 0, 0, time.UTC) }

// head is what each test's file begins with; tables after it are the test's.
const head = `
device = "pole-17"
time_zone = "Europe/Berlin"
`

// cloud is where photos go, and what link and camera give.
const cloud = `
[upload]
url = "https://cloud.example/files/"
[camera]
photo_kb = 1200
[link]
speed_kbps = 256
`

// session is a [[session]].
func session(name, kind, days, from, until, every string, more ...string) string {
	return fmt.Sprintf("[[session]]\nname = %q\nkind = %q\ndays = %q\nfrom = %q\nuntil = %q\nevery = %q\n%s\n", name, kind, days, from, until, every, strings.Join(more, "\n"))
}

// daily is a plan in which all is well.
func daily() string {
	return session("day", "capture", "daily", "06:00", "18:00", "15m") + session("send", "upload", "daily", "06:00", "18:00", "15m") +
		session("status", "check-in", "daily", "00:00", "23:59:59", "1h")
}

func parse(t testing.TB, text string) config.Config {
	t.Helper()
	c, err := config.Parse("test.toml", []byte(head+text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func check(t testing.TB, text string, f plan.Facts) []plan.Finding {
	t.Helper()
	found, err := plan.Check(parse(t, text), f, now())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// enough are facts with which nothing is missing.
func enough() plan.Facts { return plan.Facts{FreeBytes: 20e9} }

// of are the findings of a code.
func of(all []plan.Finding, code plan.Code) (found []plan.Finding) {
	for _, f := range all {
		if f.Code == code {
			found = append(found, f)
		}
	}
	return found
}

// want fails unless the only finding of its code is this one.
func want(t *testing.T, all []plan.Finding, code plan.Code, severity health.Severity, text string) {
	t.Helper()
	found := of(all, code)
	if len(found) != 1 || found[0].Severity != severity || found[0].Text != text {
		t.Errorf("got %+v\nwant one %s, %s: %s\nof %+v", found, severity, code, text, all)
	}
}

// wantNone fails where there is a finding of the code.
func wantNone(t *testing.T, all []plan.Finding, code plan.Code) {
	t.Helper()
	if found := of(all, code); len(found) > 0 {
		t.Errorf("got %+v, want no %s", found, code)
	}
}

func TestAPlanInWhichAllIsWellHasNoFinding(t *testing.T) {
	if found := check(t, cloud+daily(), enough()); len(found) > 0 {
		t.Errorf("got %+v, want none", found)
	}
}

func TestTheDefaultOfEachModelHasNoWarning(t *testing.T) {
	for _, model := range config.Models() {
		found := check(t, fmt.Sprintf("model = %q\n", model)+cloud, enough())
		for _, f := range found {
			if f.Severity != health.Info {
				t.Errorf("%s: got %+v, want no warning", model, f)
			}
		}
	}
}

func TestNoPhotoInSevenDaysIsCriticalAndSaysWhy(t *testing.T) {
	want(t, check(t, cloud+session("x", "check-in", "daily", "00:00", "23:00", "1h"), enough()), plan.NoCapture, health.Critical,
		"no photo is due in the next 7 days: no capture session is on these days; and none after that")

	want(t, check(t, cloud+daily()+`
[[pause]]
name = "winter"
from = "2026-11-01 00:00:00"
until = "2026-12-05 07:00:00"
`, enough()), plan.NoCapture, health.Critical,
		`no photo is due in the next 7 days: the pause "winter" lasts until Sat 5 Dec 2026 07:00; the next is due on Sat 5 Dec 2026 07:00`)

	held := enough()
	held.Pause = pause.State{From: now().Add(-time.Hour), Until: now().Add(9 * 24 * time.Hour), Reason: "crane"}
	want(t, check(t, cloud+daily(), held), plan.NoCapture, health.Critical,
		`no photo is due in the next 7 days: the pause "paused by hand: crane" lasts until Mon 30 Nov 2026 11:48; the next is due on Mon 30 Nov 2026 12:00`)
}

func TestAFixedCountThatIsTooSmallIsSaidWithItsSums(t *testing.T) {
	// 49 photos a day, 3 × 6 sent.
	text := session("day", "capture", "daily", "06:00", "18:00", "15m") + session("evening", "upload", "daily", "19:00", "20:00", "30m", "photos = 6")
	found := check(t, cloud+text, enough())
	want(t, found, plan.UploadTooSmall, health.Warning,
		"343 photos are due in the next 7 days; 21 upload sessions in that time can send 126: 217 more wait with every week, and none is given up")
	if advice := of(found, plan.UploadTooSmall)[0].Advice; !strings.Contains(advice, "17 photos each") {
		t.Errorf("got the advice %q, want 17 photos each: 21 × 17 = 357", advice)
	}
	// One that sends as many as possible is enough.
	wantNone(t, check(t, cloud+text+session("night", "upload", "sun", "22:00", "05:00", "24h"), enough()), plan.UploadTooSmall)
	// And so is a count that suffices.
	wantNone(t, check(t, cloud+strings.Replace(text, "photos = 6", "photos = 17", 1), enough()), plan.UploadTooSmall)
}

func TestALimitInMegabytesThatIsTooSmallIsSaidWithItsSums(t *testing.T) {
	text := session("day", "capture", "daily", "06:00", "18:00", "15m") + session("evening", "upload", "daily", "19:00", "22:00", "3h", "megabytes = 20")
	found := check(t, cloud+text, enough())
	// 343 × 1.2 MB; 14 × 20 MB.
	want(t, found, plan.UploadTooSmall, health.Warning,
		"343 photos of 1.2 MB are 412 MB in the next 7 days; 14 upload sessions in that time may send 280 MB: 132 MB more wait with every week, and none is given up")
}

func TestALinkThatIsTooSlowIsSaidWithItsSums(t *testing.T) {
	text := session("day", "capture", "daily", "06:00", "18:00", "15m") + session("evening", "upload", "daily", "19:00", "20:00", "1h")
	// 7 × (1 h, and 5 min for the slot at its end) at 32 kB/s are 873.6 MB.
	wantNone(t, check(t, cloud+text, enough()), plan.LinkTooSlow)
	slow := enough()
	slow.Kbps = 64 // what was measured goes before what is expected
	want(t, check(t, cloud+text, slow), plan.LinkTooSlow, health.Warning,
		"343 photos of 1.2 MB are 412 MB in the next 7 days; at 64 kbit/s the upload sessions' 7 h carry 202 MB: the backlog grows by 210 MB a week")
	large := enough()
	large.PhotoBytes = 12_000_000
	want(t, check(t, cloud+text, large), plan.LinkTooSlow, health.Warning,
		"343 photos of 12 MB are 4.12 GB in the next 7 days; at 256 kbit/s the upload sessions' 7 h carry 806 MB: the backlog grows by 3.31 GB a week")
}

func TestAPauseTakesItsTimeFromTheUploads(t *testing.T) {
	text := session("day", "capture", "daily", "06:00", "18:00", "15m") + session("night", "upload", "daily", "19:00", "05:00", "24h") + `
[[pause]]
name = "works"
from = "2026-11-21 19:00:00"
until = "2026-11-28 06:00:00"
`
	// Today 25, and 24 on the last day; the session of that evening is too late.
	want(t, check(t, cloud+text, enough()), plan.NoUpload, health.Warning,
		"49 photos are due in the next 7 days, and no upload session is")
}

func TestMinutesLimitTheTimeOfTheUploads(t *testing.T) {
	text := session("day", "capture", "daily", "06:00", "18:00", "15m") + session("send", "upload", "daily", "06:00", "18:00", "1h", "minutes = 1")
	slow := enough()
	slow.Kbps = 128
	// 91 × 1 min at 16 kB/s.
	want(t, check(t, cloud+text, slow), plan.LinkTooSlow, health.Warning,
		"343 photos of 1.2 MB are 412 MB in the next 7 days; at 128 kbit/s the upload sessions' 91 min carry 87.4 MB: the backlog grows by 324 MB a week")
}

func TestAnEventThatTheLinkCannotTakeIsFoundBeforeItBegins(t *testing.T) {
	text := cloud + daily() + `
[[event]]
name = "crane"
first_day = "2026-12-07"
last_day = "2026-12-12"
` + strings.ReplaceAll(session("dense", "capture", "daily", "08:00", "15:59:59", "5s")+session("send", "upload", "daily", "22:00", "04:00", "24h"), "[[session]]", "[[event.session]]")
	found := check(t, text, enough())
	want(t, found, plan.LinkTooSlow, health.Warning,
		"34,609 photos of 1.2 MB are 41.5 GB in the 7 days from Mon 7 Dec 2026 on; at 256 kbit/s the upload sessions' 48 h carry 5.53 GB: the backlog grows by 36 GB a week")
	want(t, found, plan.EventSilent, health.Info, `the event "crane" has no check-in session: from 2026-12-07 to 2026-12-12 only heartbeats tell of the controller`)
}

func TestPhotosWithoutAnUploadSessionAreFound(t *testing.T) {
	text := session("day", "capture", "daily", "06:00", "18:00", "15m")
	want(t, check(t, cloud+text, enough()), plan.NoUpload, health.Warning, "343 photos are due in the next 7 days, and no upload session is")
	// Who has no cloud wants none.
	wantNone(t, check(t, text, enough()), plan.NoUpload)
}

func TestSessionsThatLeaveOldPhotosBehindAreFound(t *testing.T) {
	text := cloud + session("day", "capture", "daily", "06:00", "18:00", "15m")
	night := func(limit string) string { return session("night", "upload", "daily", "22:00", "04:00", "24h", limit) }
	want(t, check(t, text+night(`look_back = "24h"`), enough()), plan.UploadTooNarrow, health.Warning,
		"every upload session of the next 7 days looks back 24 h at the most: photos that an outage keeps for longer wait until somebody asks for them")
	want(t, check(t, text+night(`look_back = "1000h"`), enough()), plan.UploadTooNarrow, health.Info,
		"every upload session of the next 7 days looks back 41 days at the most: photos that an outage keeps for longer wait until somebody asks for them")
	want(t, check(t, text+night(`first_day = "2026-11-01"`), enough()), plan.UploadTooNarrow, health.Warning,
		"every upload session of the next 7 days sends only photos of certain days: the others wait until somebody asks for them")
	wantNone(t, check(t, text+night(`look_back = "24h"`)+session("rest", "upload", "sun", "12:00", "18:00", "24h"), enough()), plan.UploadTooNarrow)
}

func TestTheMonthsBudgetIsCheckedWithItsSums(t *testing.T) {
	text := strings.Replace(cloud, "[link]", "[link]\nbudget_mb = 2000", 1) + daily()
	f := enough()
	wantNone(t, check(t, text, f), plan.OverBudget)
	// 25 photos of today, 9 days of 49.
	f.MonthBytes, f.BacklogPhotos, f.BacklogBytes = 1_500_000_000, 10, 12_000_000
	want(t, check(t, text, f), plan.OverBudget, health.Warning,
		"466 photos of 1.2 MB until the end of November are 559 MB, 1.5 GB are used, 12 MB wait, 2.07 GB together; the month's budget is 2 GB")
	// A month ahead, with what it has room for.
	found := check(t, strings.Replace(text, "2000", "1000", 1), enough())
	want(t, found, plan.OverBudget, health.Warning, "1,519 photos of 1.2 MB in December 2026 are 1.82 GB; the month's budget is 1 GB")
	if advice := of(found, plan.OverBudget)[0].Advice; !strings.Contains(advice, "833 photos fit, 26.9 a day") {
		t.Errorf("got the advice %q, want 1,000 MB / 1.2 MB and a 31st of it", advice)
	}
}

func TestACardThatIsTooSmallIsFound(t *testing.T) {
	f := enough()
	f.FreeBytes = 100_000_000
	want(t, check(t, cloud+daily(), f), plan.CardTooSmall, health.Warning,
		"343 photos of 1.2 MB are 412 MB in the next 7 days: the 100 MB that are free on the card hold 1.7 days of them when the cloud can't be reached, want 3")

	f.FreeBytes, f.PhotoBytes = 1_000_000_000, 1_200_000
	want(t, check(t, daily(), f), plan.CardTooSmall, health.Warning,
		"343 photos of 1.2 MB are 412 MB in the next 7 days, and nothing is uploaded: the 1 GB that are free last for 17.0 days")

	f.Kbps = 4 // 83.8 h of 500 B/s
	want(t, check(t, cloud+daily(), f), plan.CardTooSmall, health.Warning,
		"343 photos of 1.2 MB are 412 MB in the next 7 days, and 151 MB of that can be uploaded: the 1 GB that are free on the card last for 26.8 days")
}

func TestWhatIsNotKnownIsSaidAndNotMadeUp(t *testing.T) {
	const url = "[upload]\nurl = \"https://cloud.example/files/\"\n"
	found := check(t, url+daily(), plan.Facts{FreeBytes: 1})
	if len(found) != 1 || found[0].Code != plan.FiguresMissing || !strings.Contains(found[0].Text, "photo's size") {
		t.Errorf("got %+v, want only that a photo's size is missing", found)
	}
	found = check(t, url+daily(), plan.Facts{PhotoBytes: 1_200_000, FreeBytes: 20e9})
	if len(found) != 1 || !strings.Contains(found[0].Text, "its speed is not known") {
		t.Errorf("got %+v, want only that the speed is missing", found)
	}
	found = check(t, cloud+daily(), plan.Facts{})
	if len(found) != 1 || !strings.Contains(found[0].Text, "free space is not known") {
		t.Errorf("got %+v, want only that the free space is missing", found)
	}
}

// A person mends one, and looks again; and a controller has little memory.
func TestOfVeryManyFindingsOfAKindTenAreTold(t *testing.T) {
	var text strings.Builder
	for i := range 15 {
		fmt.Fprintf(&text, "[[shot]]\nname = \"s%d\"\nat = \"2025-01-01 12:00:00\"\n", i)
	}
	found := of(check(t, cloud+daily()+text.String(), enough()), plan.ShotOver)
	if len(found) != 10 || found[0].Text != `the shot "s0" is over: it was due on Wed 1 Jan 2025 12:00` ||
		found[9].Text != `the shot "s9" is over: it was due on Wed 1 Jan 2025 12:00; and 5 more of this kind` {
		t.Errorf("got %+v, want ten, and how many more", found)
	}
}
