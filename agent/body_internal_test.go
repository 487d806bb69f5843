package agent

import (
	"context"
	"testing"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/capture/camera/gphoto"
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
	for _, l := range []lens{&boardCamera{}, &boardShutter{}} {
		if s, ok := l.body(); ok {
			t.Errorf("%T tells %+v, want nothing", l, s)
		}
	}
}
