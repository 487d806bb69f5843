package gphoto_test

import (
	"cmp"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/hal/sim"
)

// rig is a driver with a simulated gphoto2, in simulated time.
type rig struct {
	cam  *gphoto.Camera
	body *gphotosim.Body
	line *sim.Line // nil where there is none
	log  safeBuffer
	dir  string
}

func newRig(t *testing.T, change func(*gphoto.Config, *camera.PowerConfig)) *rig {
	t.Helper()
	cfg, power := gphoto.Default(), camera.DefaultPower()
	if change != nil {
		change(&cfg, &power)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &rig{body: gphotosim.NewBody(gphotosim.Options{}), dir: t.TempDir()}
	board := sim.New()
	if power.Line != "" {
		r.line = board.AddLine(power.Line)
		r.body.Power(false)
		r.line.Watch(r.body.Power)
	}
	p, err := camera.OpenPower(power, board)
	if err != nil {
		t.Fatal(err)
	}
	r.cam = gphoto.New(cfg, gphoto.Options{
		Power: p, Clock: sim.NewClock(), Zone: time.UTC, Dir: r.dir, Log: zerolog.New(&r.log), Runner: &gphotosim.Runner{Body: r.body},
	})
	return r
}

// run tests with a rig in simulated time, which must leave no file.
func run(t *testing.T, change func(*gphoto.Config, *camera.PowerConfig), test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, change)
		test(t, r)
		if err := r.cam.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		left, err := os.ReadDir(r.dir)
		if err != nil {
			t.Error(err)
		}
		for _, e := range left {
			if e.Name() != "gphoto.list" {
				t.Errorf("%s is left in the directory, want the list alone", e.Name())
			}
		}
	})
}

// offs is how often the power went off.
func (r *rig) offs() (n int) {
	history := r.line.History()
	for i, c := range history {
		if i > 0 && history[i-1].High && !c.High {
			n++
		}
	}
	return n
}

func faults() []cameratest.Fault {
	return []cameratest.Fault{cameratest.Silent, cameratest.Hangs, cameratest.Truncates}
}

func TestConformance(t *testing.T) {
	cameratest.Run(t, cameratest.Kind{Faults: faults(), Switched: true}, conforming)
}

// conforming makes rigs for the suites.
func conforming(t *testing.T, s cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(_ *gphoto.Config, p *camera.PowerConfig) {
			if s.Power != cameratest.NoLine {
				p.Line, p.KeepOn = powerLine, s.Power == cameratest.KeptOn
			}
			p.WarmUp = cmp.Or(s.WarmUp, p.WarmUp)
		})
		defer r.cam.Close()
		c := cameratest.Rig{
			Camera: r.cam, Picture: r.body.Picture,
			Break: func(f cameratest.Fault) {
				const half = 150_000
				r.body.SetFaults(map[cameratest.Fault]gphotosim.Faults{
					cameratest.Healthy:   {ResetHelps: s.Power == cameratest.NoLine},
					cameratest.Silent:    {Silent: true},
					cameratest.Hangs:     {HangAt: half},
					cameratest.Truncates: {CutAt: half},
				}[f])
			},
			HangAt: func(part float64) {
				const least = 300_000 // each picture has as many bytes
				r.body.SetFaults(gphotosim.Faults{HangAt: 1 + int(part*(least-1))})
			},
		}
		if s.Power != cameratest.NoLine {
			c.On, c.Offs = r.line.High, r.offs
		}
		r.body.SetFaults(gphotosim.Faults{ResetHelps: s.Power == cameratest.NoLine})
		check(t, c)
	})
}

// shootUntil takes pictures until one is good, and returns how many failed.
func (r *rig) shootUntil(t *testing.T, most int) int {
	t.Helper()
	for n := range most {
		if _, err := r.cam.Shoot(t.Context(), io.Discard); err == nil {
			return n
		}
	}
	t.Fatalf("%d Shoots failed", most)
	return most
}

func TestAWedgedCameraIsResetAndFoundAtItsNewNumber(t *testing.T) {
	run(t, nil, func(t *testing.T, r *rig) {
		r.shootUntil(t, 1)
		r.body.SetFaults(gphotosim.Faults{HangAt: 100_000, ResetHelps: true})
		if _, err := r.cam.Shoot(t.Context(), io.Discard); err == nil {
			t.Error("a hang in mid-file: no error")
		}
		r.body.SetFaults(gphotosim.Faults{ResetHelps: true})
		if n := r.shootUntil(t, 2); n != 0 {
			t.Errorf("%d more Shoots failed, want the reset at once: the program had to be killed", n)
		}
		resets, detects := r.body.Resets()
		if resets != 1 || detects < 2 {
			t.Errorf("%d resets and %d looks for the camera, want 1 and another look after it", resets, detects)
		}
	})
}

func TestABusyCameraIsAskedAgain(t *testing.T) {
	run(t, nil, func(t *testing.T, r *rig) {
		r.body.SetFaults(gphotosim.Faults{Busy: 2})
		r.shootUntil(t, 1)
	})
}

func TestAPhotoWithoutItsSettingsIsBetterThanNone(t *testing.T) {
	run(t, func(c *gphoto.Config, _ *camera.PowerConfig) { c.Set = []string{"iso=100"} }, func(t *testing.T, r *rig) {
		r.body.SetFaults(gphotosim.Faults{RefuseSet: true})
		for range 3 {
			r.shootUntil(t, 1)
		}
		if n := strings.Count(r.log.String(), "does not take its settings"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, r.log.String())
		}
	})
}

func TestFaultsSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		faults gphotosim.Faults
		off    bool
		says   string
	}{
		"claimed": {faults: gphotosim.Faults{Claimed: true}, says: "gvfs-gphoto2-volume-monitor"},
		"absent":  {off: true, says: "USB mode PTP"},
		"nothing": {faults: gphotosim.Faults{Nothing: true}, says: "left no picture"},
		"half":    {faults: gphotosim.Faults{CutAt: 1000}, says: "not a whole picture"},
		"busy":    {faults: gphotosim.Faults{Busy: 100}, says: "-110"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(t *testing.T, r *rig) {
				r.body.SetFaults(c.faults)
				if c.off {
					r.body.Power(false)
				}
				if _, err := r.cam.Shoot(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("error %v, want one with %q", err, c.says)
				}
			})
		})
	}
}
