package maintenance_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/agent/maintenance"
	"fieldcam/config/invalid"
)

func TestBadWindowsAreRefused(t *testing.T) {
	at := "2026-01-01 22:00"
	for name, c := range map[string]struct {
		window maintenance.Window
		key    string
		want   string
	}{
		"no name":              {func() maintenance.Window { w := window(at, "", "", time.Hour); w.Name = " "; return w }(), "name", "a name"},
		"no class":             {func() maintenance.Window { w := window(at, "", "", time.Hour); w.Class = "urgent"; return w }(), "class", "routine"},
		"no start":             {window("", "", "", time.Hour), "start", "a date and time"},
		"30 February":          {window("2026-02-30 10:00", "", "", time.Hour), "start", "a date and time"},
		"1970":                 {window("1970-01-01 00:00", "", "", time.Hour), "start", "from 2000"},
		"no duration":          {window(at, "", "", 0), "duration", "from 1m"},
		"too short":            {window(at, "", "", 59*time.Second), "duration", "from 1m"},
		"too long":             {window(at, "", "", 25*time.Hour), "duration", "to 24h"},
		"unknown zone":         {window(at, "", "Mars/Olympus", time.Hour), "time_zone", "IANA"},
		"this machine's zone":  {window(at, "", "Local", time.Hour), "time_zone", "IANA"},
		"a path":               {window(at, "", "../../etc/passwd", time.Hour), "time_zone", "IANA"},
		"hourly":               {window(at, "FREQ=HOURLY", "", time.Hour), "rule", "FREQ=DAILY"},
		"secondly":             {window(at, "FREQ=SECONDLY;COUNT=5", "", time.Hour), "rule", "FREQ=DAILY"},
		"no FREQ":              {window(at, "BYDAY=MO", "", time.Hour), "rule", "FREQ=DAILY"},
		"interval 0":           {window(at, "FREQ=DAILY;INTERVAL=0", "", time.Hour), "rule", "INTERVAL from 1"},
		"interval negative":    {window(at, "FREQ=DAILY;INTERVAL=-1", "", time.Hour), "rule", "INTERVAL from 1"},
		"interval endless":     {window(at, "FREQ=DAILY;INTERVAL=99999999999999999999", "", time.Hour), "rule", "INTERVAL from 1"},
		"count 0":              {window(at, "FREQ=DAILY;COUNT=0", "", time.Hour), "rule", "COUNT from 1"},
		"count and until":      {window(at, "FREQ=DAILY;COUNT=3;UNTIL=20300101", "", time.Hour), "rule", "not both"},
		"ends before it began": {window(at, "FREQ=DAILY;UNTIL=20251231", "", time.Hour), "rule", "ends after its start"},
		"until nonsense":       {window(at, "FREQ=DAILY;UNTIL=tomorrow", "", time.Hour), "rule", "UNTIL of the form"},
		"until beyond":         {window(at, "FREQ=DAILY;UNTIL=99991231", "", time.Hour), "rule", "UNTIL of the form"},
		"30 February, yearly":  {window(at, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "", time.Hour), "rule", "comes true"},
		"30 February, daily":   {window(at, "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "", time.Hour), "rule", "comes true"},
		"the sixth Monday":     {window(at, "FREQ=MONTHLY;BYDAY=6MO", "", time.Hour), "rule", "from 1 to 5"},
		"the 53rd of a month":  {window(at, "FREQ=MONTHLY;BYDAY=-53MO", "", time.Hour), "rule", "from 1 to 5"},
		"the 54th of a year":   {window(at, "FREQ=YEARLY;BYDAY=54MO", "", time.Hour), "rule", "from 1 to 53"},
		"numbers in a week":    {window(at, "FREQ=WEEKLY;BYDAY=2MO", "", time.Hour), "rule", "FREQ=MONTHLY or YEARLY"},
		"mixed weekdays":       {window(at, "FREQ=MONTHLY;BYDAY=2MO,TU", "", time.Hour), "rule", "all without"},
		"hours":                {window(at, "FREQ=DAILY;BYHOUR=1,2,3", "", time.Hour), "rule", "without BYHOUR"},
		"seconds":              {window(at, "FREQ=DAILY;BYSECOND=1", "", time.Hour), "rule", "without BYSECOND"},
		"Easter":               {window(at, "FREQ=YEARLY;BYEASTER=400", "", time.Hour), "rule", "BYEASTER"},
		"twice":                {window(at, "FREQ=DAILY;FREQ=DAILY", "", time.Hour), "rule", "FREQ once"},
		"empty part":           {window(at, "FREQ=DAILY;", "", time.Hour), "rule", `not ""`},
		"with its word":        {window(at, "RRULE:FREQ=DAILY", "", time.Hour), "rule", "RRULE:FREQ"},
		"two lines":            {window(at, "FREQ=DAILY\nEXDATE:20260102", "", time.Hour), "rule", "rule"},
		"an hour of 13 months": {window(at, "FREQ=YEARLY;BYMONTH=13", "", time.Hour), "rule", "bymonth"},
		"weeks of a month":     {window(at, "FREQ=MONTHLY;BYWEEKNO=2", "", time.Hour), "rule", "BYWEEKNO with"},
		"position of nothing":  {window(at, "FREQ=MONTHLY;BYSETPOS=1", "", time.Hour), "rule", "BYSETPOS beside"},
		"endless":              {window(at, strings.Repeat("FREQ=DAILY;", 100), "", time.Hour), "rule", "at most 200 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := maintenance.Default()
			cfg.Windows = []maintenance.Window{window(at, "", "", time.Hour), c.window}
			values := invalid.Values(cfg.Validate())
			if len(values) != 1 || values[0].Key != "window[1]."+c.key || !strings.Contains(values[0].Want, c.want) {
				t.Errorf("got %v, want one, of window[1].%s, with %q", values, c.key, c.want)
			}
			if _, err := maintenance.New(cfg, maintenance.Options{Device: "x", Clock: &clock{}}); err == nil {
				t.Error("New took it")
			}
		})
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*maintenance.Config)
		key    string
	}{
		"no spread":      {func(c *maintenance.Config) { c.Spread = 0 }, "spread"},
		"endless spread": {func(c *maintenance.Config) { c.Spread = 7 * time.Hour }, "spread"},
		"half a key":     {func(c *maintenance.Config) { c.NoticeKey = "AAAA" }, "notice_key"},
		"no key at all":  {func(c *maintenance.Config) { c.NoticeKey = "not base64" }, "notice_key"},
		"too many windows": {func(c *maintenance.Config) {
			for range 33 {
				c.Windows = append(c.Windows, monthly())
			}
		}, "window"},
		"quiet for ever": {func(c *maintenance.Config) {
			c.Windows = []maintenance.Window{window("2026-01-01 00:00", "FREQ=DAILY", "", 24*time.Hour)}
		}, "window"},
		"quiet for ever by two": {func(c *maintenance.Config) {
			c.Windows = []maintenance.Window{
				window("2026-01-01 00:00", "FREQ=DAILY", "Asia/Kathmandu", 12*time.Hour),
				window("2026-01-01 12:05", "FREQ=DAILY", "Asia/Kathmandu", 12*time.Hour),
			}
		}, "window"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := maintenance.Default()
			c.change(&cfg)
			if values := invalid.Values(cfg.Validate()); len(values) != 1 || values[0].Key != c.key {
				t.Errorf("got %v, want one, of %s", values, c.key)
			}
		})
	}
}

