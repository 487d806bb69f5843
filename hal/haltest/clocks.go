package haltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"fieldcam/hal"
)

// ClockRig is a clock, and what can be done to it: nil where that can't be done.
type ClockRig struct {
	Clock hal.Clock
	// Step moves the clock, as an NTP daemon or a person does.
	Step func(d time.Duration)
	// SetSynced has the clock's source be trusted, or not.
	SetSynced func(synced bool)
	// Watch tells of the clock's steps.
	Watch hal.WatchSteps
}

// Clocks checks a wall clock. For each check it calls run, which makes a fresh rig
// and passes it on.
func Clocks(t *testing.T, run func(t *testing.T, check func(testing.TB, ClockRig))) {
	suite(t, run, map[string]func(testing.TB, ClockRig){
		"TimeIsUTCWithoutMonotonicReading": plainTime,
		"StepShowsInTheDifference":         clockStep,
		"SyncedIsTheSources":               synced,
		"StepIsToldOnceAtTheNewTime":       stepTold,
	})
}

func plainTime(t testing.TB, r ClockRig) {
	now := r.Clock.Now()
	if now.Location() != time.UTC || now.Round(0) != now {
		t.Errorf("Now is %#v, want UTC without a monotonic reading", now)
	}
	before := time.Now()
	first := r.Clock.Now()
	time.Sleep(soon)
	passed, took := r.Clock.Now().Sub(first), time.Since(before)
	if passed < soon-time.Millisecond || passed > took+time.Millisecond {
		t.Errorf("in %v the clock went on by %v", took, passed)
	}
}

func clockStep(t testing.TB, r ClockRig) {
	if r.Step == nil {
		return
	}
	for _, d := range []time.Duration{time.Hour, -2 * time.Hour, 24 * 365 * time.Hour} {
		before, start := r.Clock.Now(), time.Now()
		r.Step(d)
		moved := r.Clock.Now().Sub(before) - time.Since(start)
		if off := moved - d; off < -time.Second || off > time.Second {
			t.Errorf("stepped by %v: the clock moved by %v", d, moved)
		}
		r.Step(-d)
	}
}

// stepBound is how long a step may take to be told of.
const stepBound = time.Second

func stepTold(t testing.TB, r ClockRig) {
	if r.Watch == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	told := make(chan time.Time, 16)
	ended := begin(func() error { return r.Watch(ctx, func() { told <- r.Clock.Now() }) })
	await(t, "the first call", told)
	steps := []time.Duration{time.Hour, -2 * time.Hour, -2 * time.Second, 24 * 365 * time.Hour}
	if r.Step == nil {
		steps = nil // and somebody else may set it
	}
	for _, d := range steps {
		for _, by := range []time.Duration{d, -d} {
			before, start := r.Clock.Now(), time.Now()
			r.Step(by)
			select {
			case at := <-told:
				if off := at.Sub(before) - time.Since(start) - by; off < -time.Second || off > time.Second {
					t.Errorf("stepped by %v: told when the clock had moved by %v", by, off+by)
				}
			case <-time.After(stepBound):
				t.Fatalf("a step by %v is not told after %v", by, stepBound)
			}
			select {
			case <-told:
				t.Errorf("a step by %v is told twice", by)
			case <-time.After(quiet):
			}
		}
	}
	cancel()
	if err := await(t, "WatchSteps", ended); err != nil {
		t.Errorf("WatchSteps: %v after its context ended, want nil", err)
	}
}

func synced(t testing.TB, r ClockRig) {
	if r.SetSynced == nil {
		r.Clock.Synced() // either answer is right; it must have one
		return
	}
	for _, want := range []bool{true, false, true} {
		r.SetSynced(want)
		if got := r.Clock.Synced(); got != want {
			t.Errorf("Synced is %v, want %v", got, want)
		}
	}
}

// RTCRig is a battery-backed clock that shows a time in this century and has no
// alarm.
type RTCRig struct {
	RTC hal.RTC
	// Woken receives at each alarm; nil where nobody notices.
	Woken <-chan struct{}
	// Lose empties the chip's battery; nil where that can't be done.
	Lose func()
}

