package maintenance_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests' machine may have no zone files

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"fieldcam/agent/maintenance"
)

// clock is a wall clock that stands.
type clock struct {
	now      time.Time
	unsynced bool
}

func (c *clock) Now() time.Time { return c.now }
func (c *clock) Synced() bool   { return !c.unsynced }

// utc reads "2026-12-06 19:00", or fails the test.
func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// window is one with what most tests don't care about.
func window(start, rule, zone string, d time.Duration) maintenance.Window {
	w := maintenance.NewWindow()
	w.Name, w.Start, w.Rule, w.Duration = "work", start, rule, d
	if zone != "" {
		w.TimeZone = zone
	}
	return w
}

// calendar makes a Calendar of those windows, which Validate must accept.
func calendar(t testing.TB, windows ...maintenance.Window) *maintenance.Calendar {
	t.Helper()
	c := maintenance.Default()
	c.Windows = windows
	if err := c.Validate(); err != nil {
		t.Fatalf("validate: %v", err)
	}
	cal, err := maintenance.New(c, maintenance.Options{Device: "pole-17", Clock: &clock{}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// listed writes what a calendar holds as "start/end" in UTC.
func listed(t testing.TB, cal *maintenance.Calendar, from, to string) []string {
	t.Helper()
	var all []string
	for _, o := range cal.Between(utc(t, from), utc(t, to)) {
		all = append(all, o.Start.UTC().Format("2006-01-02 15:04")+" to "+o.End.UTC().Format("2006-01-02 15:04"))
	}
	return all
}

// quarterly is the first of the two real calendars: four a year, in UTC.
func quarterly() []maintenance.Window {
	return []maintenance.Window{
		window("2026-01-01 19:00", "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU", "", 3*time.Hour),
		window("2026-01-01 20:00", "FREQ=YEARLY;BYMONTH=6,9;BYDAY=1SU", "", 3*time.Hour),
	}
}

// monthly is the second: local, with daylight saving, across midnight.
func monthly() maintenance.Window {
	return window("2026-01-01 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "America/Denver", 4*time.Hour)
}

func TestFourAYear(t *testing.T) {
	want := []string{
		"2026-03-01 19:00 to 2026-03-01 22:00", "2026-06-07 20:00 to 2026-06-07 23:00",
		"2026-09-06 20:00 to 2026-09-06 23:00", "2026-12-06 19:00 to 2026-12-06 22:00",
		"2027-03-07 19:00 to 2027-03-07 22:00", "2027-06-06 20:00 to 2027-06-06 23:00",
		"2027-09-05 20:00 to 2027-09-05 23:00", "2027-12-05 19:00 to 2027-12-05 22:00",
		"2028-03-05 19:00 to 2028-03-05 22:00", "2028-06-04 20:00 to 2028-06-04 23:00",
		"2028-09-03 20:00 to 2028-09-03 23:00", "2028-12-03 19:00 to 2028-12-03 22:00",
	}
	if diff := cmp.Diff(want, listed(t, calendar(t, quarterly()...), "2026-01-01 00:00", "2029-01-01 00:00")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestLastSaturdayInDenver: the clock goes back in the night to 1 November 2026,
// which is one of these. By the clock the window ends at 02:00 as always, an hour
// later than usual.
func TestLastSaturdayInDenver(t *testing.T) {
	want := []string{
		"2026-02-01 05:00 to 2026-02-01 09:00", "2026-03-01 05:00 to 2026-03-01 09:00",
		"2026-03-29 04:00 to 2026-03-29 08:00", "2026-04-26 04:00 to 2026-04-26 08:00",
		"2026-05-31 04:00 to 2026-05-31 08:00", "2026-06-28 04:00 to 2026-06-28 08:00",
		"2026-07-26 04:00 to 2026-07-26 08:00", "2026-08-30 04:00 to 2026-08-30 08:00",
		"2026-09-27 04:00 to 2026-09-27 08:00", "2026-11-01 04:00 to 2026-11-01 09:00",
		"2026-11-29 05:00 to 2026-11-29 09:00", "2026-12-27 05:00 to 2026-12-27 09:00",
		"2027-01-31 05:00 to 2027-01-31 09:00", "2027-02-28 05:00 to 2027-02-28 09:00",
		"2027-03-28 04:00 to 2027-03-28 08:00", "2027-04-25 04:00 to 2027-04-25 08:00",
		"2027-05-30 04:00 to 2027-05-30 08:00", "2027-06-27 04:00 to 2027-06-27 08:00",
		"2027-08-01 04:00 to 2027-08-01 08:00", "2027-08-29 04:00 to 2027-08-29 08:00",
		"2027-09-26 04:00 to 2027-09-26 08:00", "2027-10-31 04:00 to 2027-10-31 08:00",
		"2027-11-28 05:00 to 2027-11-28 09:00", "2027-12-26 05:00 to 2027-12-26 09:00",
	}
	if diff := cmp.Diff(want, listed(t, calendar(t, monthly()), "2026-01-01 12:00", "2028-01-01 00:00")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestWindowsAcrossAChangeOfTheClock: Berlin's clock skips 02:00 to 03:00 on
// 29 March 2026, and shows it twice on 25 October.
func TestWindowsAcrossAChangeOfTheClock(t *testing.T) {
	for _, c := range []struct {
		name, start string
		d           time.Duration
		want        string
	}{
		{"over the hour that is missing", "2026-03-29 01:00", 4 * time.Hour, "2026-03-29 00:00 to 2026-03-29 04:00"},
		{"begins in the missing hour", "2026-03-29 02:30", time.Hour, "2026-03-29 01:30 to 2026-03-29 02:30"},
		{"ends in the missing hour", "2026-03-29 01:30", time.Hour, "2026-03-29 00:30 to 2026-03-29 01:30"},
		{"a day of 23 hours", "2026-03-28 12:00", 24 * time.Hour, "2026-03-28 11:00 to 2026-03-29 11:00"},
		{"over the hour that comes twice", "2026-10-25 01:00", 4 * time.Hour, "2026-10-24 23:00 to 2026-10-25 04:00"},
		{"begins in the double hour", "2026-10-25 02:30", time.Minute, "2026-10-25 00:30 to 2026-10-25 00:31"},
		{"a day of 25 hours", "2026-10-24 12:00", 24 * time.Hour, "2026-10-24 10:00 to 2026-10-25 11:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := listed(t, calendar(t, window(c.start, "", "Europe/Berlin", c.d)), "2026-01-01 00:00", "2027-01-01 00:00")
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestQuietLastsUntilTheDevicesOwnReturn(t *testing.T) {
	cal := calendar(t, monthly())
	begin, end := utc(t, "2026-03-01 05:00"), utc(t, "2026-03-01 09:00")
	if _, _, ok := cal.Quiet(begin.Add(-1)); ok {
		t.Error("quiet before the window")
	}
	ends, returns, ok := cal.Quiet(begin)
	if !ok || !ends.Equal(end) || returns.Before(end) || !returns.Before(end.Add(10*time.Minute)) {
		t.Fatalf("at its begin: got %v, %v, %t, want its end and a return within 10 min", ends, returns, ok)
	}
	for _, at := range []time.Time{end.Add(-1), end, returns.Add(-1)} {
		if e, r, ok := cal.Quiet(at); at.Before(returns) && (!ok || !e.Equal(ends) || !r.Equal(returns)) {
			t.Errorf("at %v: got %v, %v, %t, want the same as before", at, e, r, ok)
		}
	}
	if _, _, ok := cal.Quiet(returns); ok {
		t.Error("quiet at the moment of return")
	}
	again := calendar(t, monthly())
	if _, r, _ := again.Quiet(begin); !r.Equal(returns) {
		t.Errorf("after a restart: got %v, want %v", r, returns)
	}
}

func TestTouchingWindowsAreOne(t *testing.T) {
	// The third begins within the spread of the second.
	cal := calendar(t,
		window("2026-05-01 10:00", "", "", time.Hour), window("2026-05-01 11:00", "", "", time.Hour),
		window("2026-05-01 12:09", "", "", time.Hour), window("2026-05-01 13:30", "", "", time.Hour),
		window("2026-05-01 10:10", "", "", 5*time.Minute))
	for at, want := range map[string]string{
		"2026-05-01 10:00": "2026-05-01 13:09", "2026-05-01 10:14": "2026-05-01 13:09", "2026-05-01 12:05": "2026-05-01 13:09",
		"2026-05-01 13:30": "2026-05-01 14:30",
	} {
		if ends, _, ok := cal.Quiet(utc(t, at)); !ok || !ends.Equal(utc(t, want)) {
			t.Errorf("at %s: got %v, %t, want quiet until %s", at, ends, ok, want)
		}
	}
}

func TestRoutineWorkIsShownAndChangesNothing(t *testing.T) {
	w := window("2026-05-01 10:00", "FREQ=WEEKLY", "", time.Hour)
	w.Class = maintenance.Routine
	hot := window("2026-05-01 10:30", "", "", time.Minute)
	hot.Class = maintenance.HotFix
	cal := calendar(t, w, hot)
	at := utc(t, "2026-05-08 10:30")
	if _, _, ok := cal.Quiet(at); ok {
		t.Error("routine work is quiet")
	}
	if o, ok := cal.Active(at); !ok || o.Class != maintenance.Routine || !o.End.Equal(utc(t, "2026-05-08 11:00")) {
		t.Errorf("active: got %+v, %t, want the routine work", o, ok)
	}
	if o, ok := cal.Active(utc(t, "2026-05-01 10:30")); !ok || o.Class != maintenance.HotFix {
		t.Errorf("active: got %+v, %t, want the gravest of two", o, ok)
	}
	if o, ok := cal.Active(utc(t, "2026-05-01 11:00")); ok {
		t.Errorf("active at the end: got %+v", o)
	}
	if o, ok := cal.Next(utc(t, "2026-05-01 09:00"), maintenance.HotFix); !ok || o.Class != maintenance.HotFix {
		t.Errorf("next hot fix: got %+v, %t", o, ok)
	}
	if o, ok := cal.Next(at); !ok || !o.Start.Equal(utc(t, "2026-05-15 10:00")) {
		t.Errorf("next: got %+v, %t, want that of the week after", o, ok)
	}
	if o, ok := cal.Next(at, maintenance.HotFix); ok {
		t.Errorf("next hot fix: got %+v, want none", o)
	}
}

// TestRareWindowsAreFound though they lie beyond what is counted at once.
func TestRareWindowsAreFound(t *testing.T) {
	cal := calendar(t, window("2026-01-01 10:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "", time.Hour))
	for at, want := range map[string]string{"2026-01-01 00:00": "2028-02-29 10:00", "2028-02-29 10:00": "2032-02-29 10:00", "2099-01-01 00:00": "2104-02-29 10:00"} {
		if o, ok := cal.Next(utc(t, at)); !ok || !o.Start.Equal(utc(t, want)) {
			t.Errorf("after %s: got %v, %t, want %s", at, o.Start, ok, want)
		}
	}
	// The clock jumps: what was counted is of no use.
	for _, at := range []string{"2028-02-29 10:30", "2096-02-29 10:30", "2032-02-29 10:30"} {
		if _, _, ok := cal.Quiet(utc(t, at)); !ok {
			t.Errorf("%s: not quiet", at)
		}
	}
	if _, _, ok := cal.Quiet(time.Unix(0, 0)); ok {
		t.Error("quiet in 1970")
	}
}
