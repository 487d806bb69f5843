package pause_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fieldcam/agent/pause"
)

// noon is when the person pauses.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func load(t *testing.T, dir string) *pause.Pause {
	t.Helper()
	p, err := pause.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func set(t *testing.T, p *pause.Pause, now, until time.Time) {
	t.Helper()
	if _, err := p.Set(now, until, "crane"); err != nil {
		t.Fatal(err)
	}
}

func wantPaused(t *testing.T, p *pause.Pause, at time.Time, want bool) {
	t.Helper()
	if got := p.Paused(at); got != want {
		t.Errorf("Paused(%v): got %v, want %v; the pause is %+v", at, got, want, p.State())
	}
}

func TestPauseHoldsFromItsFirstInstantUntilItsEnd(t *testing.T) {
	p := load(t, t.TempDir())
	wantPaused(t, p, noon(), false)
	set(t, p, noon(), noon().Add(2*time.Hour))
	wantPaused(t, p, noon().Add(-1), false)
	wantPaused(t, p, noon(), true)
	wantPaused(t, p, noon().Add(2*time.Hour-1), true)
	wantPaused(t, p, noon().Add(2*time.Hour), false)
}

func TestPauseSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	p := load(t, dir)
	set(t, p, noon(), noon().Add(2*time.Hour))
	again := load(t, dir)
	if got, want := again.State(), p.State(); got != want {
		t.Errorf("after a restart: got %+v, want %+v", got, want)
	}
	if _, err := again.Clear(noon().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantPaused(t, load(t, dir), noon().Add(90*time.Minute), false)
}

func TestWhatWasPausedStaysKnownAfterTheEnd(t *testing.T) {
	dir := t.TempDir()
	p := load(t, dir)
	set(t, p, noon(), noon().Add(2*time.Hour))
	if _, err := p.Clear(noon().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*pause.Pause{p, load(t, dir)} {
		wantPaused(t, p, noon().Add(59*time.Minute), true)
		wantPaused(t, p, noon().Add(time.Hour), false)
	}
}

func TestASecondSetMovesTheEndAndKeepsWhatHasPassed(t *testing.T) {
	p := load(t, t.TempDir())
	set(t, p, noon(), noon().Add(2*time.Hour))
	set(t, p, noon().Add(time.Hour), noon().Add(90*time.Minute))
	wantPaused(t, p, noon(), true)
	wantPaused(t, p, noon().Add(89*time.Minute), true)
	wantPaused(t, p, noon().Add(90*time.Minute), false)
}

func TestAPauseCanBeLengthenedAgainAndAgain(t *testing.T) {
	dir := t.TempDir()
	p := load(t, dir)
	now := noon()
	for range 4 {
		set(t, p, now, now.Add(pause.Max))
		now = now.Add(pause.Max - time.Hour)
	}
	wantPaused(t, load(t, dir), now, true)
	wantPaused(t, load(t, dir), noon(), true)
}

func TestClearOutsideAPauseChangesNothing(t *testing.T) {
	dir := t.TempDir()
	p := load(t, dir)
	if _, err := p.Clear(noon()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, pause.FileName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("stat: got %v, want no file", err)
	}
	set(t, p, noon(), noon().Add(time.Hour))
	before := p.State()
	for _, at := range []time.Time{noon().Add(-time.Minute), noon().Add(time.Hour)} {
		if got, err := p.Clear(at); err != nil || got != before {
			t.Errorf("Clear(%v): got %+v, %v, want %+v", at, got, err, before)
		}
	}
}

// A clock that was wrong must not keep a camera from its photos.
func TestAStepOfTheClockEndsAPauseRatherThanLengthensIt(t *testing.T) {
	for _, test := range []struct {
		name string
		now  time.Time
	}{
		{"a boot in 1970", time.Unix(0, 0)},
		{"set back by NTP", noon().Add(-time.Hour)},
		{"years ahead", noon().AddDate(4, 0, 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := load(t, t.TempDir())
			set(t, p, noon(), noon().Add(pause.Max))
			wantPaused(t, p, test.now, false)
			// And a new one can be set by that clock.
			set(t, p, test.now, test.now.Add(time.Hour))
			wantPaused(t, p, test.now.Add(time.Minute), true)
			wantPaused(t, p, noon().Add(time.Minute), false)
		})
	}
}

func TestNoPauseIsLongerThanItsBound(t *testing.T) {
	long := strings.Repeat("x", pause.MaxReason)
	for _, test := range []struct {
		name   string
		until  time.Time
		reason string
		ok     bool
	}{
		{"the bound", noon().Add(pause.Max), "", true},
		{"a nanosecond more", noon().Add(pause.Max + 1), "", false},
		{"for ever", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), "", false},
		{"no time at all", noon(), "", false},
		{"in the past", noon().Add(-time.Hour), "", false},
		{"the zero time", time.Time{}, "", false},
		{"a long reason", noon().Add(time.Hour), long, true},
		{"too long a reason", noon().Add(time.Hour), long + "x", false},
		{"a reason that is no text", noon().Add(time.Hour), "\xff", false},
		{"a reason of two lines", noon().Add(time.Hour), "a\nb", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			p := load(t, dir)
			_, err := p.Set(noon(), test.until, test.reason)
			if (err == nil) != test.ok {
				t.Fatalf("Set: got %v, want ok %v", err, test.ok)
			}
			var invalid *pause.InvalidError
			if err != nil && !errors.As(err, &invalid) {
				t.Errorf("Set: got %T, want an InvalidError", err)
			}
			wantPaused(t, load(t, dir), noon(), test.ok)
		})
	}
}

