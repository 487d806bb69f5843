package command_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/command"
	"fieldcam/capture/camera/subprocess/programsim"
	"fieldcam/hal/sim"
)

// each runs the test with a program that writes to standard output, and to a file.
func each(t *testing.T, test func(t *testing.T, r *rig), change ...func(*command.Config)) {
	for name, cfg := range map[string]func(*command.Config){"stdout": toStdout, "file": toFile} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{cfg: func(c *command.Config) {
				cfg(c)
				for _, f := range change {
					f(c)
				}
			}}, test)
		})
	}
}

func TestNoPictureIsAnErrorWhateverTheExitCode(t *testing.T) {
	for name, c := range map[string]struct {
		faults programsim.Faults
		want   string
	}{
		"nothing":              {programsim.Faults{Nothing: true}, "no picture"},
		"nothing, and why":     {programsim.Faults{Nothing: true, Complaint: "lens cap on"}, "lens cap on"},
		"nothing, exit code":   {programsim.Faults{Nothing: true, Code: 255, Complaint: "no cameras available"}, "exit code 255: no cameras available"},
		"half":                 {programsim.Faults{CutAt: 100_000}, "no picture that ends (want FF D9)"},
		"half, exit code":      {programsim.Faults{CutAt: 100_000, Code: 1}, "exit code 1"},
		"all but its last":     {programsim.Faults{CutAt: programsim.DefaultSize - 1}, "no picture that ends (want FF D9)"},
		"garbage":              {programsim.Faults{Garbage: true}, "want FF D8, got 6E"},
		"it hangs":             {programsim.Faults{Hang: true}, "ended after"},
		"it hangs in between":  {programsim.Faults{HangAt: 100_000}, "ended after"},
		"it is deaf and hangs": {programsim.Faults{HangAt: 100_000, Deaf: true}, "ended after"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				for range 3 {
					r.device.order.Faults = c.faults
					r.Bad(t, c.want)
				}
				r.device.order.Faults = programsim.Faults{}
				r.good(t)
			})
		})
	}
}

func TestAPictureThatIsTooLargeIsAnError(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.device.order.Size = 1_000_000
		r.good(t)
		r.device.order.Size++
		if _, _, err := r.Shoot(t); err == nil {
			t.Error("a picture of one byte more than max_mb: no error")
		}
	}, func(c *command.Config) { c.MaxMB = 1 })
}

// TestAWholePictureIsTakenThoughItsProgramFailed: it can't be taken again.
func TestAWholePictureIsTakenThoughItsProgramFailed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, f := range []programsim.Faults{{Code: 139, Complaint: "Segmentation fault"}, {HangAt: programsim.DefaultSize}, {Endless: true}} {
			r.device.order.Faults = f
			r.good(t)
		}
		r.device.order.Faults = programsim.Faults{}
		r.good(t)
		log := r.log.String()
		if n := strings.Count(log, `"warn"`); n != 1 || !strings.Contains(log, "exit code 139: Segmentation fault") {
			t.Errorf("log %s: want one warning, with the exit code", log)
		}
		if !strings.Contains(log, "ends well again") {
			t.Errorf("log %s: want the end of it", log)
		}
	})
}

func TestTheConfiguredTimeBoundsARun(t *testing.T) {
	s := setup{
		cfg:   func(c *command.Config) { toStdout(c); c.Timeout = 10 * time.Second },
		power: func(c *camera.PowerConfig) { c.Line, c.KeepOn = powerLine, true },
	}
	run(t, s, func(t *testing.T, r *rig) {
		r.good(t)
		r.device.order.Faults = programsim.Faults{Hang: true, Deaf: true}
		start := time.Now()
		if err := r.Bad(t, "deadline exceeded"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		if d := time.Since(start); d > 10*time.Second+250*time.Millisecond {
			t.Errorf("it took %v, want 10s", d)
		}
		if r.device.line.High() {
			t.Error("a camera whose program hangs has power, want it off although it is kept on")
		}
	})
}

// The kernel holds a program whose device does not let it go, until that loses its power:
// also where the time until the next photo is shorter than a power cycle.
func TestAProgramThatIsLeftBehindCostsAPowerCycle(t *testing.T) {
	s := setup{power: func(c *camera.PowerConfig) { c.Line, c.KeepOn = powerLine, true }}
	run(t, s, func(t *testing.T, r *rig) {
		r.good(t)
		r.device.left = true
		for n := range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), camera.DefaultWarmUp+time.Second)
			_, err := r.Cam.Shoot(ctx, new(bytes.Buffer))
			cancel()
			if good := n == 2; (err == nil) != good {
				t.Errorf("Shoot %d: %v; want the cycle to end in the second, and a photo in the third", n+1, err)
			}
		}
		if got := r.offs(); got != 1 {
			t.Errorf("the power went off %d times, want 1", got)
		}
	})
}

