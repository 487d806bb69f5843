package serialtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// Sim is a simulated camera with faults of type F.
type Sim[F any] interface {
	Serve(ctx context.Context, line serialsim.Line) error
	SetPower(on bool)
	SetFaults(f F)
	Picture() (jpeg []byte, shots int)
}

// Kit is what rigs are made of.
type Kit[F any] struct {
	// Port is where the camera is.
	Port string
	// Power says how its power differs from a line that is off between photos. nil: not.
	Power func(*camera.PowerConfig)
	// Sim makes the camera, and Driver its driver.
	Sim    func(unpowered bool) Sim[F]
	Driver func(board hal.Board, p *camera.Power, log zerolog.Logger) cameratest.Camera
}

// Rig is a driver on a simulated board with a simulated camera, in simulated time. The
// camera must be off after each Shoot, unless it is kept on.
type Rig[F any] struct {
	cameratest.Asker
	Line  *sim.Line
	Power camera.PowerConfig
	Log   bytes.Buffer

	kit   Kit[F]
	sim   Sim[F]
	board *sim.Board
}

// powerLine is Rig.Line's name.
const powerLine = "CAMERA_POWER"

// Run runs test with a rig. The camera must be off at the end.
func (k Kit[F]) Run(t *testing.T, test func(t *testing.T, r *Rig[F])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &Rig[F]{kit: k, board: sim.New(), Power: camera.DefaultPower()}
		r.Left = r.left
		r.Power.Line = powerLine
		if k.Power != nil {
			k.Power(&r.Power)
		}
		r.Line = r.board.AddLine(powerLine)
		r.sim = k.Sim(r.Power.Line != "")
		r.Line.Watch(func(high bool) { r.sim.SetPower(high != r.Power.ActiveLow) })
		defer serve(t, r.sim, r.board.AddPort(k.Port))()
		r.Open(t)
		test(t, r)
		r.close(t)
		if r.On() {
			t.Error("the camera has power after Close")
		}
	})
}

// serve serves a camera until stop.
func serve(t testing.TB, s interface {
	Serve(ctx context.Context, line serialsim.Line) error
}, line serialsim.Line) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, line) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("simulated camera: %v", err)
		}
	}
}

// Open makes the driver, as a start of the daemon does, in the place of the one before.
func (r *Rig[F]) Open(t testing.TB) {
	t.Helper()
	if r.Cam != nil {
		r.close(t)
	}
	p, err := camera.OpenPower(r.Power, r.board)
	if err != nil {
		t.Fatal(err)
	}
	r.Cam = r.kit.Driver(r.board, p, zerolog.New(io.MultiWriter(zerolog.NewTestWriter(t), &r.Log)))
}

func (r *Rig[F]) close(t testing.TB) {
	t.Helper()
	if err := r.Cam.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// On tells whether the line gives the camera power.
func (r *Rig[F]) On() bool { return r.Power.Line != "" && r.Line.High() != r.Power.ActiveLow }

func (r *Rig[F]) left(error) error {
	if !r.Power.KeepOn && r.On() {
		return errors.New("the camera has power")
	}
	return nil
}

// OffBetween, KeepOn and NoLine are Kit.Powers.
func OffBetween(*camera.PowerConfig) {}
func KeepOn(c *camera.PowerConfig)   { c.KeepOn = true }
func NoLine(c *camera.PowerConfig)   { c.Line = "" }
