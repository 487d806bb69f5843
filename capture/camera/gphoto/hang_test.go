package gphoto_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
)

// ledger is a store that remembers which slots have a photo, and when it was begun.
type ledger struct {
	mu     sync.Mutex
	began  map[time.Time]time.Time // by slot
	misses []photo.Miss
	last   time.Time
	number uint64
}

func (l *ledger) Add(s photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	sum := sha256.New()
	e, err := fill(sum)
	if err != nil {
		return photo.Meta{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number++
	l.began[s.Slot], l.last = s.Taken, s.Slot
	return photo.Meta{ID: photo.NewID(s.Taken, l.number), Slot: s.Slot, Taken: s.Taken, Trigger: s.Trigger, Exposure: e, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

func (l *ledger) Miss(all ...photo.Miss) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.misses = append(l.misses, all...)
	return nil
}

func (l *ledger) LastSlot() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, !l.last.IsZero()
}

func (l *ledger) Accounted(slot time.Time) bool { return l.Taken(slot) }

func (l *ledger) Taken(slot time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.began[slot]
	return ok
}

func (l *ledger) Find(string) (photo.Meta, bool) { return photo.Meta{}, false }

// A camera that hangs in the middle of a picture, and needs its power taken, costs at
// most its own slot: the next one is on time.
func TestTheSlotAfterAHangIsOnTime(t *testing.T) {
	const (
		hangs = 50 // 1,000 take two minutes on a busy machine
		every = time.Minute
	)
	run(t, func(c *gphoto.Config, p *camera.PowerConfig) {
		p.Line, p.KeepOn, c.ShotTime = powerLine, true, 15*time.Second
	}, func(t *testing.T, r *rig) {
		session := schedule.NewSession()
		session.Name, session.Kind, session.Every = "yard", schedule.Capture, every
		plan, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{session}})
		if err != nil {
			t.Fatal(err)
		}
		store := &ledger{began: map[time.Time]time.Time{}}
		clock := sim.NewClock()
		clock.Set(time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC))
		service := capture.New(capture.Default(), capture.Options{Camera: r.cam, Store: store, Schedule: plan, Clock: clock, Log: zerolog.Nop()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		begun := clock.Now()
		go func() { done <- service.Run(ctx) }()
		time.Sleep(every / 2)
		for range hangs {
			// The odd slots hang in mid-picture and leave the camera wedged.
			r.body.SetFaults(gphotosim.Faults{HangAt: 100_000})
			time.Sleep(every/2 + 3*time.Second)
			r.body.SetFaults(gphotosim.Faults{}) // wedged until its power is taken
			time.Sleep(every/2 - 3*time.Second)
			time.Sleep(every)
		}
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		onTime := 0
		for n := range hangs {
			slot := begun.Truncate(every).Add(time.Duration(2*n+2) * every)
			if at, ok := store.began[slot]; ok && at.Sub(slot) < time.Second {
				onTime++
			}
		}
		if onTime != hangs {
			t.Errorf("%d of %d slots after a hang have a photo that was begun on time; misses %d", onTime, hangs, len(store.misses))
		}
		if offs := r.offs(); offs < hangs {
			t.Errorf("%d power cycles, want one for each of %d hangs", offs, hangs)
		}
	})
}
