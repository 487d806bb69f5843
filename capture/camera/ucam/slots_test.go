package ucam_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
)

// album is a store in memory that forgets all but what the test asks for.
type album struct {
	taken  map[int64]time.Duration // by slot: how long after it the camera was asked
	missed int
	last   time.Time
}

func (a *album) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	e, err := fill(io.Discard)
	if err != nil {
		return photo.Meta{}, err
	}
	a.taken[shot.Slot.Unix()] = shot.Taken.Sub(shot.Slot)
	a.last = shot.Slot
	return photo.Meta{ID: photo.NewID(shot.Taken, 1), Slot: shot.Slot, Taken: shot.Taken, Trigger: shot.Trigger, Exposure: e}, nil
}

func (a *album) Miss(misses ...photo.Miss) error {
	for _, m := range misses {
		a.missed += m.Slots
		a.last = m.To
	}
	return nil
}

func (a *album) LastSlot() (time.Time, bool)        { return a.last, !a.last.IsZero() }
func (a *album) Accounted(slot time.Time) bool      { return !slot.After(a.last) }
func (a *album) Taken(slot time.Time) bool          { _, ok := a.taken[slot.Unix()]; return ok }
func (a *album) Find(string) (_ photo.Meta, _ bool) { return photo.Meta{}, false }

const (
	slotEvery = 8 * time.Second // a start and the exposure take 5 s
	hangBytes = 5000
)

// TestAfterAHangTheNextSlotIsOnTime hangs the camera in every second slot, at a
// random byte, for as long as that slot lasts: all its attempts fail. The slot after it
// must be taken when it is due.
func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	hangs := cameratest.HangCount(t) // with both ways of power together
	for name, power := range map[string]setup{"kept on": {power: keepOn}, "off between": {}} {
		t.Run(name, func(t *testing.T) {
			power.options = ucamsim.Options{Picture: skeleton(hangBytes), Slice: 50 * time.Millisecond}
			run(t, power, func(t *testing.T, r *rig) {
				onTime, hung := hangEverySecond(t, r, hangs/2)
				t.Logf("figure ucam-hang-next-on-time-%s %d of-%d reach %d %s", strings.ReplaceAll(name, " ", "-"), onTime, hung, hung, verdict(onTime == hung))
				if hung != hangs/2 || onTime != hung {
					t.Errorf("after %d hangs the next slot was on time %d times, want %d", hung, onTime, hangs/2)
				}
			})
		})
	}
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "SHORT"
}

// hangEverySecond runs n pairs of slots, one with a hang and one without.
func hangEverySecond(t *testing.T, r *rig, n int) (onTime, hung int) {
	random := rand.New(rand.NewPCG(5, 528))
	a, begin := serve(t, r, time.Duration(2*n)*slotEvery, func(until func(time.Duration)) {
		for i := range n {
			slot := time.Duration(2*i) * slotEvery
			until(slot - time.Second)
			r.sim.SetFaults(ucamsim.Faults{HangAfter: 1 + random.IntN(hangBytes)})
			until(slot + slotEvery - time.Millisecond)
			r.sim.SetFaults(ucamsim.Faults{})
		}
	})
	for i := range n {
		slot := begin.Add(time.Duration(2*i) * slotEvery)
		if _, ok := a.taken[slot.Unix()]; !ok {
			hung++
		}
		if late, ok := a.taken[slot.Add(slotEvery).Unix()]; ok && late <= 100*time.Millisecond {
			onTime++
		}
	}
	return onTime, hung
}

// serve runs the capture service with the rig's camera from 10 s before begin until
// a second before the given time after it, and play beside it: until waits for a time after begin.
func serve(t *testing.T, r *rig, d time.Duration, play func(until func(time.Duration))) (a *album, begin time.Time) {
	t.Helper()
	const lead = 10 * time.Second
	clock := sim.NewClock()
	begin = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	clock.Set(begin.Add(-lead))
	started := time.Now()
	yard := schedule.NewSession()
	yard.Name, yard.Kind, yard.Every = "yard", schedule.Capture, slotEvery
	yard.From, yard.Until = schedule.At(0), schedule.At(schedule.TimeOfDay(24*time.Hour-time.Second))
	s, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{yard}})
	if err != nil {
		t.Fatal(err)
	}
	a = &album{taken: make(map[int64]time.Duration)}
	service := capture.New(capture.Default(), capture.Options{Camera: r.cam, Store: a, Schedule: s, Clock: clock, Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	until := func(at time.Duration) { time.Sleep(lead + at - time.Since(started)) }
	play(until)
	until(d - time.Second)
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return a, begin
}
