package maintenance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/maintenance"
)

// returnsPerSecond counts by second when devices of those names return after one
// window with a spread of 10 minutes.
func returnsPerSecond(t testing.TB, devices int, name func(n int) string) (perSecond [600]int) {
	t.Helper()
	cfg := maintenance.Default()
	cfg.Windows = []maintenance.Window{window("2026-12-06 19:00", "", "", 3*time.Hour)}
	end := utc(t, "2026-12-06 22:00")
	for n := range devices {
		cal, err := maintenance.New(cfg, maintenance.Options{Device: name(n), Clock: &clock{}, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		_, returns, ok := cal.Quiet(end.Add(-time.Minute))
		if !ok || returns.Before(end) || returns.Sub(end) >= cfg.Spread {
			t.Fatalf("%s: returns %v, %t, want within the spread", name(n), returns.Sub(end), ok)
		}
		perSecond[returns.Sub(end)/time.Second]++
	}
	return perSecond
}

// TestNumberedFleetReturnsEvenly: 10,000 devices over 600 seconds, 16.7 a second
// on average.
func TestNumberedFleetReturnsEvenly(t *testing.T) {
	for _, form := range []string{"pole-%d", "site-%05d", "%d", "fc%d"} {
		for second, n := range returnsPerSecond(t, 10_000, func(n int) string { return fmt.Sprintf(form, n) }) {
			if n < 13 || n > 21 {
				t.Errorf("%s: %d devices in second %d, want 17 or so", form, n, second)
			}
		}
	}
}

// TestFleetOfAnyNamesReturnsSpreadOut: names without a common number come as chance
// has it. 33.3 is twice the mean of 10,000 in 600 seconds; by chance alone one
// second of them all has over 45 once in 10^7 runs, and these names are always the
// same.
func TestFleetOfAnyNamesReturnsSpreadOut(t *testing.T) {
	for second, n := range returnsPerSecond(t, 10_000, func(n int) string { return fmt.Sprintf("site-%d-camera", n) }) {
		if n > 45 {
			t.Errorf("%d devices in second %d, want 45 at most", n, second)
		}
	}
}

// TestNumberedFleetTakesTurnsEvenly, at the same moments whenever it is asked.
func TestNumberedFleetTakesTurnsEvenly(t *testing.T) {
	cfg := maintenance.Default()
	at := utc(t, "2026-12-06 22:03")
	var perSecond [600]int
	for n := range 10_000 {
		cal, err := maintenance.New(cfg, maintenance.Options{Device: fmt.Sprintf("pole-%d", n), Clock: &clock{}, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		wait := cal.Turn(at)
		if wait < 0 || wait >= cfg.Spread {
			t.Fatalf("the turn comes in %v, want within %v", wait, cfg.Spread)
		}
		if again := at.Add(7 * time.Minute); again.Add(cal.Turn(again)).Sub(at.Add(wait))%cfg.Spread != 0 {
			t.Fatalf("another turn 7 min later: %v after %v", again.Add(cal.Turn(again)), at.Add(wait))
		}
		perSecond[wait/time.Second]++
	}
	for second, n := range perSecond {
		if n < 13 || n > 21 {
			t.Errorf("%d devices in second %d, want 17 or so", n, second)
		}
	}
}

func BenchmarkQuiet(b *testing.B) {
	cal := calendar(b, append(quarterly(), monthly())...)
	at := utc(b, "2026-12-06 21:00")
	b.ReportAllocs()
	for b.Loop() {
		cal.Quiet(at)
	}
}

func BenchmarkNew(b *testing.B) {
	at := utc(b, "2026-12-06 21:00")
	for b.Loop() {
		calendar(b, append(quarterly(), monthly())...).Quiet(at)
	}
}

func BenchmarkRuleThatNeverComes(b *testing.B) {
	cfg := maintenance.Default()
	cfg.Windows = []maintenance.Window{window("2026-01-01 22:00", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "", time.Hour)}
	for b.Loop() {
		if cfg.Validate() == nil {
			b.Fatal("accepted")
		}
	}
}
