package camera_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const lineName = "CAMERA_POWER"

func openPower(t *testing.T, change func(*camera.PowerConfig)) (*camera.Power, *sim.Line) {
	t.Helper()
	b := sim.New()
	l := b.AddLine(lineName)
	c := camera.DefaultPower()
	c.Line = lineName
	if change != nil {
		change(&c)
	}
	p, err := camera.OpenPower(c, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p, l
}

func TestWarmUpIsWaitedForOnlyAfterOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := openPower(t, nil)
		if l.High() {
			t.Error("the camera has power before anyone asked")
		}
		for _, want := range []time.Duration{camera.DefaultWarmUp, 0} {
			start := time.Now()
			fresh, err := p.On(t.Context())
			if err != nil || fresh != (want > 0) {
				t.Fatalf("On: fresh %v, %v, want %v, nil", fresh, err, want > 0)
			}
			if d := time.Since(start); d != want {
				t.Errorf("On took %v, want %v", d, want)
			}
			if !l.High() {
				t.Error("the line is low after On")
			}
		}
	})
}

func TestInterruptedWarmUpIsFinishedByTheNextOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := openPower(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.On(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("On: %v, want context.DeadlineExceeded", err)
		}
		start := time.Now()
		if _, err := p.On(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != camera.DefaultWarmUp-time.Second {
			t.Errorf("second On took %v, want the remaining %v", d, camera.DefaultWarmUp-time.Second)
		}
	})
}

func TestCycleLeavesTheCameraOffLongEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := openPower(t, func(c *camera.PowerConfig) { c.ActiveLow = true })
		if _, err := p.On(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := p.Cycle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != camera.DefaultOffTime+camera.DefaultWarmUp {
			t.Errorf("Cycle took %v, want %v", d, camera.DefaultOffTime+camera.DefaultWarmUp)
		}
		want := []bool{true, false, true, false} // active low: off, on, off, on
		got := l.History()
		if len(got) != len(want) {
			t.Fatalf("line history %v, want levels %v", got, want)
		}
		for i := range want {
			if got[i].High != want[i] {
				t.Errorf("line history %v, want levels %v", got, want)
			}
		}
		if d := got[3].At.Sub(got[2].At); d != camera.DefaultOffTime {
			t.Errorf("off for %v, want %v", d, camera.DefaultOffTime)
		}
	})
}

func TestCycleCutShortStaysOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := openPower(t, nil)
		if _, err := p.On(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Cycle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Cycle: %v, want context.DeadlineExceeded", err)
		}
		if l.High() {
			t.Error("a power cycle that was cut short left the camera on")
		}
	})
}

func TestRestFollowsKeepOn(t *testing.T) {
	for _, keep := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p, l := openPower(t, func(c *camera.PowerConfig) { c.KeepOn = keep })
			if _, err := p.On(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := p.Rest(); err != nil {
				t.Fatal(err)
			}
			if l.High() != keep {
				t.Errorf("KeepOn %v: after Rest the line is high %v", keep, l.High())
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if l.High() {
				t.Error("after Close the camera has power")
			}
			if _, err := p.On(t.Context()); !errors.Is(err, os.ErrClosed) || l.High() {
				t.Errorf("On after Close: %v, line high %v, want os.ErrClosed, false", err, l.High())
			}
		})
	}
}

func TestWithoutALineOnlyCycleComplains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := camera.OpenPower(camera.DefaultPower(), sim.New())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		fresh, err := p.On(t.Context())
		if fresh || err != nil || p.Off() != nil || p.Rest() != nil || p.Close() != nil || p.Switched() {
			t.Errorf("a camera without a line: fresh %v, %v, switched %v, want nothing done", fresh, err, p.Switched())
		}
		if err := p.Cycle(t.Context()); !errors.Is(err, camera.ErrNoPowerLine) {
			t.Errorf("Cycle: %v, want ErrNoPowerLine", err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("it took %v, want no time", d)
		}
	})
}

// stuck is a board whose one line cannot be driven while broken is set.
type stuck struct {
	hal.Board
	hal.Output
	broken bool
	on     bool
}

func (s *stuck) OpenOutput(_ hal.Line, on bool) (hal.Output, error) {
	s.on = on
	return s, nil
}

func (s *stuck) Set(on bool) error {
	if s.broken {
		return errors.New("input/output error")
	}
	s.on = on
	return nil
}

func (s *stuck) Close() error { return nil }

func TestAFailedSwitchIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &stuck{}
		c := camera.DefaultPower()
		c.Line = lineName
		p, err := camera.OpenPower(c, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, on := range []bool{true, false} {
			set := func() error {
				if !on {
					return p.Off()
				}
				_, err := p.On(t.Context())
				return err
			}
			b.broken = true
			if err := set(); err == nil {
				t.Errorf("switching to %v on a broken line succeeded", on)
			}
			b.broken = false
			if err := set(); err != nil || b.on != on {
				t.Errorf("switching to %v again: %v, line is on %v", on, err, b.on)
			}
		}
	})
}

// TestWhatComesThenComesOnceThereIsPower: also after a power cycle, and where there is
// no line; not where there is no power in time.
func TestWhatComesThenComesOnceThereIsPower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := sim.New()
		line := board.AddLine("P")
		c := camera.DefaultPower()
		for _, c.Line = range []string{"P", ""} {
			p, err := camera.OpenPower(c, board)
			if err != nil {
				t.Fatal(err)
			}
			var got []bool
			p.Then(func(ctx context.Context, fresh bool) {
				if got = append(got, fresh); c.Line != "" && !line.High() || ctx.Err() != nil {
					t.Errorf("%q: called without power, or with %v", c.Line, ctx.Err())
				}
			})
			for range 2 {
				if _, err := p.On(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			want := []bool{false, false}
			if c.Line != "" {
				want = []bool{true, false, true}
				if err := p.Cycle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Off(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := p.On(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("On: got %v, want context.Canceled", err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q: called with fresh %v, want %v", c.Line, got, want)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
