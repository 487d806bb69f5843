package ipcam_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/ipcam/ipcamsim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	powerLine = "CAMERA_POWER"
	user      = "admin"
	password  = `pa"ss:wörd`
	host      = "192.0.2.9"
)

// setup says how a rig differs from a camera without power line and password, asked by
// its snapshot's address.
type setup struct {
	cfg     func(*ipcam.Config)
	power   func(*camera.PowerConfig)
	options ipcamsim.Options
}

// rig is a driver with a simulated camera, in simulated time.
type rig struct {
	cameratest.Asker
	sim  *ipcamsim.Camera
	line *sim.Line // nil: none
	log  bytes.Buffer
}

// run runs test with a rig. No secret may be in the log, or in an error of shoot.
func run(t *testing.T, s setup, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, s)
		test(t, r)
		if err := r.Cam.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if r.line != nil && r.line.High() {
			t.Error("the camera has power after Close")
		}
		r.sim.Close()
		secret(t, r.log.String())
	})
}

func newRig(t *testing.T, s setup) *rig {
	t.Helper()
	cfg := ipcam.Default()
	cfg.URL = "http://" + host + ipcamsim.SnapshotPath
	if s.options.Username != "" {
		cfg.Username, cfg.Password = user, password
	}
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
	s.options.Unpowered = pc.Line != ""
	if s.options.Takes == 0 {
		s.options.Takes = 200 * time.Millisecond
	}
	board := sim.New()
	r := &rig{sim: ipcamsim.New(s.options)}
	r.Left = func(err error) error {
		if err != nil {
			secret(t, err.Error())
		}
		return nil
	}
	t.Cleanup(func() { r.sim.Close() })
	if pc.Line != "" {
		r.line = board.AddLine(pc.Line)
		r.line.Watch(r.sim.SetPower)
	}
	p, err := camera.OpenPower(pc, board)
	if err != nil {
		t.Fatal(err)
	}
	r.Cam = ipcam.New(cfg, ipcam.Options{Power: p, Clock: sim.NewClock(), Dial: r.sim.Dial, Log: zerolog.New(&r.log)})
	return r
}

// secret fails the test where text has the password in it.
func secret(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "wörd") || strings.Contains(text, "w%C3%B6rd") || strings.Contains(text, "w\\u00f6rd") {
		t.Errorf("the password is in %q", text)
	}
}

func (r *rig) good(t *testing.T) photo.Exposure {
	t.Helper()
	_, e := r.New(t, r.sim.Picture)
	if e.Attempts != 1 {
		t.Errorf("exposure %+v, want one attempt", e)
	}
	return e
}

// asked is how often the camera was asked during do.
func (r *rig) asked(do func()) []string {
	before := len(r.sim.Requests())
	do()
	return r.sim.Requests()[before:]
}

// offs is how often the camera's power was taken.
func (r *rig) offs() int { return cameratest.Offs(r.line, camera.PowerConfig{}) }

func switched(c *camera.PowerConfig) { c.Line = powerLine }

func onvif(c *ipcam.Config) { c.URL, c.ONVIF = "", "http://"+host+ipcamsim.DevicePath }
