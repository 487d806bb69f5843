// Package reading decides which of a sensor's readings can be believed.
//
// Sensors lie: a loose contact gives 12 V one second and 0 the next, a brown-out
// resets the chip, a bus gives FF. What stands on a reading (photos, a heater) must
// not stand on one alone.
//
// Promises:
//   - What is out of the plausible range counts as no reading.
//   - A value is believed when Agree of the newest Window readings are within the
//     tolerance of their median; the value is that median. Until then, and as soon as
//     they don't agree any more, there is none.
//   - A reading that failed is one that does not agree.
//   - Each reading is bounded, and a sensor is reported when nothing could be believed for
//     some minutes, not before.
package reading

import (
	"slices"
	"time"
)

const (
	// Window is how many of the newest readings are looked at.
	Window = 5
	// Agree is how many of them must agree: a single one that does not may come from
	// a camera's charger or a modem's burst, two do not repeat.
	Agree = 4
)

// Range is what is plausible, both ends included, and how near readings must be to
// agree; all in the sensor's unit.
type Range struct{ Low, High, Tolerance float64 }

// sample is one reading.
type sample struct {
	value float64
	good  bool
}

// Filter is the filter of one sensor. It is for one goroutine.
type Filter struct {
	r    Range
	last []sample  // the newest Window at the most, oldest first
	lost time.Time // since when nothing is believed, by package time; zero: something is
}

// New makes a Filter that has seen nothing.
func New(r Range) *Filter { return &Filter{r: r, lost: time.Now()} }

// Add takes a reading, or that there was none; Believed is by it from now on.
func (f *Filter) Add(value float64, err error) {
	good := err == nil && value >= f.r.Low && value <= f.r.High // false for a NaN
	if len(f.last) == Window {
		f.last = slices.Delete(f.last, 0, 1)
	}
	f.last = append(f.last, sample{value, good})
	switch _, ok := f.Believed(); {
	case ok:
		f.lost = time.Time{}
	case f.lost.IsZero():
		f.lost = time.Now()
	}
}

// Believed is the value that can be believed; false where there is none.
func (f *Filter) Believed() (value float64, ok bool) {
	var good []float64
	for _, s := range f.last {
		if s.good {
			good = append(good, s.value)
		}
	}
	if len(good) < Agree {
		return 0, false
	}
	slices.Sort(good)
	median := good[len(good)/2]
	if len(good)%2 == 0 {
		median = (good[len(good)/2-1] + median) / 2
	}
	agree := 0
	for _, v := range good {
		if max(v-median, median-v) <= f.r.Tolerance {
			agree++
		}
	}
	return median, agree >= Agree
}

// Silent is for how long nothing could be believed; 0 where something can.
func (f *Filter) Silent() time.Duration {
	if f.lost.IsZero() {
		return 0
	}
	return time.Since(f.lost)
}