func TestGoodRulesAreAccepted(t *testing.T) {
	for _, rule := range []string{
		"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3;COUNT=5", "FREQ=WEEKLY;BYDAY=TU,TH;WKST=SU", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "FREQ=YEARLY;BYYEARDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=YEARLY;BYDAY=53SU",
		"FREQ=MONTHLY;UNTIL=20270101T000000Z", "FREQ=MONTHLY;UNTIL=20270101T000000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
	} {
		cfg := maintenance.Default()
		cfg.Windows = []maintenance.Window{window("2024-01-01 03:00", rule, "Europe/Berlin", time.Hour)}
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// TestUntilCountsByTheWindowsOwnClock: 22:00 in Denver is 05:00 of the day after
// in UTC.
func TestUntilCountsByTheWindowsOwnClock(t *testing.T) {
	for until, want := range map[string]int{
		"20260103": 3, "20260103T220000": 3, "20260103T215959": 2, "20260104T050000Z": 3, "20260104T045959Z": 2,
	} {
		cal := calendar(t, window("2026-01-01 22:00", "FREQ=DAILY;UNTIL="+until, "America/Denver", time.Hour))
		if got := listed(t, cal, "2026-01-01 00:00", "2027-01-01 00:00"); len(got) != want {
			t.Errorf("%s: got %v, want %d", until, got, want)
		}
	}
}

// anyRule draws rules, some of which nobody would write.
func anyRule(t *rapid.T) string {
	parts := []string{"FREQ=" + rapid.SampledFrom([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}).Draw(t, "freq")}
	for _, p := range []struct {
		key    string
		values []string
	}{
		{"INTERVAL", []string{"1", "2", "3", "5", "13"}},
		{"COUNT", []string{"1", "7", "100"}},
		{"UNTIL", []string{"20300101", "20270310T120000Z"}},
		{"WKST", []string{"SU", "MO", "TH"}},
		{"BYMONTH", []string{"2", "3,11", "1,2,12"}},
		{"BYMONTHDAY", []string{"1", "-1", "13,29,31"}},
		{"BYYEARDAY", []string{"1", "-1", "60,366"}},
		{"BYWEEKNO", []string{"1", "20", "53", "-1"}},
		{"BYDAY", []string{"MO", "SA,SU", "1SU", "-1SA", "5FR", "-5MO,3TU", "53SA", "-53SU"}},
		{"BYSETPOS", []string{"1", "-1", "2,3"}},
	} {
		if rapid.IntRange(0, 3).Draw(t, p.key+"?") == 0 {
			parts = append(parts, p.key+"="+rapid.SampledFrom(p.values).Draw(t, p.key))
		}
	}
	return strings.Join(parts, ";")
}

// TestAViewIsAsTheWholeStory: what is counted from one moment on is what a
// calendar that began long before it has there.
func TestAViewIsAsTheWholeStory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2020, 1, 1, 1, 30, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 800).Draw(t, "start"))
		cfg := maintenance.Default()
		zone := rapid.SampledFrom([]string{"UTC", "America/Denver", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Kiritimati"}).Draw(t, "zone")
		cfg.Windows = []maintenance.Window{window(start.Format(time.DateTime), anyRule(t), zone, 2*time.Hour)}
		if cfg.Validate() != nil {
			return
		}
		cal, err := maintenance.New(cfg, maintenance.Options{Device: "x", Clock: &clock{}})
		if err != nil {
			t.Fatal(err)
		}
		whole := cal.Between(start.AddDate(0, 0, -3), start.AddDate(8, 0, 0))
		from := start.AddDate(0, 0, rapid.IntRange(0, 2500).Draw(t, "from"))
		part := cal.Between(from, from.AddDate(0, 0, 300))
		var want []maintenance.Occurrence
		for _, o := range whole {
			if o.End.After(from) && o.Start.Before(from.AddDate(0, 0, 300)) {
				want = append(want, o)
			}
		}
		if len(part) != len(want) {
			t.Fatalf("from %v: got %d windows, want %d", from, len(part), len(want))
		}
		for i := range part {
			if part[i] != want[i] {
				t.Fatalf("from %v: got %v, want %v", from, part[i], want[i])
			}
			at := part[i].Start.Add(time.Minute)
			if o, ok := cal.Active(at); !ok || o != want[i] {
				t.Fatalf("at %v: got %v, %t, want %v", at, o, ok, want[i])
			}
			if i > 0 {
				if o, ok := cal.Next(part[i-1].Start); !ok || o != want[i] {
					t.Fatalf("after %v: got %v, %t, want %v", part[i-1].Start, o, ok, want[i])
				}
			}
		}
	})
}

