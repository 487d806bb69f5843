package agent

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// A newest photo of a clock that was ahead must not come back once the kernel
// calls its clock unsynced after hours without NTP.
func TestSyncedTimeReplacesTheFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := sim.NewClock()
		c := newFloorClock(source, source.Now().AddDate(0, 6, 0))
		source.SetSynced(true)
		c.Now()
		source.SetSynced(false)
		time.Sleep(9 * time.Hour)
		if got, want := c.Now(), source.Now(); !got.Equal(want) {
			t.Errorf("9 h after the last sync: got %v, want the source's %v", got, want)
		}
	})
}

func TestEachCauseClearsItsOwnConditionOnly(t *testing.T) {
	a := &Agent{health: health.New(sim.NewClock(), zerolog.Nop())}
	causes := []photo.Cause{photo.CameraFault, photo.CardFull, photo.StoreFault, photo.ClockStep}
	for _, c := range causes {
		a.captureProblem(c, errors.New("x"))
	}
	for i, c := range causes {
		if n := len(a.health.Active()); n != len(causes)-i {
			t.Fatalf("before %s is over: got %d conditions, want %d", c, n, len(causes)-i)
		}
		a.captureProblem(c, nil)
	}
	if n := len(a.health.Active()); n != 0 {
		t.Errorf("got %d conditions once all is over, want none", n)
	}
}
