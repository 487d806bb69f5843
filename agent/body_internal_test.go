package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/hal/sim"
)

// talkative is a camera that tells of itself.
type talkative struct{ state gphoto.State }

func (t *talkative) body() (gphoto.State, bool)    { return told(t) }
func (t *talkative) State() gphoto.State           { return t.state }
func (t *talkative) prepare(context.Context) error { return nil }
func (t *talkative) Close() error                  { return nil }

func TestACamerasLowBatteryIsReportedUntilItIsCharged(t *testing.T) {
	camera := &talkative{gphoto.State{BatteryPercent: -1}}
	a := &Agent{health: health.New(sim.NewClock(), zerolog.Nop()), camera: camera}
	for i, step := range []struct {
		percent int
		low     bool
	}{{-1, false}, {60, false}, {19, true}, {21, true}, {-1, true}, {0, true}, {25, false}, {20, false}} {
		camera.state.BatteryPercent = step.percent
		a.watchCamera()
		active := a.health.Active()
		if low := len(active) == 1 && active[0].Name == health.CameraBattery; low != step.low || len(active) > 1 {
			t.Errorf("step %d: at %d %%: conditions %v, want low %v", i, step.percent, active, step.low)
		}
	}
}

func TestTheStatusSaysWhatTheCameraTells(t *testing.T) {
	camera := &talkative{gphoto.State{BatteryPercent: -1}}
	a := &Agent{camera: camera}
	if c := a.cameraStatus(); c != nil || messageCamera(c) != nil {
		t.Errorf("a camera that has told nothing: %+v, want nothing", c)
	}
	camera.state = gphoto.State{Model: "Canon EOS 2000D", Serial: "000042", BatteryPercent: 0, Ahead: -3_000_000_000}
	m := message.Status{Device: "pole-7", Camera: messageCamera(a.cameraStatus())}
	payload, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := message.ParseStatus(payload)
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Camera; c == nil || c.Model != "Canon EOS 2000D" || c.Serial != "000042" || c.BatteryPercent == nil || *c.BatteryPercent != 0 || c.AheadSeconds != -3 {
		t.Errorf("the hub reads %+v of %s", c, payload)
	}
}

func TestWhatTellsNothingHasNoStatus(t *testing.T) {
	unasked := gphoto.New(gphoto.Default(), gphoto.Options{Dir: t.TempDir(), Log: zerolog.Nop()})
	for name, l := range map[string]lens{
		"a camera without a driver":  &boardCamera{},
		"a camera of another kind":   &boardCamera{driver: silent{}},
		"one that was not asked":     &boardCamera{driver: unasked},
		"a shutter without gphoto2":  &boardShutter{},
		"with one that did not look": &boardShutter{fetches: unasked},
	} {
		if s, ok := l.body(); ok {
			t.Errorf("%s tells %+v, want nothing", name, s)
		}
	}
}

// silent is a driver of a kind that tells nothing.
type silent struct{ driver }

func TestACameraTellsOnceGphotoHasAskedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		power, err := camera.OpenPower(camera.DefaultPower(), sim.New())
		if err != nil {
			t.Fatal(err)
		}
		asked := gphoto.New(gphoto.Default(), gphoto.Options{
			Power: power, Clock: sim.NewClock(), Zone: time.UTC, Dir: t.TempDir(), Log: zerolog.Nop(),
			Runner: &gphotosim.Runner{Body: gphotosim.NewBody(gphotosim.Options{})},
		})
		if _, err := asked.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, l := range []lens{&boardCamera{driver: asked}, &boardShutter{fetches: asked}} {
			if s, ok := l.body(); !ok || s.Model != gphotosim.Model || s.BatteryPercent != 100 {
				t.Errorf("%T tells %+v, %v; want the model and its battery", l, s, ok)
			}
		}
		if err := asked.Close(); err != nil {
			t.Error(err)
		}
	})
}
