package gphoto_test

import (
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/gphoto/gphotosim"
)

func TestACameraThatIsOnlyFetchedFromTellsOfItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		s.body.Press()
		for range 3 {
			if _, err := s.listFor(t, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.fetcher.State(); got.Model != gphotosim.Model || got.Serial != "1234" || got.BatteryPercent != 100 {
			t.Errorf("it tells %+v, want its model, serial number and battery", got)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
