package ucam_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const powerLine = "CAMERA_POWER"

// rig is a driver on a simulated board with a simulated camera.
type rig struct {
	cam   *ucam.Camera
	sim   *ucamsim.Camera
	power *sim.Line
	pc    camera.PowerConfig
	log   bytes.Buffer
	cfg   ucam.Config
	board *sim.Board
}

// on tells whether the line gives the camera power.
func (r *rig) on() bool { return r.pc.Line != "" && r.power.High() != r.pc.ActiveLow }

// setup says how a rig differs from a camera with small pictures that is switched
// off after each photo.
type setup struct {
	cfg     func(*ucam.Config)
	power   func(*camera.PowerConfig)
	options ucamsim.Options
}

// run runs test with a rig in simulated time. The camera must be off at the end.
func run(t *testing.T, s setup, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := ucam.Default()
		cfg.Resolution = "160x128" // small pictures keep the tests fast
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
		r := &rig{power: board.AddLine(powerLine), pc: pc, cfg: cfg, board: board}
		s.options.Unpowered = pc.Line != ""
		r.sim = ucamsim.New(s.options)
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
		r.open(t)
		test(t, r)
		if err := r.cam.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if r.on() {
			t.Error("the camera has power after Close")
		}
	})
}

// open makes the driver, as a start of the daemon does.
func (r *rig) open(t *testing.T) {
	t.Helper()
	p, err := camera.OpenPower(r.pc, r.board)
	if err != nil {
		t.Fatal(err)
	}
	log := zerolog.New(io.MultiWriter(zerolog.NewTestWriter(t), &r.log))
	r.cam = ucam.New(r.cfg, ucam.Options{Board: r.board, Power: p, Log: log})
}

// reopen closes the driver and makes another, with another configuration.
func (r *rig) reopen(t *testing.T, change func(*ucam.Config)) {
	t.Helper()
	if err := r.cam.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	change(&r.cfg)
	r.open(t)
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

// good takes a picture that must be the one that the camera took last, of a scene
// that it has had time to expose.
func (r *rig) good(t *testing.T) []byte {
	t.Helper()
	_, before := r.sim.Picture()
	early := r.sim.Early()
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
	if e.Format != "jpg" || e.Camera == "" || e.Attempts < 1 {
		t.Errorf("exposure %+v, want a jpg of a camera with a name", e)
	}
	if r.sim.Early() != early {
		t.Error("the picture was taken before the exposure had settled")
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

// skeleton is a JPEG of about n bytes of picture data, which differ from shot to
// shot: large ones cost no drawing.
func skeleton(n int) func(now time.Time, shots int) []byte {
	return func(_ time.Time, shots int) []byte {
		p := []byte("\xFF\xD8\xFF\xFE\x00\x06skel\xFF\xDA\x00\x02")
		for i := range n {
			p = append(p, byte((i>>8^i^shots)%251))
		}
		return append(p, 0xFF, 0xD9)
	}
}
