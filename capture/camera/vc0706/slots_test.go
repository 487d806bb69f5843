package vc0706_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

// slots is the shortest interval that there is.
func slots() cameratest.Slots { return cameratest.Slots{Every: 5 * time.Second, Figure: "vc0706"} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	slots().AfterAHang(t, conforming(setup{options: vc0706sim.Options{Picture: skeleton(pictureBytes), Slice: 50 * time.Millisecond}}))
}

// A VGA picture at 115200 baud takes 4.5 s of an interval of 5: no recovery fits in
// beside it.
func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, faults(), conforming(setup{options: vc0706sim.Options{Picture: skeleton(45_000), Slice: 100 * time.Millisecond}}))
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, faults(), conforming(setup{}))
}
