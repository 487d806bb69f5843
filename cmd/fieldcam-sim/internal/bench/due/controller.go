package due

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/linux"
	"fieldcam/queue"
)

const (
	// slotEvery is a controller's interval: close to the shortest that there is,
	// and no whole number of seconds, so that the controllers' slots, which begin
	// a second after one another, fall between each other.
	slotEvery   = 5500 * time.Millisecond
	controllers = 11
	// photoBytes is a serial camera's photo.
	photoBytes = 100_000
	// leastFreeMegabytes is the least that the queue takes for an answer.
	leastFreeMegabytes = 16
	// The garbage collector's settings of cmd/fieldcam.
	gcPercent   = 50
	memoryLimit = 24 << 20
)

// controllerOrder asks for photos on time.
type controllerOrder struct {
	Dir    string
	Number int // 0 to controllers-1
	Until  time.Time
}

// onTime is how that went, in milliseconds.
type onTime struct {
	Late   []float64 // from each slot until the shutter line is set
	Timer  []float64 // a bare timer in the same process
	Missed int       // slots without a photo
}

// takeOnTime takes a photo each slotEvery by the real service and queue. The
// camera is ready; its shutter line is a file, which takes one write as a GPIO
// line takes one ioctl.
func takeOnTime(ctx context.Context, o controllerOrder) (_ onTime, err error) {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	plan, err := eachInterval(o.Number)
	if err != nil {
		return onTime{}, err
	}
	config := queue.Default()
	config.KeepFreeMegabytes, config.StopFreeMegabytes = leastFreeMegabytes, leastFreeMegabytes
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	q, err := queue.Open(ctx, queue.Options{Dir: o.Dir, Device: fmt.Sprintf("tempo-%04d", o.Number), Config: config, Log: log})
	if err != nil {
		return onTime{}, err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	line, err := os.Create(filepath.Join(o.Dir, "line"))
	if err != nil {
		return onTime{}, err
	}
	defer line.Close()
	s := &shutter{Queue: q, line: line, since: time.Now()}
	service := capture.New(capture.Default(), capture.Options{Camera: s, Store: s, Schedule: plan, Clock: linux.Clock{}, Log: log})
	ctx, cancel := context.WithDeadline(ctx, o.Until)
	defer cancel()
	var waiting sync.WaitGroup
	var timer []float64
	waiting.Go(func() { timer = bareTimer(ctx) })
	err = service.Run(ctx)
	waiting.Wait()
	return onTime{Late: s.late, Timer: timer, Missed: s.missed}, err
}

// eachInterval is a day of slots, the first after so many seconds.
func eachInterval(seconds int) (*schedule.Schedule, error) {
	s := schedule.NewSession()
	s.Name, s.Kind = "photos", schedule.Capture
	s.From, s.Every = schedule.At(schedule.TimeOfDay(time.Duration(seconds)*time.Second)), slotEvery
	return schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{s}})
}

// shutter is the camera, and the store before the queue, from which it learns
// the slot; the service asks one thing at a time, so nothing needs a lock.
type shutter struct {
	*queue.Queue
	line   *os.File
	since  time.Time // the service takes the slot that it starts in, late: it does not count
	slot   time.Time
	late   []float64
	missed int
}

// Add implements capture.Store.
func (s *shutter) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	s.slot = shot.Slot
	return s.Queue.Add(shot, fill)
}

// Miss implements capture.Store.
func (s *shutter) Miss(all ...photo.Miss) error {
	for _, m := range all {
		if m.To.After(s.since) {
			s.missed += m.Slots
		}
	}
	return s.Queue.Miss(all...)
}

// Shoot implements capture.Camera.
func (s *shutter) Shoot(_ context.Context, w io.Writer) (photo.Exposure, error) {
	if _, err := s.line.WriteAt([]byte{'1'}, 0); err != nil {
		return photo.Exposure{}, err
	}
	now := time.Now()
	if s.slot.After(s.since) {
		s.late = append(s.late, milliseconds(now.Sub(s.slot)))
	}
	picture := make([]byte, photoBytes)
	rand.NewChaCha8([32]byte{byte(len(s.late))}).Read(picture) // never fails (math/rand/v2)
	_, err := w.Write(picture)
	return photo.Exposure{Camera: "bench", Format: "jpg", Attempts: 1}, err
}

// bareTimer does nothing but wait for the middle between two whole seconds,
// until ctx ends: it is late by what the machine and its load do to anybody.
func bareTimer(ctx context.Context) (late []float64) {
	for {
		next := time.Now().Add(time.Second / 2).Truncate(time.Second).Add(time.Second / 2)
		select {
		case <-ctx.Done():
			return late
		case <-time.After(time.Until(next)):
			late = append(late, milliseconds(time.Since(next)))
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
