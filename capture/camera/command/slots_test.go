package command_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/subprocess/programsim"
)

// slots is an interval into which a start and a picture fit, which take 4.5 s.
func slots() cameratest.Slots { return cameratest.Slots{Every: 6 * time.Second} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	slots().AfterAHang(t, conforming(setup{size: programsim.MinSize}))
}

func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, cameratest.Faults(), conforming(setup{size: programsim.MinSize, takes: 4 * time.Second}))
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, cameratest.Faults(), conforming(setup{size: programsim.MinSize}))
}
