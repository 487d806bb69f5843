package vc0706_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

func TestConformance(t *testing.T) {
	cameratest.Run(t, cameratest.Kind{Faults: cameratest.Faults(), Switched: true}, conforming(setup{}))
}

// slots is the shortest interval that there is.
func slots() cameratest.Slots { return cameratest.Slots{Every: 5 * time.Second, Figure: "vc0706"} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	slots().AfterAHang(t, conforming(setup{options: vc0706sim.Options{Picture: skeleton(serialtest.HangBytes), Slice: 50 * time.Millisecond}}))
}

// A VGA picture at 115200 baud takes 4.5 s of an interval of 5: no recovery fits in
// beside it.
func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, cameratest.Faults(), conforming(setup{options: vc0706sim.Options{Picture: skeleton(45_000), Slice: 100 * time.Millisecond}}))
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, cameratest.Faults(), conforming(setup{options: vc0706sim.Options{Picture: skeleton(serialtest.HangBytes), Slice: 100 * time.Millisecond}}))
}

// conforming makes rigs as s says for the suites.
func conforming(s setup) cameratest.Runner {
	return serialtest.Broken[vc0706sim.Faults]{
		Silent:    vc0706sim.Faults{Silent: true},
		Truncates: vc0706sim.Faults{Truncate: true},
		Hangs:     func(after int) vc0706sim.Faults { return vc0706sim.Faults{HangAfter: after} },
	}.Runner(bench(s))
}

// bench makes rigs as s says, but for their power.
func bench(s setup) serialtest.Bench[vc0706sim.Faults] {
	return func(t *testing.T, power func(*camera.PowerConfig), test func(testing.TB, *shared)) {
		s := s
		s.power = power
		run(t, s, func(t *testing.T, r *rig) { test(t, r.shared) })
	}
}
