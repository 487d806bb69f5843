package gphoto_test

import (
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/hal/sim"
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

// What a camera does not tell is asked for once an hour, not at each of its looks.
func TestACameraWithoutASerialNumberIsAskedForItOnceAnHour(t *testing.T) {
	for name, o := range map[string]gphotosim.Options{"with one": {}, "without": {Lacks: "serialnumber"}, "without anything": {Lacks: "datetime"}} {
		synctest.Test(t, func(t *testing.T) {
			s := newSocket(t, o)
			for range 12 {
				if _, err := s.listFor(t, time.Minute); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Minute)
			}
			if asked, _ := s.body.Asked(); asked != 2 {
				t.Errorf("%s: asked %d times in two hours, want twice", name, asked)
			}
			if got := s.fetcher.State(); (got.BatteryPercent == 100) == (o.Lacks == "datetime") {
				t.Errorf("%s: it tells %+v, want its battery where it has one", name, got)
			}
			if err := s.cam.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheClockOfACameraThatIsOnlyFetchedFromIsSet(t *testing.T) {
	for name, c := range map[string]struct {
		ahead  time.Duration
		change func(*gphoto.Config, *sim.Clock)
		faults gphotosim.Faults
		set    int // times
	}{
		"it is right":            {time.Second, nil, gphotosim.Faults{}, 0},
		"ahead":                  {time.Hour, nil, gphotosim.Faults{}, 1},
		"in the year 2000":       {-26 * 365 * 24 * time.Hour, nil, gphotosim.Faults{}, 1},
		"not wanted":             {time.Hour, func(c *gphoto.Config, _ *sim.Clock) { c.SetClock = false }, gphotosim.Faults{}, 0},
		"ours is not to be told": {time.Hour, func(_ *gphoto.Config, c *sim.Clock) { c.SetSynced(false) }, gphotosim.Faults{}, 0},
		"it does not take it":    {time.Hour, nil, gphotosim.Faults{ClockStays: true}, 2}, // again after two hours, and after four more
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSocketOf(t, gphotosim.Options{}, c.change)
				s.body.SetAhead(c.ahead)
				s.body.SetFaults(c.faults)
				want := c.ahead
				if c.set == 1 {
					want = 0
				}
				for range 30 { // five hours
					if _, err := s.listFor(t, 5*time.Minute); err != nil {
						t.Fatal(err)
					}
					if got := s.fetcher.State().Ahead; (got - want).Abs() > 2*time.Second {
						t.Errorf("it is told to be %v ahead, want %v", got, want)
					}
					time.Sleep(10 * time.Minute)
				}
				if _, set := s.body.Asked(); set != c.set || (s.body.Ahead()-want).Abs() > 2*time.Second {
					t.Errorf("set %d times, and %v ahead; want %d times, and %v", set, s.body.Ahead(), c.set, want)
				}
				if err := s.cam.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
