package cameratest

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
)

// album is a store in memory that forgets all but what the suite asks for.
type album struct {
	begin time.Time // slots are counted from here

	mu    sync.Mutex
	taken map[time.Duration]time.Duration // by slot: how long after it the camera was asked; guarded by mu
	last  time.Time                       // guarded by mu
}

func (a *album) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	e, err := fill(io.Discard)
	if err != nil {
		return photo.Meta{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken[shot.Slot.Sub(a.begin)] = shot.Taken.Sub(shot.Slot)
	a.last = shot.Slot
	return photo.Meta{ID: photo.NewID(shot.Taken, 1), Slot: shot.Slot, Taken: shot.Taken, Trigger: shot.Trigger, Exposure: e}, nil
}

func (a *album) Miss(misses ...photo.Miss) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range misses {
		a.last = m.To
	}
	return nil
}

func (a *album) LastSlot() (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last, !a.last.IsZero()
}

func (a *album) Accounted(slot time.Time) bool {
	last, ok := a.LastSlot()
	return ok && !slot.After(last)
}

func (a *album) Taken(slot time.Time) bool {
	_, ok := a.late(slot.Sub(a.begin))
	return ok
}

func (a *album) Find(string) (_ photo.Meta, _ bool) { return photo.Meta{}, false }

// late is how long after the slot, which is counted from begin, the camera was asked for
// its photo; false where there is none.
func (a *album) late(slot time.Duration) (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, ok := a.taken[slot]
	return d, ok
}

// serve runs the capture service with the rig's camera, from 10 s before the first slot
// until just before the one at d after it, and play beside it: until waits for a time
// after the first slot.
func (s Slots) serve(t testing.TB, r Rig, d time.Duration, play func(until func(time.Duration))) *album {
	t.Helper()
	const lead = 10 * time.Second
	clock := sim.NewClock()
	begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	clock.Set(begin.Add(-lead))
	started := time.Now()
	yard := schedule.NewSession()
	yard.Name, yard.Kind, yard.Every = "yard", schedule.Capture, s.Every
	yard.From, yard.Until = schedule.At(0), schedule.At(schedule.TimeOfDay(24*time.Hour-time.Second))
	plan, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{yard}})
	if err != nil {
		t.Fatal(err)
	}
	a := &album{begin: begin, taken: make(map[time.Duration]time.Duration)}
	service := capture.New(capture.Default(), capture.Options{Camera: r.Camera, Store: a, Schedule: plan, Clock: clock, Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	until := func(at time.Duration) { time.Sleep(lead + at - time.Since(started)) }
	play(until)
	until(d - time.Millisecond)
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return a
}
