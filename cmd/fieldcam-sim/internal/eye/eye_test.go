package eye_test

import (
	"testing"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/eye"
)

func TestTheCamerasClockShowsNoSecondTwice(t *testing.T) {
	now := eye.EverLater()
	last := now()
	for range 10 {
		if next := now(); next.Sub(last) < time.Second {
			t.Errorf("%v after %v", next, last)
		} else {
			last = next
		}
	}
}
