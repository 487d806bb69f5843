package ucam_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ucam/ucamsim"
)

// slots is an interval into which a start and the exposure fit, which take 5 s.
func slots() cameratest.Slots { return cameratest.Slots{Every: 8 * time.Second, Figure: "ucam"} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	slots().AfterAHang(t, conforming(setup{options: ucamsim.Options{Picture: skeleton(pictureBytes), Slice: 50 * time.Millisecond}}))
}

// A VGA picture at 115200 baud takes 6.9 s of an interval of 8: no recovery fits in
// beside it.
func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, faults(), conforming(setup{options: ucamsim.Options{Picture: skeleton(70_000), Slice: 100 * time.Millisecond}}))
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, faults(), conforming(setup{}))
}
