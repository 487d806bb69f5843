package ipcam_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ipcam/ipcamsim"
)

// slots is an interval into which a start and a picture fit, which take 3 s.
func slots() cameratest.Slots { return cameratest.Slots{Every: 5 * time.Second} }

func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	slots().AfterAHang(t, conforming(setup{options: ipcamsim.Options{Width: 40}}))
}

func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	slots().AfterAFault(t, cameratest.Faults(), conforming(setup{options: ipcamsim.Options{Width: 40, Takes: 4 * time.Second}}))
}

func TestHoweverLongAPowerCycleTakesTheCameraIsBackAfterAFault(t *testing.T) {
	slots().HoweverLongACycle(t, cameratest.Faults(), conforming(setup{options: ipcamsim.Options{Width: 40, Takes: 500 * time.Millisecond}}))
}

// It takes no part in its warm-up, as it is configured.
func TestACameraThatStartsForLongerThanItsSlotIsNotCut(t *testing.T) {
	slots().AfterAFault(t, cameratest.Faults(), conforming(setup{options: ipcamsim.Options{Width: 40, Boot: 9 * time.Second}}))
}
