package command_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/command"
	"fieldcam/capture/camera/subprocess/programsim"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) {
	programsim.Main()
	goleak.VerifyTestMain(m)
}

const powerLine = "CAMERA_POWER"

// device is a simulated camera behind its program: it has power or not, and one that
// was stopped in mid-picture is wedged until its power is taken.
type device struct {
	line *sim.Line // nil: it has power always

	mu     sync.Mutex
	order  programsim.Order // of the next run; the seed counts the pictures; guarded by mu while one may be under way
	wedged bool             // guarded by mu
	left   bool             // the kernel holds a program until the power is taken; guarded by mu
	runs   int              // guarded by mu while one may be under way
}

// fail gives the next runs these faults.
func (d *device) fail(f programsim.Faults) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.order.Faults = f
}

// power is the line's.
func (d *device) power(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wedged, d.left = d.wedged && on, d.left && on
}

// leftBehind is programsim.Runner's.
func (d *device) leftBehind() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left
}

// next is programsim.Runner's.
func (d *device) next() programsim.Order {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.runs++
	d.order.Seed++
	o := d.order
	switch {
	case d.line != nil && !d.line.High():
		o.Faults = programsim.Faults{Nothing: true, Code: 255, Complaint: "ERROR: *** no cameras available ***"}
	case d.wedged:
		o.Faults = programsim.Faults{Hang: true}
	case o.HangAt > 0:
		d.wedged = d.line != nil
	}
	return o
}

// rig is a driver with a simulated program, in simulated time.
type rig struct {
	cameratest.Asker
	device *device
	dir    string
	log    bytes.Buffer
}

// setup says how a rig differs from a camera without a power line, whose program
// writes to standard output.
type setup struct {
	cfg   func(*command.Config)
	power func(*camera.PowerConfig)
	takes time.Duration // how long the program needs for a picture; 0: takes
	size  int           // of a picture, in bytes; 0: programsim.DefaultSize
}

// takes is how long the simulated program usually needs for a picture.
const takes = 2 * time.Second

// still is a program that is there, and that the simulated runner never starts.
const still = "sh"

func toStdout(c *command.Config) { c.Argv = []string{still, "-n", "-o", "-"} }
func toFile(c *command.Config)   { c.Argv = []string{still, "-n", "-o", command.Output} }

func run(t *testing.T, s setup, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, s)
		test(t, r)
		if err := r.Cam.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if left, err := os.ReadDir(r.dir); err != nil || len(left) > 0 {
			t.Errorf("left in the directory: %v, %v; want nothing", left, err)
		}
	})
}

func newRig(t *testing.T, s setup) *rig {
	t.Helper()
	cfg := command.Default()
	toStdout(&cfg)
	if s.cfg != nil {
		s.cfg(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	pc := camera.DefaultPower()
	if s.power != nil {
		s.power(&pc)
	}
	r := &rig{device: &device{order: programsim.Order{Size: cmp.Or(s.size, programsim.DefaultSize)}}, dir: t.TempDir()}
	r.Left = func(error) error {
		if left, _ := filepath.Glob(filepath.Join(r.dir, "*")); len(left) > 0 {
			return fmt.Errorf("%q are left", left)
		}
		return nil
	}
	board := sim.New()
	if pc.Line != "" {
		r.device.line = board.AddLine(pc.Line)
		r.device.line.Watch(r.device.power)
	}
	p, err := camera.OpenPower(pc, board)
	if err != nil {
		t.Fatal(err)
	}
	r.Cam = command.New(cfg, command.Options{
		Power: p, Dir: r.dir, Log: zerolog.New(&r.log),
		Runner: &programsim.Runner{Next: r.device.next, Takes: cmp.Or(s.takes, takes), Left: r.device.leftBehind},
	})
	return r
}

func (r *rig) good(t *testing.T) []byte {
	t.Helper()
	p, e := r.New(t, func() ([]byte, int) { return r.picture(), r.device.runs })
	if e.Camera != still || e.Attempts != 1 {
		t.Errorf("exposure %+v, want one of %s", e, still)
	}
	return p
}

// picture is the last one that the program made.
func (r *rig) picture() []byte { return programsim.Picture(r.device.order.Seed, r.device.order.Size) }

// offs is how often the camera's power was taken.
func (r *rig) offs() int { return cameratest.Offs(r.device.line, camera.PowerConfig{}) }