// RTCs checks a battery-backed clock. For each check it calls run, which makes a
// fresh rig and passes it on.
func RTCs(t *testing.T, run func(t *testing.T, check func(testing.TB, RTCRig))) {
	suite(t, run, map[string]func(testing.TB, RTCRig){
		"KeepsTheTimeThatItWasGiven": rtcSet,
		"ImpossibleTimesAreErrors":   rtcBad,
		"AlarmIsKeptAndTakenAway":    rtcAlarm,
		"AlarmComesOnce":             rtcWakes,
		"LostTimeIsTold":             rtcLost,
	})
}

func rtcSet(t testing.TB, r RTCRig) {
	was := rtcTime(t, r)
	for _, want := range []time.Time{
		time.Date(2028, 2, 29, 23, 59, 30, 999_000_000, time.UTC),
		time.Date(2001, 1, 1, 1, 0, 0, 0, time.FixedZone("east", 3600)),
		was,
	} {
		start := time.Now()
		if err := r.RTC.Set(want); err != nil {
			t.Fatalf("Set(%v): %v", want, err)
		}
		got := rtcTime(t, r)
		if d := got.Sub(want.Truncate(time.Second)); d < 0 || d > time.Since(start)+time.Second {
			t.Errorf("set to %v it shows %v", want, got)
		}
		if got.Location() != time.UTC || got.Nanosecond() != 0 {
			t.Errorf("it shows %#v, want UTC in whole seconds", got)
		}
	}
}

func rtcBad(t testing.TB, r RTCRig) {
	now := rtcTime(t, r)
	for _, bad := range []time.Time{{}, time.Unix(0, 0), time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if err := r.RTC.Set(bad); err == nil {
			t.Errorf("Set(%v) succeeded, want an error", bad)
		}
	}
	for _, past := range []time.Time{now, now.Add(-time.Hour)} {
		if err := r.RTC.WakeAt(past); err == nil {
			t.Errorf("an alarm at %v, when it is %v, was set", past, now)
		}
	}
	if d := rtcTime(t, r).Sub(now); d < 0 || d > time.Minute {
		t.Errorf("refused times moved it by %v", d)
	}
}

func rtcAlarm(t testing.TB, r RTCRig) {
	expectWake(t, r, time.Time{})
	at := rtcTime(t, r).Add(3 * time.Hour)
	for _, want := range []time.Time{at, at.Add(-time.Hour)} {
		if err := r.RTC.WakeAt(want.Add(time.Millisecond)); err != nil {
			t.Fatalf("WakeAt(%v): %v", want, err)
		}
		expectWake(t, r, want)
	}
	for range 2 {
		if err := r.RTC.WakeAt(time.Time{}); err != nil {
			t.Fatalf("take the alarm away: %v", err)
		}
		expectWake(t, r, time.Time{})
	}
}

func rtcWakes(t testing.TB, r RTCRig) {
	if r.Woken == nil {
		return
	}
	const ahead = 2 * time.Second
	start := time.Now()
	if err := r.RTC.WakeAt(rtcTime(t, r).Add(ahead)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.Woken:
	case <-time.After(limit):
		t.Fatal("the alarm did not come")
	}
	if d := time.Since(start); d < ahead-time.Second {
		t.Errorf("the alarm came after %v, want %v", d, ahead)
	}
	expectWake(t, r, time.Time{})
	select {
	case <-r.Woken:
		t.Error("the alarm came twice")
	case <-time.After(ahead):
	}
}

func rtcLost(t testing.TB, r RTCRig) {
	if r.Lose == nil {
		return
	}
	was := rtcTime(t, r)
	r.Lose()
	if got, err := r.RTC.Time(); !errors.Is(err, hal.ErrTimeLost) {
		t.Errorf("Time after the battery was empty: %v, %v, want ErrTimeLost", got, err)
	}
	if err := r.RTC.WakeAt(was.Add(time.Hour)); err == nil {
		t.Error("an alarm was set on a clock without a time")
	}
	if err := r.RTC.Set(was); err != nil {
		t.Fatal(err)
	}
	if d := rtcTime(t, r).Sub(was); d < 0 || d > time.Minute {
		t.Errorf("set again it is %v off", d)
	}
}

func rtcTime(t testing.TB, r RTCRig) time.Time {
	t.Helper()
	got, err := r.RTC.Time()
	if err != nil {
		t.Fatalf("Time: %v", err)
	}
	return got
}

func expectWake(t testing.TB, r RTCRig, want time.Time) {
	t.Helper()
	if got, err := r.RTC.Wake(); err != nil || !got.Equal(want) {
		t.Errorf("the alarm is at %v, %v, want %v", got, err, want)
	}
}
