package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/plan"
	"fieldcam/config"
)

// page reads one of the pages for people.
func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// examples lists a page's pieces of configuration, each a whole file by what is
// added: a name, and somewhere to upload to.
func examples(text string) (all []string) {
	for i, part := range strings.Split(text, "\n```") {
		if piece, ok := strings.CutPrefix(part, "toml\n"); ok && i%2 == 1 {
			all = append(all, "device = \"pole-17\"\n"+piece+"\n[upload]\nurl = \"https://cloud.example/files/\"\n")
		}
	}
	return all
}

// People copy them.
func TestExamplesOfThePagesAreGood(t *testing.T) {
	now := time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC) // before what the examples plan
	for name, least := range map[string]int{"schedule.md": 6, "maintenance.md": 2, "hardware.md": 8, "power.md": 5} {
		all := examples(page(t, name))
		if len(all) < least {
			t.Errorf("%s: got %d examples, want at least %d", name, len(all), least)
		}
		for _, text := range all {
			c, err := config.Parse(name, []byte(text))
			if err != nil {
				t.Errorf("%v in\n%s", err, text)
				continue
			}
			found, err := plan.Check(c, plan.Facts{FreeBytes: 100e9}, now)
			if err != nil {
				t.Errorf("%s: check: %v", name, err)
			}
			for _, f := range found {
				if f.Severity != health.Info {
					t.Errorf("%s: got the warning %q of\n%s", name, f.Text, text)
				}
			}
		}
	}
}

// A page that shows what a command printed once shows what it prints now.
func TestThePageShowsWhatTheCommandsPrint(t *testing.T) {
	text := page(t, "schedule.md")
	s := newScheduled(t, schedules)
	if got := s.do("schedule calendar --month 2026-12"); !strings.Contains(text, got) {
		t.Errorf("docs/schedule.md: want the calendar\n%s", got)
	}
	s = newScheduled(t, strings.Replace(schedules, "minutes = 30", "photos = 2", 1))
	if got := s.run(nil, "schedule", "check").out; !strings.Contains(text, got) {
		t.Errorf("docs/schedule.md: want the finding\n%s", got)
	}
}

// Every finding has its line in the table.
func TestThePageNamesEveryFinding(t *testing.T) {
	text := page(t, "schedule.md")
	for _, code := range []plan.Code{
		plan.NoCapture, plan.NoUpload, plan.TooDense, plan.LinkTooSlow, plan.UploadTooSmall, plan.UploadTooNarrow, plan.OverBudget,
		plan.CardTooSmall, plan.WindowCovers, plan.NamesCollide, plan.Shadowed, plan.EventsOverlap, plan.EventOver, plan.EventEmpty,
		plan.EventSilent, plan.ShotOver, plan.ShotPaused, plan.PauseLong, plan.LowPower, plan.PolarSun, plan.FiguresMissing,
	} {
		if !strings.Contains(text, "`"+string(code)+"`") {
			t.Errorf("docs/schedule.md does not name %q", code)
		}
	}
}
