package visca_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera/visca"
	"fieldcam/capture/camera/visca/viscasim"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const port = "/dev/ttyS2"

// run runs test with a control line and a simulated camera, in simulated time.
func run(t *testing.T, cfg func(*visca.Config), o viscasim.Options, test func(t *testing.T, c *visca.Control, s *viscasim.Camera)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := visca.Default()
		v.Port = port
		if cfg != nil {
			cfg(&v)
		}
		if err := v.Validate(); err != nil {
			t.Fatal(err)
		}
		board, s := sim.New(), viscasim.New(o)
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error, 1)
		end := board.AddPort(port)
		go func() { served <- s.Serve(ctx, end) }()
		test(t, visca.New(v, board), s)
		cancel()
		if err := <-served; err != nil {
			t.Errorf("simulated camera: %v", err)
		}
	})
}

// looks is a configuration with a view of its own for a session.
func looks(c *visca.Config) {
	c.Preset = 3
	c.Views = []visca.SessionView{
		{Session: "night", View: visca.View{Preset: 1, Zoom: "1A3C", Focus: "manual"}},
		{Session: "close", View: visca.View{Zoom: "4000", Focus: "10Fe"}},
		{Session: "auto", View: visca.View{Focus: "auto"}},
		{Session: "once", View: visca.View{Focus: "once"}},
		{Session: "anywhere"},
	}
}

func TestEachSessionHasItsView(t *testing.T) {
	run(t, looks, viscasim.Options{Move: 2 * time.Second}, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		for _, step := range []struct {
			session string
			want    viscasim.State
		}{
			{"day", viscasim.State{Preset: 2, Zoom: 0x200, Focus: 0x200}},
			{"", viscasim.State{Preset: 2, Zoom: 0x200, Focus: 0x200}},
			{"night", viscasim.State{Preset: 0, Zoom: 0x1A3C}},
			{"close", viscasim.State{Preset: 0, Zoom: 0x4000, Focus: 0x10FE}},
			{"auto", viscasim.State{Preset: 0, Zoom: 0x4000, Focus: 0x10FE, Auto: true}},
			{"once", viscasim.State{Preset: 0, Zoom: 0x4000, Focus: 0x2000}},
			{"anywhere", viscasim.State{Preset: 0, Zoom: 0x4000, Focus: 0x2000}},
		} {
			start := time.Now()
			before := s.State().Moves
			if err := c.Aim(t.Context(), step.session, false); err != nil {
				t.Fatalf("%q: %v", step.session, err)
			}
			got := s.State()
			moves := got.Moves - before
			step.want.On, step.want.Moves = true, got.Moves
			if got != step.want {
				t.Errorf("%q: got %+v, want %+v", step.session, got, step.want)
			}
			least := time.Duration(moves) * 2 * time.Second
			if moves > 0 {
				least += time.Second // to settle
			}
			if d := time.Since(start); d < least || d > least+time.Second {
				t.Errorf("%q: %d moves took %v, want %v and little more", step.session, moves, d, least)
			}
		}
	})
}

func TestACameraInStandbyIsSwitchedOn(t *testing.T) {
	o := viscasim.Options{Standby: true, Boot: 5 * time.Second}
	run(t, looks, o, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		for range 2 {
			if err := c.Aim(t.Context(), "day", true); err != nil || s.State().Preset != 2 {
				t.Errorf("got %v, %+v; want preset 2", err, s.State())
			}
			s.Restart()
		}
	})
	run(t, func(c *visca.Config) { looks(c); c.PowerOn = false }, o, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		if err := c.Aim(t.Context(), "day", true); !errors.Is(err, visca.ErrNotExecutable) || s.State().On {
			t.Errorf("left in standby: got %v, %+v; want error 41", err, s.State())
		}
	})
}

func TestFaultsThatPassDoNotMatter(t *testing.T) {
	for name, f := range map[string]viscasim.Faults{
		"busy":              {Busy: 3, Error: 0x03},
		"moving":            {Busy: 3, Error: 0x41},
		"no ACK":            {NoACK: true},
		"noise":             {Noise: true},
		"others":            {Others: true},
		"a lost packet":     {Lost: 1},
		"some lost packets": {Lost: 3},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, looks, viscasim.Options{Address: 1, Move: 500 * time.Millisecond}, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
				for range 2 {
					s.SetFaults(f)
					if err := c.Aim(t.Context(), "night", false); err != nil {
						t.Errorf("got %v", err)
					}
					if got := s.State(); got.Zoom != 0x1A3C || got.Auto {
						t.Errorf("got %+v, want the view", got)
					}
				}
			})
		})
	}
}