func TestAProgramIsNotStartedWhereThereIsNoTime(t *testing.T) {
	run(t, setup{power: func(c *camera.PowerConfig) { c.Line = powerLine }}, func(t *testing.T, r *rig) {
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), camera.DefaultWarmUp+200*time.Millisecond)
			if _, err := r.Cam.Shoot(ctx, new(bytes.Buffer)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want context.DeadlineExceeded", err)
			}
			cancel()
		}
		if r.device.runs != 0 {
			t.Errorf("the program ran %d times, want never", r.device.runs)
		}
		r.good(t)
		if got := r.offs(); got != 4 { // after each Shoot: no power cycle: the camera is not to blame
			t.Errorf("the power went off %d times, want 4", got)
		}
	})
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.jpg")
	if err := os.WriteFile(secret, programsim.Picture(1, programsim.MinSize), 0o600); err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string]string{
		`ln -s "$1" "$0"`:       "open the program's picture",
		`mkdir "$0"`:            "no file",
		`mkfifo "$0"`:           "no file",
		`cp "$1" "$0.of-other"`: "no picture that ends",
		`: > "$0"`:              "no picture that ends",
	} {
		cfg := command.Default()
		cfg.Argv = []string{"sh", "-c", script, command.Output, secret}
		c, dir := realCamera(t, cfg)
		if _, err := c.Shoot(bounded(t), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", script, err, want)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: left %v", script, left)
		}
	}
}

func TestPrepareSaysThatTheProgramIsNotThere(t *testing.T) {
	cfg := command.Default()
	cfg.Argv = []string{"no-such-program-of-ours"}
	c, dir := realCamera(t, cfg)
	old := filepath.Join(dir, "camera-command", "run-1")
	if err := os.MkdirAll(old, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(bounded(t)); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), `"no-such-program-of-ours"`) {
		t.Errorf("got %v, want that the program does not exist", err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what an earlier process left: %v, want it gone", err)
	}
	if _, err := c.Shoot(bounded(t), new(bytes.Buffer)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Shoot: got %v, want that the program does not exist", err)
	}
}

// No power cycle installs a program.
func TestAProgramThatIsNotThereCostsNoPowerCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := sim.New()
		line := board.AddLine(powerLine)
		power, err := camera.OpenPower(camera.PowerConfig{Line: powerLine, KeepOn: true, WarmUp: time.Second, OffTime: time.Second}, board)
		if err != nil {
			t.Fatal(err)
		}
		cfg := command.Default()
		cfg.Argv = []string{"no-such-program-of-ours"}
		c := command.New(cfg, command.Options{Power: power, Dir: t.TempDir(), Log: zerolog.Nop()})
		for range 4 {
			if _, err := c.Shoot(t.Context(), new(bytes.Buffer)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("Shoot: got %v, want that the program does not exist", err)
			}
		}
		if got := line.Levels(); len(got) != 1 {
			t.Errorf("the power went through %v, want on and no more", got)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestBadValuesAreRefused(t *testing.T) {
	for key, change := range map[string]func(*command.Config){
		"argv":     func(c *command.Config) { c.Argv = nil },
		"argv ":    func(c *command.Config) { c.Argv = []string{""} },
		"argv  ":   func(c *command.Config) { c.Argv = []string{"bin/still"} },
		"argv 4":   func(c *command.Config) { c.Argv = []string{"ffmpeg", "-i", "rtsp://admin:secret@10.0.0.9/1"} },
		"argv 5":   func(c *command.Config) { c.Argv = []string{"still", "a\x00b"} },
		"argv 6":   func(c *command.Config) { c.Argv = []string{command.Output} },
		"argv 7":   func(c *command.Config) { c.Argv = make([]string, 1000); c.Argv[0] = "x" },
		"argv 8":   func(c *command.Config) { c.Argv = []string{"still", strings.Repeat("x", 5000)} },
		"timeout":  func(c *command.Config) { c.Timeout = 0 },
		"timeout ": func(c *command.Config) { c.Timeout = 24 * time.Hour },
		"max_mb":   func(c *command.Config) { c.MaxMB = 0 },
		"max_mb ":  func(c *command.Config) { c.MaxMB = 1_000_000 },
	} {
		c := command.Default()
		if err := c.Validate(); err != nil {
			t.Fatalf("default: %v", err)
		}
		change(&c)
		want, _, _ := strings.Cut(key, " ")
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want+": ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, want that key", key, err)
		}
	}
}
