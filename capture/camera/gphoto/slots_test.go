package gphoto_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
)

// slots is an interval into which a start, a search and a picture fit, which take 5 s.
func slots() cameratest.Slots { return cameratest.Slots{Every: 6 * time.Second} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) { slots().AfterAHang(t, conforming) }

func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, faults(), conforming)
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, faults(), conforming)
}
