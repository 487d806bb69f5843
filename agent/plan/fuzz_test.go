package plan_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/agent/pause"
	"fieldcam/agent/plan"
	"fieldcam/config"
)

// Whatever configuration is valid has an agenda, and an opinion on it.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		cloud + daily(), daily() + event("e", "2026-11-22", "2026-12-01", eventDay()),
		daily() + window("monthly", "2026-01-31 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "America/Denver", "4h"),
		session("x", "capture", "sun", "sunrise-1h", "sunset+5m", "5s") + "[site]\nlatitude = \"69.6\"\nlongitude = \"-180\"\n",
		cloud + session("night", "upload", "mon", "22:00", "04:00", "24h", "photos = 1", "minutes = 3", "megabytes = 2", `look_back = "24h"`),
	} {
		f.Add(text, int64(1795258080), int64(100))
	}
	f.Fuzz(func(t *testing.T, text string, unix, kbps int64) {
		c, err := config.Parse("fuzz.toml", []byte(head+text))
		if err != nil {
			return
		}
		now := time.Unix(unix%(4*366*86400)+1767225600, 0)
		facts := plan.Facts{Kbps: float64(kbps), PhotoBytes: kbps * 7, FreeBytes: kbps * 1e6, MonthBytes: kbps, Pause: pause.State{From: now, Until: now.Add(time.Hour)}}
		found, err := plan.Check(c, facts, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Code == "" || f.Severity == "" || f.Text == "" || strings.ContainsAny(f.Text+f.Advice, "\n\x1b") || strings.Contains(f.Text, "%!") || strings.Contains(f.Text, "NaN") {
				t.Errorf("got %+v, want a finding that can be read", f)
			}
		}
		p, err := plan.New(c, facts)
		if err != nil {
			t.Fatal(err)
		}
		a := p.Agenda(now, now.AddDate(0, 0, 9))
		var sum plan.Counts
		for _, d := range a.Days {
			sum.Captures, sum.Uploads, sum.CheckIns = sum.Captures+d.Captures, sum.Uploads+d.Uploads, sum.CheckIns+d.CheckIns
		}
		if sum != a.Total {
			t.Errorf("got %+v over all days, want %+v", sum, a.Total)
		}
	})
}
