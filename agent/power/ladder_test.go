package power_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/agent/power"
)

// limits is a two-cell pack's.
func limits() power.Limits {
	return power.Limits{
		Below: [4]int{0, 7500, 7200, 6800}, Hysteresis: 150,
		Down: 5 * time.Minute, Up: 30 * time.Minute, Blind: 6 * time.Hour,
	}
}

// told is one step of a ladder's history.
type told struct {
	at    time.Time
	mv    int
	known bool
	rung  power.Rung // after it
	moved bool
}

// course is a ladder and what it was told.
type course struct {
	*power.Ladder
	now   time.Time
	steps []told
}

func newCourse() *course {
	return &course{Ladder: power.NewLadder(limits(), power.Normal), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// tell has time pass and gives the ladder a reading; 0 is none.
func (c *course) tell(d time.Duration, mv int) {
	c.now = c.now.Add(d)
	moved := c.Step(c.now, mv, mv != 0)
	c.steps = append(c.steps, told{c.now, mv, mv != 0, c.Rung(), moved})
}

// run gives the same reading each half a minute.
func (c *course) run(d time.Duration, mv int) {
	for range d / (30 * time.Second) {
		c.tell(30*time.Second, mv)
	}
}

func TestTheLadderGoesDownAndReturnsByItself(t *testing.T) {
	c := newCourse()
	for _, s := range []struct {
		d    time.Duration
		mv   int
		want power.Rung
	}{
		{time.Hour, 7800, power.Normal},
		{4 * time.Minute, 7400, power.Normal}, // not for long enough
		{time.Minute, 7500, power.Normal},     // on the limit
		{6 * time.Minute, 7499, power.UploadLess},
		{10 * time.Hour, 7649, power.UploadLess}, // within the hysteresis
		{31 * time.Minute, 7650, power.Normal},
		{6 * time.Minute, 6700, power.Dormant}, // straight down
		{29 * time.Minute, 8400, power.Dormant},
		{2 * time.Minute, 8400, power.CaptureOnly}, // and back by one at a time
		{30 * time.Minute, 8400, power.UploadLess},
		{31 * time.Minute, 8400, power.Normal},
	} {
		c.run(s.d, s.mv)
		if got := c.Rung(); got != s.want {
			t.Errorf("after %v of %d mV: got %v, want %v", s.d, s.mv, got, s.want)
		}
	}
}

func TestASilentSensorMovesTheLadderUpOnly(t *testing.T) {
	c := newCourse()
	c.run(10*time.Minute, 6700)
	c.run(5*time.Hour, 0)
	if got := c.Rung(); got != power.Dormant {
		t.Errorf("after 5 hours without a reading: got %v, want dormant", got)
	}
	c.run(70*time.Minute, 0)
	if got := c.Rung(); got != power.CaptureOnly {
		t.Errorf("after 6 hours without a reading: got %v, want capture-only", got)
	}
	c.run(12*time.Hour, 0)
	if got := c.Rung(); got != power.Normal {
		t.Errorf("after 18 hours without a reading: got %v, want normal", got)
	}
	c.run(100*time.Hour, 0)
	if got := c.Rung(); got != power.Normal {
		t.Errorf("got %v, want normal", got)
	}
}

// A sensor that answers now and then keeps the rung.
func TestReadingsWithGapsMoveNothingDown(t *testing.T) {
	c := newCourse()
	for range 200 {
		c.run(4*time.Minute, 6000)
		c.tell(30*time.Second, 0)
	}
	if got := c.Rung(); got != power.Normal {
		t.Errorf("got %v, want normal", got)
	}
}

// Whatever the battery does, each change has its reason in what was read before.
func TestEveryChangeOfTheLadderIsEarned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCourse()
		for range rapid.IntRange(1, 60).Draw(t, "stretches") {
			mv := rapid.SampledFrom([]int{0, 6000, 6799, 6800, 6949, 6950, 7199, 7200, 7349, 7350, 7499, 7500, 7649, 7650, 8400}).Draw(t, "mV")
			every := rapid.SampledFrom([]time.Duration{time.Second, 30 * time.Second, 7 * time.Minute, time.Hour}).Draw(t, "every")
			for range rapid.IntRange(1, 70).Draw(t, "readings") {
				c.tell(every, mv)
			}
		}
		c.judge(t)
	})
}

// judge holds the course to the ladder's promises.
func (c *course) judge(t *rapid.T) {
	l := limits()
	before := power.Normal
	var last time.Time // of the changes
	var lastUp bool
	for i, s := range c.steps {
		if !s.moved {
			if s.rung != before {
				t.Fatalf("step %d: %v, was %v, and no change is told", i, s.rung, before)
			}
			continue
		}
		up := s.rung < before
		switch {
		case s.rung == before:
			t.Fatalf("step %d: a change is told and the rung is %v still", i, s.rung)
		case up && s.rung != before-1:
			t.Fatalf("step %d: from %v to %v at once", i, before, s.rung)
		case up && !s.known && !c.held(i, l.Blind, func(s told) bool { return !s.known }):
			t.Fatalf("step %d: up to %v, and it was not blind for %v", i, s.rung, l.Blind)
		case up && s.known && !c.held(i, l.Up, func(s told) bool { return s.known && s.mv >= l.Below[before]+l.Hysteresis }):
			t.Fatalf("step %d: up to %v, and the battery was not above %d mV for %v", i, s.rung, l.Below[before]+l.Hysteresis, l.Up)
		case !up && !c.held(i, l.Down, func(t told) bool { return t.known && t.mv < l.Below[s.rung] }):
			t.Fatalf("step %d: down to %v, and the battery was not below %d mV for %v", i, s.rung, l.Below[s.rung], l.Down)
		}
		dwell := l.Up
		if !up {
			dwell = l.Down
		}
		if !last.IsZero() && up != lastUp && s.at.Sub(last) < dwell {
			t.Fatalf("step %d: it turned %v after the last change, want %v at least", i, s.at.Sub(last), dwell)
		}
		last, lastUp, before = s.at, up, s.rung
	}
}

// held tells whether all steps of the last d, up to the one at i, are so, and some
// step is that old.
func (c *course) held(i int, d time.Duration, so func(told) bool) bool {
	end := c.steps[i].at
	for ; i >= 0 && so(c.steps[i]); i-- {
		if end.Sub(c.steps[i].at) >= d {
			return true
		}
	}
	return false
}

// Nothing is left out for want of luck: each course of six stretches of the
// telling voltages.
func TestEveryShortCourseKeepsThePromises(t *testing.T) {
	voltages := []int{0, 6799, 7000, 7400, 7700}
	var visit func(c []int, left int)
	visited := 0
	visit = func(path []int, left int) {
		if left == 0 {
			visited++
			c := newCourse()
			for _, mv := range path {
				for range 4 {
					c.tell(10*time.Minute, mv)
				}
			}
			before := power.Normal
			for _, s := range c.steps {
				if !s.known && s.rung > before || s.rung < before-1 {
					t.Fatalf("%v: from %v to %v at a reading of %d mV", path, before, s.rung, s.mv)
				}
				before = s.rung
			}
			return
		}
		for _, mv := range voltages {
			visit(append(path[:len(path):len(path)], mv), left-1)
		}
	}
	visit(nil, 6)
	if visited != 15625 {
		t.Errorf("visited %d courses", visited)
	}
}
