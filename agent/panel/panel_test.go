package panel_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/panel"
	"fieldcam/hal/sim"
)

// rig is a panel in simulated time, and a technician's eye and finger.
type rig struct {
	*testing.T
	green, red, button *sim.Line
	look               atomic.Int32 // a panel.Look
	presses, holds     atomic.Int32
	fail               error         // set before a press
	work               time.Duration // how long what the button asks for takes
	stop               func()
}

func run(t *testing.T, config func(*panel.Config), f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		board := sim.New()
		r := &rig{T: t, green: board.AddLine("GREEN"), red: board.AddLine("RED"), button: board.AddLine("BUTTON"), work: 3 * time.Second}
		r.show(panel.Reached)
		cfg := panel.Default()
		cfg.GreenLine, cfg.RedLine, cfg.ButtonLine = "GREEN", "RED", "BUTTON"
		if config != nil {
			config(&cfg)
		}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		did := func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(r.work):
			}
			return r.fail
		}
		p := panel.New(cfg, panel.Options{
			Board: board, Look: func() panel.Look { return panel.Look(r.look.Load()) }, Log: zerolog.Nop(),
			Press: func(ctx context.Context) error { r.presses.Add(1); return did(ctx) },
			Hold:  func(ctx context.Context, _ []string) error { r.holds.Add(1); return did(ctx) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- p.Run(ctx) }()
		r.stop = once(func() {
			cancel()
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
			if got := r.sees(); got != "dark" {
				t.Errorf("after the end the light is %s, want dark", got)
			}
		})
		f(r)
		r.stop()
	})
}

// once has f run once.
func once(f func()) func() {
	did := false
	return func() {
		if !did {
			did = true
			f()
		}
	}
}

// show has the controller fare so.
func (r *rig) show(l panel.Look) { r.look.Store(int32(l)) }

func (r *rig) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// press holds the button for d.
func (r *rig) press(d time.Duration) {
	r.button.Drive(true)
	r.sleep(d)
	r.button.Drive(false)
	r.sleep(50 * time.Millisecond) // it bounces no more
}

func (r *rig) sees() string {
	switch {
	case r.green.High() && r.red.High():
		return "amber"
	case r.green.High():
		return "green"
	case r.red.High():
		return "red"
	}
	return "dark"
}

func (r *rig) want(what string) {
	r.Helper()
	if got := r.sees(); got != what {
		r.Errorf("the light is %s, want %s", got, what)
	}
}

// flashes counts how often the light changes within d, and the colours it has.
func (r *rig) flashes(d time.Duration) (changes int, colours []string) {
	last := r.sees()
	for range d / (10 * time.Millisecond) {
		r.sleep(10 * time.Millisecond)
		if now := r.sees(); now != last {
			changes++
			last = now
		}
		if !slices.Contains(colours, last) {
			colours = append(colours, last)
		}
	}
	slices.Sort(colours)
	return changes, colours
}

func TestTheLightTellsHowTheControllerFares(t *testing.T) {
	run(t, nil, func(r *rig) {
		for look, want := range map[panel.Look]string{panel.Starting: "amber", panel.Reached: "green", panel.Alone: "red"} {
			r.show(look)
			r.sleep(2 * time.Second)
			if n, colours := r.flashes(5 * time.Second); n != 0 || !slices.Equal(colours, []string{want}) {
				r.Errorf("look %d: %d changes of %v, want %s steadily", look, n, colours, want)
			}
		}
		r.show(panel.Faulty)
		r.sleep(2 * time.Second)
		if n, colours := r.flashes(10 * time.Second); n < 19 || n > 21 || !slices.Equal(colours, []string{"dark", "red"}) {
			r.Errorf("a fault: %d changes of %v in 10 s, want red flashes, one a second", n, colours)
		}
	})
}

func TestTheLightGoesOutAndAPressLightsIt(t *testing.T) {
	run(t, nil, func(r *rig) {
		r.sleep(10*time.Minute - time.Second)
		r.want("green")
		r.sleep(2 * time.Second)
		r.want("dark")
		r.show(panel.Faulty)
		if n, _ := r.flashes(time.Minute); n != 0 {
			r.Errorf("%d changes in the dark, want none", n)
		}
		r.show(panel.Alone)
		r.press(200 * time.Millisecond)
		r.sleep(time.Second)
		r.want("red")
		if r.presses.Load() != 0 {
			r.Error("the press that lit the light took a photo")
		}
	})
	run(t, func(c *panel.Config) { c.DarkAfter = 0 }, func(r *rig) {
		r.sleep(48 * time.Hour)
		r.want("green")
	})
}

func TestALightWithoutAButtonGoesOutToo(t *testing.T) {
	for _, dark := range []time.Duration{0, panel.DefaultDarkAfter} {
		run(t, func(c *panel.Config) { c.ButtonLine, c.DarkAfter = "", dark }, func(r *rig) {
			r.sleep(panel.DefaultDarkAfter - time.Second)
			r.want("green")
			r.sleep(2 * time.Second)
			if dark == 0 {
				r.want("green")
			} else {
				r.want("dark")
			}
		})
	}
}

