package haltest

import (
	"testing"
	"time"

	"fieldcam/hal"
)

// WatchdogRig is a watchdog that is stopped and has not bitten.
type WatchdogRig struct {
	// Open starts it.
	Open func() (hal.Watchdog, error)
	// Bites receives in place of each reset; nil where a reset would end the test.
	Bites <-chan struct{}
}

// patience is a time-out that a busy machine can feed in time.
const patience = 20 * time.Second

// Watchdogs checks a watchdog. For each check it calls run, which makes a fresh rig
// and passes it on.
func Watchdogs(t *testing.T, run func(t *testing.T, check func(testing.TB, WatchdogRig))) {
	suite(t, run, map[string]func(testing.TB, WatchdogRig){
		"TimeoutIsTheHardwares":   timeout,
		"HeldByOneUserAtATime":    watchdogHeld,
		"ClosedWatchdogIsStopped": watchdogClosed,
		"FedWatchdogDoesNotBite":  fed,
		"UnfedWatchdogBites":      unfed,
	})
}

func timeout(t testing.TB, r WatchdogRig) {
	w := openWatchdog(t, r)
	defer closeWatchdog(t, w)
	if err := w.SetTimeout(patience); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Timeout(); err != nil || got < patience/2 || got > 2*patience {
		t.Errorf("the time-out is %v, %v, want about %v", got, err, patience)
	}
	for _, bad := range []time.Duration{0, -time.Second, 999 * time.Millisecond, 24 * time.Hour} {
		if err := w.SetTimeout(bad); err == nil {
			t.Errorf("a time-out of %v was taken, want an error", bad)
		}
	}
	if bitten, err := w.Bitten(); bitten || err != nil {
		t.Errorf("Bitten is %v, %v, want false", bitten, err)
	}
}

func watchdogHeld(t testing.TB, r WatchdogRig) {
	w := openWatchdog(t, r)
	if second, err := r.Open(); err == nil {
		second.Close()
		t.Error("a watchdog that is open was opened again")
	}
	closeWatchdog(t, w)
	closeWatchdog(t, openWatchdog(t, r))
}

func watchdogClosed(t testing.TB, r WatchdogRig) {
	w := openWatchdog(t, r)
	if err := w.SetTimeout(patience); err != nil {
		t.Fatal(err)
	}
	closeWatchdog(t, w)
	closeWatchdog(t, w)
	if err := w.Feed(); err == nil {
		t.Error("Feed after Close succeeded, want an error")
	}
	expectNoBite(t, r, 3*patience)
}

func fed(t testing.TB, r WatchdogRig) {
	if r.Bites == nil {
		w := openWatchdog(t, r)
		defer closeWatchdog(t, w)
		for range 3 {
			if err := w.Feed(); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	w := openWatchdog(t, r)
	defer closeWatchdog(t, w)
	if err := w.SetTimeout(patience); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		expectNoBite(t, r, patience/2)
		if err := w.Feed(); err != nil {
			t.Fatal(err)
		}
	}
}

func unfed(t testing.TB, r WatchdogRig) {
	if r.Bites == nil {
		return
	}
	w := openWatchdog(t, r)
	if err := w.SetTimeout(patience); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	select {
	case <-r.Bites:
	case <-time.After(limit):
		t.Fatal("nobody fed it, and it does not bite")
	}
	if d := time.Since(start); d < patience {
		t.Errorf("it bit after %v, before its time-out of %v", d, patience)
	}
	if err := w.Feed(); err == nil {
		t.Error("Feed after the reset succeeded, want an error")
	}
	w = openWatchdog(t, r)
	defer closeWatchdog(t, w)
	if bitten, err := w.Bitten(); !bitten || err != nil {
		t.Errorf("after the reset Bitten is %v, %v, want true", bitten, err)
	}
}

func openWatchdog(t testing.TB, r WatchdogRig) hal.Watchdog {
	t.Helper()
	w, err := r.Open()
	if err != nil {
		t.Fatalf("open watchdog: %v", err)
	}
	return w
}

func closeWatchdog(t testing.TB, w hal.Watchdog) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// expectNoBite waits for d, where a bite would be seen.
func expectNoBite(t testing.TB, r WatchdogRig, d time.Duration) {
	t.Helper()
	if r.Bites == nil {
		return
	}
	select {
	case <-r.Bites:
		t.Error("it bit")
	case <-time.After(d):
	}
}
