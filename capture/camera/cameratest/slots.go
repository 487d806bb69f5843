package cameratest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera"
)

// Slots holds the cameras of a kind to their slots, behind the capture service: what
// one slot's photo costs the others. All of it is in simulated time: run gives a test
// one, in which it makes a fresh rig.
type Slots struct {
	// Every is the time from slot to slot.
	Every time.Duration
	// Figure, where not empty, is what the names of figures begin with.
	Figure string
}

const (
	// onTime is how long after its slot the camera may be asked.
	onTime = 100 * time.Millisecond
	// backSlots is how many slots a camera without a fault may need until it is back: a
	// recovery that was begun while it had one, another, and what that one left.
	backSlots = 3
)

// AfterAHang hangs the camera in every second slot, somewhere in its picture, for as long
// as that slot lasts: all its attempts fail. The slot after it must be taken when it is
// due, whether the camera is kept on or not. HangCount says how many hangs there are, with
// both ways of power together.
func (s Slots) AfterAHang(t *testing.T, run Runner) {
	hangs := HangCount(t) / 2
	for _, power := range []Power{KeptOn, OffBetween} {
		t.Run(power.String(), func(t *testing.T) {
			run(t, Setup{Power: power}, func(t testing.TB, r Rig) {
				good, hung := s.hangEverySecond(t, r, hangs)
				if s.Figure != "" {
					name := strings.ReplaceAll(strings.TrimSuffix(power.String(), " photos"), " ", "-")
					t.Logf("figure %s-hang-next-on-time-%s %d of-%d reach %d %s", s.Figure, name, good, hung, hung, Verdict(good == hung))
				}
				if hung != hangs || good != hung {
					t.Errorf("after %d hangs the next slot was on time %d times, want %d", hung, good, hangs)
				}
			})
		})
	}
}

// Verdict is a figure's last word.
func Verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "SHORT"
}

// hangEverySecond runs n pairs of slots, one with a hang and one without.
func (s Slots) hangEverySecond(t testing.TB, r Rig, n int) (good, hung int) {
	random := rand.New(rand.NewPCG(5, 706))
	a := s.serve(t, r, time.Duration(2*n)*s.Every, func(until func(time.Duration)) {
		for i := range n {
			slot := time.Duration(2*i) * s.Every
			until(slot - time.Second)
			if part := random.Float64(); r.HangAt != nil {
				r.HangAt(part)
			} else {
				r.Break(Hangs)
			}
			until(slot + s.Every - time.Millisecond)
			r.Break(Healthy)
		}
	})
	for i := range n {
		slot := time.Duration(2*i) * s.Every
		if _, ok := a.late(slot); !ok {
			hung++
		}
		if late, ok := a.late(slot + s.Every); ok && late <= onTime {
			good++
		}
	}
	return good, hung
}

// AfterAFault gives a camera that is kept on each of the faults for two slots. Where a
// recovery takes more than what the picture leaves of a slot none may be begun anew at each
// of them: soon afterwards, and from then on, each slot is taken when it is due.
func (s Slots) AfterAFault(t *testing.T, faults []Fault, run Runner) {
	for _, f := range faults {
		t.Run(f.String(), func(t *testing.T) { s.afterAFault(t, f, Setup{Power: KeptOn}, run) })
	}
}

// HoweverLongACycle is AfterAFault for cameras that take a quarter of a slot to start, up
// to one and a half: a power cycle takes more than what a slot leaves, or more than a slot.
func (s Slots) HoweverLongACycle(t *testing.T, faults []Fault, run Runner) {
	const steps = 10
	for _, f := range faults {
		t.Run(f.String(), func(t *testing.T) {
			for n := range steps {
				warmUp := s.Every/4 + s.Every*5/4*time.Duration(n)/(steps-1)
				t.Run(warmUp.String(), func(t *testing.T) { s.afterAFault(t, f, Setup{Power: KeptOn, WarmUp: warmUp}, run) })
			}
		})
	}
}

func (s Slots) afterAFault(t *testing.T, f Fault, setup Setup, run Runner) {
	const good, bad, all = 4, 2, 20 // slots
	back := good + bad + backSlots + 2*int((camera.DefaultOffTime+setup.WarmUp)/s.Every)
	run(t, setup, func(t testing.TB, r Rig) {
		a := s.serve(t, r, all*s.Every, func(until func(time.Duration)) {
			until(good*s.Every - time.Millisecond)
			r.Break(f)
			until((good+bad)*s.Every - time.Millisecond)
			r.Break(Healthy)
		})
		var late []int
		missed := 0
		for n := range all {
			d, ok := a.late(time.Duration(n) * s.Every)
			if !ok {
				missed++
			}
			if (n == good-1 || n >= back) && (!ok || d > onTime) {
				late = append(late, n)
			}
		}
		if len(late) > 0 {
			t.Errorf("slots %d were missed or late: the camera %v in %d and %d, want it back on time at %d", late, f, good, good+bad-1, back)
		}
		if missed == 0 {
			t.Errorf("no slot was missed, though the camera %v", f)
		}
	})
}
