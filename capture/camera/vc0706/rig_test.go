package vc0706_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

const powerLine = "CAMERA_POWER"

// rig is a driver on a simulated board with a simulated camera.
type rig struct {
	cam   *vc0706.Camera
	sim   *vc0706sim.Camera
	power *sim.Line
	pc    camera.PowerConfig
	log   bytes.Buffer
	// version is what the camera calls itself.
	version string
}

// on tells whether the line gives the camera power.
func (r *rig) on() bool { return r.pc.Line != "" && r.power.High() != r.pc.ActiveLow }

// setup says how a rig differs from a small-picture camera that is switched off after
// each photo.
type setup struct {
	cfg     func(*vc0706.Config)
	power   func(*camera.PowerConfig)
	options vc0706sim.Options
}

// run runs test with a rig in simulated time. The camera's power must be in its
// safe state whenever Shoot has returned, and off at the end.
func run(t *testing.T, s setup, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := vc0706.Default()
		cfg.Resolution = "160x120" // small pictures keep the tests fast
		if s.cfg != nil {
			s.cfg(&cfg)
		}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		pc := camera.DefaultPower()
		pc.Line = powerLine
		if s.power != nil {
			s.power(&pc)
		}
		board := sim.New()
		r := &rig{power: board.AddLine(powerLine), pc: pc, version: cmp.Or(s.options.Version, "VC0706 1.00")}
		s.options.Unpowered = pc.Line != ""
		r.sim = vc0706sim.New(s.options)
		r.power.Watch(func(high bool) { r.sim.SetPower(high != pc.ActiveLow) })
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- r.sim.Serve(ctx, board.AddPort(cfg.Port)) }()
		defer func() {
			cancel()
			if err := <-served; err != nil {
				t.Errorf("simulated camera: %v", err)
			}
		}()
		synctest.Wait()
		p, err := camera.OpenPower(pc, board)
		if err != nil {
			t.Fatal(err)
		}
		r.cam = vc0706.New(cfg, board, p, zerolog.New(io.MultiWriter(zerolog.NewTestWriter(t), &r.log)))
		test(t, r)
		if err := r.cam.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if r.on() {
			t.Error("the camera has power after Close")
		}
	})
}

// limit bounds a Shoot that the test wants to end by itself: no test of a
// broken camera may come near it.
const limit = 5 * time.Minute

func (r *rig) shoot(t *testing.T) ([]byte, photo.Exposure, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var b bytes.Buffer
	e, err := r.cam.Shoot(ctx, &b)
	if ctx.Err() != nil {
		t.Errorf("Shoot had no bound of its own: it took %v", limit)
	}
	if !r.pc.KeepOn && r.on() {
		t.Errorf("the camera has power after Shoot (%v)", err)
	}
	return b.Bytes(), e, err
}

// good takes a picture that must be the one that the camera took last.
func (r *rig) good(t *testing.T) []byte {
	t.Helper()
	_, before := r.sim.Picture()
	p, e, err := r.shoot(t)
	if err != nil {
		t.Fatalf("Shoot: %v", err)
	}
	want, shots := r.sim.Picture()
	if shots == before {
		t.Error("the camera took no new picture")
	}
	if !bytes.Equal(p, want) {
		t.Errorf("got %d bytes that are not the camera's %d", len(p), len(want))
	}
	if e.Format != "jpg" || e.Camera != r.version || e.Attempts < 1 {
		t.Errorf("exposure %+v, want a jpg of a %s", e, r.version)
	}
	return p
}

func (r *rig) bad(t *testing.T, want string) error {
	t.Helper()
	_, _, err := r.shoot(t)
	if err == nil {
		t.Fatal("Shoot succeeded, want an error")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want %q in it", err, want)
	}
	return err
}

func keepOn(c *camera.PowerConfig) { c.KeepOn = true }
func noLine(c *camera.PowerConfig) { c.Line = "" }