// FuzzWindow holds the calendar to its bounds, whatever the window.
func FuzzWindow(f *testing.F) {
	f.Add("2026-01-01 22:00", "FREQ=MONTHLY;BYDAY=-1SA", "America/Denver", uint32(14400))
	f.Add("2024-02-29 00:00:01", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "", uint32(60))
	f.Add("2099-12-31 23:59", "FREQ=YEARLY;BYWEEKNO=53,-53,1;BYDAY=MO,SU;WKST=SU", "Pacific/Apia", uint32(86400))
	f.Add("2026-01-01 22:00", "FREQ=MONTHLY;BYDAY=53MO", "UTC", uint32(60))
	f.Add("2026-01-01 22:00", "FREQ=YEARLY;BYDAY=-53MO;BYYEARDAY=366,-366;BYSETPOS=-366,366", "UTC", uint32(60))
	f.Fuzz(func(t *testing.T, start, rule, zone string, seconds uint32) {
		cfg := maintenance.Default()
		cfg.Windows = []maintenance.Window{window(start, rule, zone, time.Duration(seconds)*time.Second)}
		if cfg.Validate() != nil {
			return
		}
		cal, err := maintenance.New(cfg, maintenance.Options{Device: "x", Clock: &clock{}})
		if err != nil {
			t.Fatal(err)
		}
		o, ok := cal.Next(time.Time{})
		if !ok {
			t.Fatal("accepted, and never comes")
		}
		if d := o.End.Sub(o.Start); d < time.Minute || d > 50*time.Hour {
			t.Fatalf("a window of %v", d)
		}
		if _, _, ok := cal.Quiet(o.Start); !ok {
			t.Fatal("not quiet in it")
		}
		before := o.Start.Add(-1)
		for _, o := range cal.Between(o.Start, o.Start.AddDate(3, 0, 0)) {
			if !o.Start.After(before) {
				t.Fatalf("begins at %v, the one before at %v", o.Start, before)
			}
			before = o.Start
		}
	})
}
