package reading_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"fieldcam/agent/reading"
)

// battery is a two-cell pack's.
func battery() reading.Range { return reading.Range{Low: 5000, High: 8800, Tolerance: 200} }

func TestAReadingIsBelievedOnceItRepeats(t *testing.T) {
	f := reading.New(battery())
	for i := range reading.Agree {
		if v, ok := f.Believed(); ok {
			t.Errorf("after %d readings: got %v, want none believed", i, v)
		}
		f.Add(7400+float64(i), nil)
	}
	if v, ok := f.Believed(); !ok || v != 7401.5 {
		t.Errorf("got %v, %v, want 7401.5", v, ok)
	}
	f.Add(6200, nil) // a burst
	if v, ok := f.Believed(); !ok || v != 7401 {
		t.Errorf("with one that differs: got %v, %v, want 7401", v, ok)
	}
	f.Add(6200, nil)
	if v, ok := f.Believed(); ok {
		t.Errorf("with two that differ: got %v, want none believed", v)
	}
	f.Add(6200, nil)
	f.Add(6200, nil)
	if v, ok := f.Believed(); !ok || v != 6200 {
		t.Errorf("got %v, %v, want the new value once it repeats", v, ok)
	}
}

func TestNonsenseIsNeverBelieved(t *testing.T) {
	for name, pair := range map[string][2]float64{
		"12 V and 0":              {12000, 0},
		"a pack and 0":            {7400, 0},
		"full and empty":          {8400, 6000},
		"not a number":            {math.NaN(), math.Inf(1)},
		"all bits set":            {65535, 65535},
		"a pack and not a number": {7400, math.NaN()},
	} {
		f := reading.New(battery())
		for i := range 50 {
			f.Add(pair[i%2], nil)
			if v, ok := f.Believed(); ok {
				t.Errorf("%s: got %v, want none believed", name, v)
			}
		}
	}
}

func TestASensorThatFailsIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := reading.New(battery())
		for range 5 {
			f.Add(7400, nil)
		}
		if d := f.Silent(); d != 0 {
			t.Errorf("silent for %v, want not", d)
		}
		gone := errors.New("gone")
		f.Add(0, gone)
		if _, ok := f.Believed(); !ok || f.Silent() != 0 {
			t.Error("one failure is a silence, want not")
		}
		f.Add(0, gone)
		time.Sleep(time.Minute)
		f.Add(0, gone)
		if d := f.Silent(); d != time.Minute {
			t.Errorf("silent for %v, want a minute", d)
		}
	})
}

// Whatever comes, what is believed is plausible and has been read.
func TestWhatIsBelievedWasRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := reading.New(battery())
		values := rapid.SliceOf(rapid.Float64Range(4000, 10000)).Draw(t, "values")
		for i, v := range values {
			f.Add(v, nil)
			got, ok := f.Believed()
			if !ok {
				continue
			}
			near := 0
			for _, w := range values[max(0, i-4) : i+1] {
				if math.Abs(w-got) <= 200 {
					near++
				}
			}
			if near < reading.Agree || got < 5000 || got > 8800 {
				t.Errorf("of %v: got %v", values[:i+1], got)
			}
		}
	})
}

func TestASensorIsReportedWhenNothingIsBelievedForMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := reading.New(battery())
		gone := errors.New("gone")
		var at time.Duration
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		reading.Watch(ctx, time.Minute, func(ctx context.Context) {
			_, ok, err := reading.Take(ctx, f, func(context.Context) (float64, error) { return 0, gone }, func(v float64) float64 { return v })
			fault, told := f.Fault(err, "0 mV")
			if ok && told && at == 0 {
				if at = time.Since(begun); !errors.Is(fault, gone) {
					t.Errorf("reported as %v, want why it failed", fault)
				}
			}
		})
		if at < reading.FaultAfter || at > reading.FaultAfter+time.Minute {
			t.Errorf("reported after %v, want %v", at, reading.FaultAfter)
		}
		if d := time.Since(begun); d != time.Hour {
			t.Errorf("it went on for %v, want until its context ended", d)
		}
		f.Add(0, nil) // out of its range
		if fault, told := f.Fault(nil, "0 mV"); !told || !strings.Contains(fault.Error(), "the last one is 0 mV") {
			t.Errorf("readings that make no sense: %v, %v", fault, told)
		}
		for range reading.Agree {
			f.Add(7400, nil)
		}
		if fault, told := f.Fault(nil, "7400 mV"); !told || fault != nil {
			t.Errorf("believed again: %v, %v, want that told", fault, told)
		}
	})
}

func TestEachReadingIsBoundedAndWhatComesAfterTheEndDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := reading.New(battery())
		same := func(v float64) float64 { return v }
		hangs := func(ctx context.Context) (float64, error) { <-ctx.Done(); return 7400, nil }
		begun := time.Now()
		if _, ok, err := reading.Take(t.Context(), f, hangs, same); !ok || err != nil {
			t.Errorf("a reading that takes all its time: %v, %v, want it taken", ok, err)
		}
		if d := time.Since(begun); d > time.Minute {
			t.Errorf("a reading took %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range reading.Window {
			if _, ok, _ := reading.Take(ctx, f, hangs, same); ok {
				t.Error("a reading after the end of its context counts")
			}
		}
		if v, ok := f.Believed(); ok {
			t.Errorf("believed is %v", v)
		}
	})
}
