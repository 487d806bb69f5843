package camera_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/hal/sim"
)

// lives opens and ends a camera's power n times, by Close and by kill -9 in turn, and
// gives the line. In its first life the camera is switched on, and rests; a camera
// that is on must cost no warm-up in the lives after it.
func lives(t *testing.T, b *sim.Board, c camera.PowerConfig, n int) *sim.Line {
	t.Helper()
	l := b.AddLine(lineName)
	c.Line = lineName
	for life := range n {
		p, err := camera.OpenPower(c, b)
		if err != nil {
			t.Fatal(err)
		}
		was := l.High() != c.ActiveLow
		start := time.Now()
		fresh, err := p.On(t.Context())
		if err != nil || fresh == was {
			t.Errorf("life %d: On of a camera that was on %v: fresh %v, %v", life, was, fresh, err)
		}
		if d := time.Since(start); was && d != 0 {
			t.Errorf("life %d: a camera that was on all the time is waited for %v", life, d)
		}
		if err := p.Rest(); err != nil {
			t.Fatal(err)
		}
		if life%2 == 1 {
			b.Kill()
		}
		if err := p.Close(); err != nil { // after a kill -9 it reaches nothing
			t.Fatal(err)
		}
	}
	return l
}

func TestACameraThatIsKeptOnStaysOnOverRestartAndKill(t *testing.T) {
	for _, activeLow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			b.SetHolding(true)
			b.AddLine(lineName).SetRest(activeLow) // where it would go if nobody held it
			c := camera.DefaultPower()
			c.KeepOn, c.ActiveLow = true, activeLow
			l := lives(t, b, c, 100)
			// Active low: high while it is off at first, then low; and no more.
			want := []bool{true}
			if activeLow {
				want = []bool{true, false}
			}
			if got := l.Levels(); !slices.Equal(got, want) {
				t.Errorf("active low %v: in 100 lives the line went through %v, want %v", activeLow, got, want)
			}
		})
	}
}

func TestWithoutSystemdAKeptCameraGoesOffAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := camera.DefaultPower()
		c.KeepOn = true
		if l := lives(t, sim.New(), c, 1); l.High() {
			t.Error("nobody holds the line, and the camera is on after Close")
		}
	})
}

func TestACrashThatLeavesAKeptCameraOnCostsNoEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New() // nothing is held, but the chip keeps its levels
		l := b.AddLine(lineName)
		c := camera.DefaultPower()
		c.Line, c.KeepOn = lineName, true
		for range 10 {
			p, err := camera.OpenPower(c, b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.On(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.Kill()
		}
		if got := l.Levels(); !slices.Equal(got, []bool{true}) {
			t.Errorf("in ten crashes the line went through %v, want high once", got)
		}
	})
}

func TestACameraThatIsNotKeptIsOffFromTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		b.SetHolding(true)
		l := b.AddLine(lineName)
		c := camera.DefaultPower()
		c.Line = lineName
		p, err := camera.OpenPower(c, b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.On(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Kill() // in mid-photo
		if p, err = camera.OpenPower(c, b); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if l.High() {
			t.Error("after a crash in mid-photo and a new start the camera has power")
		}
	})
}

func TestAKeptCameraIsSwitchedOffWhereItIsKeptNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		b.SetHolding(true)
		c := camera.DefaultPower()
		c.KeepOn = true
		l := lives(t, b, c, 1)
		if !l.High() {
			t.Fatal("the camera is not kept on")
		}
		c.Line, c.KeepOn = lineName, false
		p, err := camera.OpenPower(c, b)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if l.High() {
			t.Error("keep_on was taken away, and the camera has power")
		}
	})
}
