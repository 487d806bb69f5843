package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/identity"
	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/linux"
	"fieldcam/queue"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tus"
)

const (
	// slotBytes is a serial camera's photo.
	slotBytes = 100_000
	// sessionsInTurn have a slot each 5 s, the shortest interval that there is,
	// one second after one another.
	sessionsInTurn = 5
	// The garbage collector's settings of cmd/fieldcam.
	gcPercent   = 50
	memoryLimit = 24 << 20
)

// captureOnTime is the part that takes a photo each second by the real service
// and queue, beside real upload sessions.
func captureOnTime(ctx context.Context, o captureOrder) (_ captured, err error) {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	q, err := openQueue(ctx, o.Dir)
	if err != nil {
		return captured{}, err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	plan, err := eachSecond()
	if err != nil {
		return captured{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel(nil) // before the wait

	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	supply := &endless{Queue: q}
	if o.Account != nil {
		if err := supply.begin(); err != nil {
			return captured{}, err
		}
		if err := runUploads(ctx, &running, *o.Account, supply, plan, log, cancel); err != nil {
			return captured{}, err
		}
	}
	shutter := &shutter{Queue: q, since: time.Now(), wanted: o.Slots, done: make(chan struct{})}
	service := capture.New(capture.Default(), capture.Options{
		Camera: shutter, Store: shutter, Schedule: plan, Clock: linux.Clock{}, Log: log,
	})
	began := time.Now()
	timer := &bareTimer{}
	running.Go(func() { timer.run(ctx) })
	running.Go(func() {
		if err := service.Run(ctx); err != nil {
			cancel(err)
		}
	})
	select {
	case <-shutter.done:
	case <-ctx.Done():
		return captured{}, context.Cause(ctx)
	}
	return captured{
		LateMilliseconds: shutter.late, WokeMilliseconds: shutter.woke, Missed: shutter.missed,
		TimerMilliseconds: timer.seen(),
		Uploads:           supply.sent(), Seconds: time.Since(began).Seconds(),
	}, nil
}

// eachSecond is a schedule with a slot in each second of the day.
func eachSecond() (*schedule.Schedule, error) {
	var sessions []schedule.Session
	for i := range sessionsInTurn {
		s := schedule.NewSession()
		s.Name, s.Kind = fmt.Sprint("turn ", i), schedule.Capture
		s.From, s.Every = schedule.At(schedule.TimeOfDay(time.Duration(i)*time.Second)), sessionsInTurn*time.Second
		sessions = append(sessions, s)
	}
	return schedule.New(time.UTC, schedule.Plan{Sessions: sessions})
}

// runUploads runs upload sessions without end; fail is told when they cannot go
// on.
func runUploads(ctx context.Context, running *sync.WaitGroup, a account, supply *endless, plan *schedule.Schedule, log zerolog.Logger, fail func(error)) error {
	who, err := identity.Open(a.identity(), a.Device, nil)
	if err != nil {
		return err
	}
	cfg := upload.Default()
	cfg.URL = a.UploadURL
	client, err := tus.New(cfg, tus.Options{Identity: who, Device: a.Device, URLs: supply})
	if err != nil {
		return err
	}
	runner := session.New(session.Default(), session.Options{
		Queue: supply, Uploader: client, Schedule: plan, Clock: linux.Clock{}, Log: log,
		Unreachable: func(err error) { fail(fmt.Errorf("upload: %w", err)) },
	})
	runner.Start(0)
	running.Go(func() {
		defer client.Close()
		if err := runner.Run(ctx); err != nil {
			fail(err)
		}
	})
	return nil
}

// shutter is the camera, and the store before the queue, from which it learns
// the slot. It is done after the wanted number of slots; the service asks one
// thing at a time, so nothing needs a lock.
type shutter struct {
	*queue.Queue
	since  time.Time // slots before do not count: the service takes the one that it starts in
	wanted int
	done   chan struct{} // closed after the last
	slot   time.Time
	woke   []float64 // milliseconds from the slot to Add
	late   []float64 // milliseconds from the slot to Shoot
	missed int
}

// Add implements capture.Store.
func (s *shutter) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	s.slot = shot.Slot
	if s.wanted > 0 && s.slot.After(s.since) {
		s.woke = append(s.woke, milliseconds(time.Since(s.slot)))
	}
	m, err := s.Queue.Add(shot, fill)
	if err == nil && shot.Slot.After(s.since) {
		s.count(1)
	}
	return m, err
}

// Miss implements capture.Store.
func (s *shutter) Miss(all ...photo.Miss) error {
	for _, m := range all {
		if err := s.Queue.Miss(m); err != nil {
			return err
		}
		if m.To.After(s.since) {
			s.missed += m.Slots
			s.count(m.Slots)
		}
	}
	return nil
}

// Shoot implements capture.Camera.
func (s *shutter) Shoot(_ context.Context, w io.Writer) (photo.Exposure, error) {
	late := milliseconds(time.Since(s.slot))
	if s.wanted > 0 && s.slot.After(s.since) {
		s.late = append(s.late, late)
	}
	return photo.Exposure{Camera: "bench", Format: "jpg", Attempts: 1}, picture(w, byte(len(s.late)), slotBytes)
}

// count counts down the slots that are wanted.
func (s *shutter) count(slots int) {
	if s.wanted <= 0 {
		return
	}
	if s.wanted -= slots; s.wanted <= 0 {
		close(s.done)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// bareTimer does nothing but wait, in the middle between two slots: it is late
// by what the machine and its load do to anybody.
type bareTimer struct {
	mu   sync.Mutex // guards late
	late []float64  // milliseconds
}

func (b *bareTimer) run(ctx context.Context) {
	for {
		next := time.Now().Add(time.Second / 2).Truncate(time.Second).Add(time.Second / 2)
		if pause(ctx, time.Until(next)) != nil {
			return
		}
		b.mu.Lock()
		b.late = append(b.late, milliseconds(time.Since(next)))
		b.mu.Unlock()
	}
}

func (b *bareTimer) seen() []float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.late)
}
