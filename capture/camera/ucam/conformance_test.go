package ucam_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/ucam/ucamsim"
)

func TestConformance(t *testing.T) {
	cameratest.Run(t, cameratest.Kind{Faults: cameratest.Faults(), Switched: true}, conforming(setup{}))
}

// slots is an interval into which a start and the exposure fit, which take 5 s.
func slots() cameratest.Slots { return cameratest.Slots{Every: 8 * time.Second, Figure: "ucam"} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	slots().AfterAHang(t, conforming(setup{options: ucamsim.Options{Picture: skeleton(serialtest.HangBytes), Slice: 50 * time.Millisecond}}))
}

// A VGA picture at 115200 baud takes 6.9 s of an interval of 8: no recovery fits in
// beside it.
func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, cameratest.Faults(), conforming(setup{options: ucamsim.Options{Picture: skeleton(70_000), Slice: 100 * time.Millisecond}}))
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, cameratest.Faults(), conforming(setup{options: ucamsim.Options{Picture: skeleton(serialtest.HangBytes), Slice: 100 * time.Millisecond}}))
}

// conforming makes rigs as s says for the suites.
func conforming(s setup) cameratest.Runner {
	return serialtest.Broken[ucamsim.Faults]{
		Silent:    ucamsim.Faults{Silent: true},
		Truncates: ucamsim.Faults{Truncate: true},
		Hangs:     func(after int) ucamsim.Faults { return ucamsim.Faults{HangAfter: after} },
	}.Runner(bench(s))
}

// bench makes rigs as s says, but for their power.
func bench(s setup) serialtest.Bench[ucamsim.Faults] {
	return func(t *testing.T, power func(*camera.PowerConfig), test func(testing.TB, *shared)) {
		s := s
		s.power = power
		run(t, s, func(t *testing.T, r *rig) { test(t, r.shared) })
	}
}
