package reading_test

import (
	"errors"
	"math"
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
