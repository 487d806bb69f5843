package vc0706_test

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
	"fieldcam/capture/camera/vc0706/vc0706sim"
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
	slotEvery = 5 * time.Second // the shortest that there is
	hangBytes = 5000
)

// TestAfterAHangTheNextSlotIsOnTime hangs the camera in every second slot, at a
// random byte, for as long as that slot lasts: all its attempts fail. The slot after it
// must be taken when it is due.
func TestAfterAHangTheNextSlotIsOnTime(t *testing.T) {
	hangs := cameratest.HangCount(t) // with both ways of power together
	for name, power := range map[string]setup{"kept on": {power: keepOn}, "off between": {}} {
		t.Run(name, func(t *testing.T) {
			power.options = vc0706sim.Options{Picture: skeleton(hangBytes), Slice: 50 * time.Millisecond}
			run(t, power, func(t *testing.T, r *rig) {
				onTime, hung := hangEverySecond(t, r, hangs/2)
				t.Logf("figure vc0706-hang-next-on-time-%s %d of-%d reach %d %s", strings.ReplaceAll(name, " ", "-"), onTime, hung, hung, verdict(onTime == hung))
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

// A VGA picture at 115200 baud takes 4.5 s of an interval of 5: no recovery fits in
// beside it, and none may be begun anew at each slot.
func TestAPictureThatFillsItsIntervalIsBackAfterAFault(t *testing.T) {
	for name, f := range map[string]vc0706sim.Faults{"hangs": {HangAfter: 10_000}, "silent": {Silent: true}, "truncates": {Truncate: true}} {
		t.Run(name, func(t *testing.T) {
			s := setup{power: keepOn, options: vc0706sim.Options{Picture: skeleton(45_000), Slice: 100 * time.Millisecond}}
			run(t, s, func(t *testing.T, r *rig) {
				a, begin := serve(t, r, 60*time.Second, func(until func(time.Duration)) {
					until(10*time.Second - time.Millisecond)
					r.sim.SetFaults(f)
					until(20*time.Second - time.Millisecond) // two slots
					r.sim.SetFaults(vc0706sim.Faults{})
				})
				for at := time.Duration(0); at < 55*time.Second; at += slotEvery {
					late, ok := a.taken[begin.Add(at).Unix()]
					faulty := at >= 10*time.Second && at < 20*time.Second
					// Two slots for the recovery: a start, which takes one, and what it left.
					recovering := at >= 20*time.Second && at < 35*time.Second
					if !faulty && !recovering && (!ok || late > 100*time.Millisecond) {
						t.Errorf("slot at %v: taken %v, %v late; want it on time", at, ok, late)
					}
				}
			})
		})
	}
}

// hangEverySecond runs n pairs of slots, one with a hang and one without.
func hangEverySecond(t *testing.T, r *rig, n int) (onTime, hung int) {
	random := rand.New(rand.NewPCG(5, 706))
	a, begin := serve(t, r, time.Duration(2*n)*slotEvery, func(until func(time.Duration)) {
		for i := range n {
			slot := time.Duration(2*i) * slotEvery
			until(slot - time.Second)
			r.sim.SetFaults(vc0706sim.Faults{HangAfter: 1 + random.IntN(hangBytes)})
			until(slot + slotEvery - time.Millisecond)
			r.sim.SetFaults(vc0706sim.Faults{})
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