func TestFaultsThatStayAreBoundedErrors(t *testing.T) {
	for name, c := range map[string]struct {
		faults viscasim.Faults
		want   string
	}{
		"silent":        {viscasim.Faults{Silent: true}, "want a reply, got nothing"},
		"always busy":   {viscasim.Faults{Busy: 1000, Error: 0x03}, "error 03, it is busy"},
		"unknown":       {viscasim.Faults{Busy: 1000, Error: 0x02}, "error 02, the command is not known"},
		"no completion": {viscasim.Faults{NoCompletion: true}, "deadline exceeded"},
		"stuck":         {viscasim.Faults{Stuck: true}, "deadline exceeded"},
		"endless":       {viscasim.Faults{Endless: true}, "want a reply, got … 00 00"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, looks, viscasim.Options{}, func(t *testing.T, ctl *visca.Control, s *viscasim.Camera) {
				for range 2 {
					s.SetFaults(c.faults)
					start := time.Now()
					err := ctl.Aim(t.Context(), "day", false)
					if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), port) {
						t.Errorf("got %v, want %q and the port", err, c.want)
					}
					if d := time.Since(start); d > visca.Default().Timeout {
						t.Errorf("it took %v, want %v at most", d, visca.Default().Timeout)
					}
				}
				s.SetFaults(viscasim.Faults{})
				time.Sleep(5 * time.Second) // what is on the line leaves it
				if err := ctl.Aim(t.Context(), "day", false); err != nil {
					t.Errorf("after the fault: %v", err)
				}
			})
		})
	}
}

func TestTheContextEndsAnAimAtOnce(t *testing.T) {
	run(t, looks, viscasim.Options{Move: time.Minute}, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		if err := c.Aim(ctx, "day", false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("it took %v, want 2s", d)
		}
	})
}

func TestTheLineIsAddressed(t *testing.T) {
	run(t, func(c *visca.Config) { looks(c); c.Address = 3 }, viscasim.Options{Address: 3}, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		if err := c.Aim(t.Context(), "day", false); err != nil {
			t.Errorf("camera 3: %v", err)
		}
	})
	run(t, func(c *visca.Config) { looks(c); c.Address = 3 }, viscasim.Options{Address: 2}, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		if err := c.Aim(t.Context(), "day", false); err == nil || !strings.Contains(err.Error(), "the line has 2 cameras, want one at address 3") {
			t.Errorf("no camera 3: got %v", err)
		}
	})
	run(t, looks, viscasim.Options{FixedAddress: true}, func(t *testing.T, c *visca.Control, s *viscasim.Camera) {
		if err := c.Aim(t.Context(), "day", false); err != nil {
			t.Errorf("fixed address: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		v := visca.Default()
		v.Port, v.Preset = "/dev/nothing", 1
		if err := visca.New(v, sim.New()).Aim(t.Context(), "", true); err == nil || !strings.Contains(err.Error(), "no such port") {
			t.Errorf("no port: got %v", err)
		}
	})
}

func TestBadValuesAreRefused(t *testing.T) {
	for want, change := range map[string]func(*visca.Config){
		"baud":            func(c *visca.Config) { c.Baud = 115200 },
		"address":         func(c *visca.Config) { c.Address = 0 },
		"address ":        func(c *visca.Config) { c.Address = 8 },
		"timeout":         func(c *visca.Config) { c.Timeout = 0 },
		"settle":          func(c *visca.Config) { c.Settle = time.Hour },
		"preset":          func(c *visca.Config) { c.Preset = 129 },
		"zoom":            func(c *visca.Config) { c.Zoom = "tele" },
		"zoom ":           func(c *visca.Config) { c.Zoom = "400" },
		"focus":           func(c *visca.Config) { c.Focus = "near" },
		"view[0].session": func(c *visca.Config) { c.Views = make([]visca.SessionView, 1) },
		"view[1].session": func(c *visca.Config) { c.Views = []visca.SessionView{{Session: "a"}, {Session: "a"}} },
		"view[0].preset":  func(c *visca.Config) { c.Views = []visca.SessionView{{Session: "a", View: visca.View{Preset: -1}}} },
	} {
		c := visca.Default()
		if err := c.Validate(); err != nil {
			t.Fatalf("default: %v", err)
		}
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), strings.TrimSpace(want)+": ") {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