func TestADamagedFileIsNoPauseAndIsSaid(t *testing.T) {
	for name, data := range map[string]string{
		"empty":          "",
		"cut off":        `{"format":1,"from":"2026-11-21T12:00:00Z","unt`,
		"zeros":          strings.Repeat("\x00", 512),
		"another format": `{"format":2,"from":"2026-11-21T12:00:00Z","until":"2026-11-21T14:00:00Z","set":"2026-11-21T12:00:00Z"}`,
		"without a set":  `{"format":1,"from":"2026-11-21T12:00:00Z","until":"2026-11-21T14:00:00Z"}`,
		"for ever":       `{"format":1,"from":"2026-11-21T12:00:00Z","until":"9999-11-21T14:00:00Z","set":"2026-11-21T12:00:00Z"}`,
		"backwards":      `{"format":1,"from":"2026-11-21T12:00:00Z","until":"2026-11-20T14:00:00Z","set":"2026-11-21T12:00:00Z"}`,
		"a bad reason":   `{"format":1,"from":"2026-11-21T12:00:00Z","until":"2026-11-21T14:00:00Z","set":"2026-11-21T12:00:00Z","reason":"\u001b[2J"}`,
		"huge":           strings.Repeat(" ", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, pause.FileName), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := pause.Load(dir)
			if err == nil || !strings.Contains(err.Error(), "nothing is paused") {
				t.Errorf("Load: got %v, want a word on the damage", err)
			}
			wantPaused(t, p, noon().Add(time.Hour), false)
			set(t, p, noon(), noon().Add(time.Hour)) // and the next one replaces it
			wantPaused(t, load(t, dir), noon(), true)
		})
	}
}

func TestAPauseThatCannotBeWrittenIsNone(t *testing.T) {
	dir := t.TempDir()
	p := load(t, dir)
	if err := os.Mkdir(filepath.Join(dir, pause.FileName+".new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, pause.FileName+".new", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Set(noon(), noon().Add(time.Hour), ""); err == nil {
		t.Error("Set: got nil, want the card's error")
	}
	wantPaused(t, p, noon(), false)
}

// As a power cut leaves it between the new file and its name.
func TestAHalfWrittenFileLeavesThePauseAsItWas(t *testing.T) {
	dir := t.TempDir()
	set(t, load(t, dir), noon(), noon().Add(time.Hour))
	if err := os.WriteFile(filepath.Join(dir, pause.FileName+".new"), []byte(`{"form`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := load(t, dir)
	wantPaused(t, p, noon(), true)
	set(t, p, noon(), noon().Add(2*time.Hour))
	wantPaused(t, load(t, dir), noon().Add(time.Hour), true)
}

func TestManyMayAskWhileOneSets(t *testing.T) {
	p := load(t, t.TempDir())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				if s := p.State(); s.Until.Before(s.From) {
					t.Errorf("got %+v, want a whole pause", s)
				}
				p.Paused(noon())
			}
		})
	}
	for n := range 20 {
		at := noon().Add(time.Duration(n) * time.Minute)
		set(t, p, at, at.Add(time.Hour))
		if _, err := p.Clear(at.Add(time.Second)); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":1,"from":"2026-11-21T12:00:00Z","until":"2026-11-21T14:00:00Z","set":"2026-11-21T12:00:00Z","reason":"crane"}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := pause.Parse(data)
		if err != nil {
			return
		}
		if s.Until.Sub(s.Set) > pause.Max || s.Until.Before(s.From) {
			t.Errorf("got %+v, want a bounded pause", s)
		}
		if bytes.ContainsAny([]byte(s.Reason), "\x00\x1b\n") {
			t.Errorf("got the reason %q, want one that can be printed", s.Reason)
		}
	})
}