func TestAShortPressTakesAPhotoAndTellsHowItWent(t *testing.T) {
	for _, fail := range []error{nil, errors.New("no camera")} {
		run(t, nil, func(r *rig) {
			r.fail = fail
			r.sleep(time.Minute)
			r.press(300 * time.Millisecond)
			if n, colours := r.flashes(2500 * time.Millisecond); n < 4 || !slices.Equal(colours, []string{"amber", "dark"}) {
				r.Errorf("while it is taken: %d changes of %v, want amber flashes", n, colours)
			}
			r.press(300 * time.Millisecond) // not remembered
			want := "green"
			if fail != nil {
				want = "red"
			}
			r.sleep(time.Second - 700*time.Millisecond)
			if _, colours := r.flashes(time.Second); !slices.Equal(colours, []string{"dark", want}) {
				r.Errorf("after it: %v, want %s flashes", colours, want)
			}
			r.sleep(5 * time.Second)
			r.want("green")
			if r.presses.Load() != 1 || r.holds.Load() != 0 {
				r.Errorf("%d photos, %d holds, want one photo", r.presses.Load(), r.holds.Load())
			}
		})
	}
}

func TestAHeldButtonRunsItsCommandOnce(t *testing.T) {
	run(t, func(c *panel.Config) { c.HoldCommand = []string{"/sbin/poweroff"} }, func(r *rig) {
		r.sleep(time.Minute)
		r.press(4900 * time.Millisecond)
		if r.holds.Load() != 0 || r.presses.Load() != 1 {
			r.Errorf("4.9 s: %d holds, %d presses, want a press", r.holds.Load(), r.presses.Load())
		}
		r.sleep(10 * time.Second)
		r.press(20 * time.Second)
		if r.holds.Load() != 1 || r.presses.Load() != 1 {
			r.Errorf("20 s: %d holds, %d presses, want one more hold", r.holds.Load(), r.presses.Load())
		}
	})
	run(t, nil, func(r *rig) { // without a command
		r.sleep(time.Minute)
		r.press(20 * time.Second)
		if r.holds.Load() != 0 || r.presses.Load() != 0 {
			r.Errorf("%d holds, %d presses, want nothing", r.holds.Load(), r.presses.Load())
		}
	})
}

func TestABounceIsNoPress(t *testing.T) {
	run(t, nil, func(r *rig) {
		r.sleep(time.Minute)
		for range 20 {
			r.button.Drive(true)
			r.sleep(5 * time.Millisecond)
			r.button.Drive(false)
			r.sleep(5 * time.Millisecond)
		}
		r.sleep(time.Minute)
		if r.presses.Load() != 0 {
			r.Errorf("%d presses, want none", r.presses.Load())
		}
	})
}

func TestTheEndInTheMiddleLeavesTheLightDark(t *testing.T) {
	run(t, nil, func(r *rig) {
		r.sleep(time.Minute)
		r.press(100 * time.Millisecond)
		r.sleep(time.Second)
		r.stop()
	})
}

func TestOneLightIsEnough(t *testing.T) {
	run(t, func(c *panel.Config) { c.RedLine, c.ButtonLine, c.DarkAfter = "", "", 0 }, func(r *rig) {
		r.sleep(time.Hour)
		r.want("green")
		r.show(panel.Alone)
		r.sleep(2 * time.Second)
		r.want("dark")
	})
}

func TestALineThatIsMissingIsNamedAndFoundLater(t *testing.T) {
	for _, missing := range []string{"GREEN", "RED", "BUTTON"} {
		synctest.Test(t, func(t *testing.T) {
			board := sim.New()
			for _, name := range []string{"GREEN", "RED", "BUTTON"} {
				if name != missing {
					board.AddLine(name)
				}
			}
			var log bytes.Buffer
			cfg := panel.Config{GreenLine: "GREEN", RedLine: "RED", ButtonLine: "BUTTON"}
			p := panel.New(cfg, panel.Options{Board: board, Look: func() panel.Look { return panel.Reached }, Log: zerolog.New(&log)})
			ctx, cancel := context.WithCancel(t.Context())
			ran := make(chan error)
			go func() { ran <- p.Run(ctx) }()
			time.Sleep(time.Hour)
			synctest.Wait()
			if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), missing) {
				t.Errorf("got %q, want one line that names %s", log.String(), missing)
			}
			green := board.AddLine("GREEN")
			board.AddLine(missing)
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if !green.High() {
				t.Error("the light is dark, want it found")
			}
			cancel()
			if err := <-ran; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	for want, c := range map[string]panel.Config{
		"dark_after":   {DarkAfter: -time.Second},
		"hold_command": {HoldCommand: []string{"poweroff"}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s named", err, want)
		}
	}
}
