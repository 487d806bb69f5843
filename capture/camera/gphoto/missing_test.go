package gphoto_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/hal/sim"
)

// No power cycle installs a program.
func TestAProgramThatIsNotInstalledSaysSoAndCostsNoPowerCycle(t *testing.T) {
	for name, use := range map[string]func(context.Context, *gphoto.Camera) error{
		"Prepare": func(ctx context.Context, c *gphoto.Camera) error { return c.Prepare(ctx) },
		"Shoot": func(ctx context.Context, c *gphoto.Camera) error {
			_, err := c.Shoot(ctx, io.Discard)
			return err
		},
		"List": func(ctx context.Context, c *gphoto.Camera) error {
			_, err := c.List(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				board := sim.New()
				line := board.AddLine(powerLine)
				power, err := camera.OpenPower(camera.PowerConfig{Line: powerLine, KeepOn: true, WarmUp: time.Second, OffTime: time.Second}, board)
				if err != nil {
					t.Fatal(err)
				}
				cfg := gphoto.Default()
				cfg.Program = "no-such-program-of-ours"
				c := gphoto.New(cfg, gphoto.Options{Power: power, Clock: sim.NewClock(), Zone: time.UTC, Dir: t.TempDir(), Log: zerolog.Nop()})
				if _, err := power.On(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 4 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					err := use(ctx, c)
					cancel()
					if !errors.Is(err, subprocess.ErrNotStarted) || !strings.Contains(err.Error(), "install the package gphoto2") || !strings.Contains(err.Error(), cfg.Program) {
						t.Errorf("got %v, want which program is not there, and what to install", err)
					}
				}
				if got := line.Levels(); len(got) != 1 {
					t.Errorf("the power went through %v, want on and no more", got)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
