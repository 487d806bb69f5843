package shutter_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/deferredtest"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

func TestTheCameraConforms(t *testing.T) {
	deferredtest.Run(t, func(t *testing.T, check func(testing.TB, deferredtest.Rig)) {
		inBubble(t, func(_ *shutter.Config, o *shuttersim.Options) { o.RAW = true }, func(t *testing.T, r *rig) {
			r.run()
			check(t, deferredtest.Rig{
				Camera: r.camera,
				Wait:   func() { time.Sleep(5 * time.Second) },
				Reopen: func() capture.Deferred { return r.open() },
			})
		})
	})
}

func TestEveryMakersTimesFireACamera(t *testing.T) {
	for _, m := range shutter.Makers() {
		if m.Source == "" {
			t.Errorf("%s: the times have no source", m.Name)
		}
		inBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
			c.Maker = m.Name
			if m.NoHalf {
				c.HalfLine, o.NeedsHalf = "", false
			} else {
				o.SleepAfter, o.WakeTime = m.WakeAfter, 400*time.Millisecond
			}
		}, func(t *testing.T, r *rig) {
			for n := range 10 {
				time.Sleep(time.Duration(4*n) * time.Second)
				begun := time.Now()
				if err := r.camera.Fire(t.Context()); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(begun); d > 4*time.Second {
					t.Errorf("%s: a shot takes %v, want it over before the next", m.Name, d)
				}
			}
			if n := r.sim.Count().Exposed; n != 10 {
				t.Errorf("%s: %d of 10 shots exposed", m.Name, n)
			}
		})
	}
}

func TestBothLinesAreSafeWheneverAShotIsCutShort(t *testing.T) {
	for cut := time.Duration(0); cut < 2*time.Second; cut += 37 * time.Millisecond {
		inBubble(t, func(c *shutter.Config, o *shuttersim.Options) { c.ActiveLow, o.ActiveLow = true, true }, func(t *testing.T, r *rig) {
			if !r.full.High() || !r.half.High() {
				t.Fatal("a line presses before the first shot")
			}
			ctx, cancel := context.WithTimeout(t.Context(), cut)
			defer cancel()
			err := r.camera.Fire(ctx)
			if !r.full.High() || !r.half.High() {
				t.Errorf("cut after %v: a line presses on", cut)
			}
			if exposed := r.sim.Count().Exposed; exposed > 1 || (exposed == 1) != (err == nil) {
				t.Errorf("cut after %v: %d exposed, %v", cut, exposed, err)
			}
		})
	}
}

func TestACameraIsWokenOnlyWhereItMaySleep(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		presses := func() (n int) {
			for _, c := range r.half.History() {
				if c.High {
					n++
				}
			}
			return n
		}
		for _, pause := range []time.Duration{0, 5 * time.Second, time.Minute} {
			time.Sleep(pause)
			if err := r.camera.Fire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := presses(); n != 2+1+2 {
			t.Errorf("%d half-presses for three shots, want a second one for the first and for that after a minute", n)
		}
	})
}

// broken is a board of which one line cannot be set while it is broken.
type broken struct {
	hal.Board
	name   string
	broken bool
}

type brokenLine struct {
	hal.Output
	b *broken
}

func (b *broken) OpenOutput(line hal.Line, on bool) (hal.Output, error) {
	o, err := b.Board.OpenOutput(line, on)
	if err == nil && line.Name == b.name {
		return brokenLine{o, b}, nil
	}
	return o, err
}

func (l brokenLine) Set(on bool) error {
	if l.b.broken {
		return errors.New("input/output error")
	}
	return l.Output.Set(on)
}

func TestABrokenLineLeavesTheOtherSafe(t *testing.T) {
	for _, name := range []string{fullLine, halfLine} {
		inBubble(t, nil, func(t *testing.T, r *rig) {
			if err := r.camera.Close(); err != nil {
				t.Fatal(err)
			}
			b := &broken{Board: r.board, name: name, broken: true}
			c := shutter.New(r.cfg, shutter.Options{Board: b, Dir: r.dir, Zone: time.UTC, Log: zerolog.Nop()})
			if err := c.Fire(t.Context()); err == nil {
				t.Errorf("%s is broken: Fire succeeded", name)
			}
			if r.full.High() || r.half.High() {
				t.Errorf("%s is broken: a line presses on", name)
			}
			b.broken = false
			if err := c.Fire(t.Context()); err != nil || r.sim.Count().Exposed != 1 {
				t.Errorf("%s is well again: %v, %d exposed", name, err, r.sim.Count().Exposed)
			}
			if err := c.Close(); err != nil || c.Close() != nil {
				t.Errorf("Close: %v", err)
			}
			if err := c.Fire(t.Context()); err == nil {
				t.Error("Fire after Close succeeded")
			}
		})
	}
}

func TestALineThatIsMissingIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		cfg := shutter.Default()
		cfg.Line = fullLine
		c := shutter.New(cfg, shutter.Options{Board: b, Dir: t.TempDir(), Zone: time.UTC, Log: zerolog.Nop()})
		if c.Prepare() == nil || c.Fire(t.Context()) == nil {
			t.Error("a shot without a line succeeded")
		}
		b.AddLine(fullLine)
		if err := c.Fire(t.Context()); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestACameraThatTakesNothingIsPowerCycled(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		r.run()
		line := r.board.AddLine("POWER")
		p := camera.DefaultPower()
		p.Line = "POWER"
		power, err := camera.OpenPower(p, r.board)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.camera.Close(); err != nil {
			t.Fatal(err)
		}
		r.camera = shutter.New(r.cfg, shutter.Options{Board: r.board, Power: power, Dir: r.dir, Zone: time.UTC, Log: zerolog.Nop()})
		line.Watch(func(high bool) { r.sim.Power(high) })
		fire := func(n int) {
			t.Helper()
			for range n {
				if err := r.camera.Fire(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second)
			}
		}
		fire(3)
		if n := len(r.names()); n != 3 || !line.High() {
			t.Fatalf("%d pictures, power %v; want 3 and the power left on", n, line.High())
		}
		r.fetch()
		before := len(line.History())
		r.sim.Power(false) // it hangs
		fire(2)
		r.names()
		if len(line.History()) != before {
			t.Error("power cycled after two shots without a picture, want patience")
		}
		fire(1)
		r.names()
		fire(1)
		if len(line.History()) != before {
			t.Error("power cycled just after the third shot, want patience: its pictures may be in the buffer")
		}
		time.Sleep(time.Minute)
		r.names()
		fire(1)
		if n := len(r.names()); len(line.History()) != before+2 || n != 1 {
			t.Errorf("%d changes of the power line, %d pictures; want a power cycle and the picture after it", len(line.History())-before, n)
		}
	})
}
