package capture_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the tests do not depend on the machine's zones

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

// clock is package time's, and steps on request.
type clock struct {
	mu       sync.Mutex
	offset   time.Duration
	unsynced bool
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).UTC().Add(c.offset)
}

func (c *clock) Synced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unsynced
}

// vouch says whether the time is synced.
func (c *clock) vouch(synced bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsynced = !synced
}

func (c *clock) step(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += by
}

// set makes the clock show the time given.
func (c *clock) set(now time.Time) { c.step(now.Sub(c.Now())) }

// camera takes a second per photo unless told otherwise. It fails the test
// where two photos are taken at once.
type camera struct {
	tb    testing.TB
	mu    sync.Mutex
	shots int
	inUse bool
	// shoot, if not nil, is what the nth photo (from 1) does.
	shoot func(ctx context.Context, n int, w io.Writer) error
}

func (c *camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	c.mu.Lock()
	if c.inUse {
		c.tb.Error("Shoot called while an earlier Shoot had not returned")
	}
	c.inUse = true
	c.shots++
	n, shoot := c.shots, c.shoot
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inUse = false
	}()
	if shoot == nil {
		shoot = func(ctx context.Context, _ int, w io.Writer) error { return expose(ctx, w, time.Second) }
	}
	return photo.Exposure{Format: "jpg", Attempts: 1}, shoot(ctx, n, w)
}

func (c *camera) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shots
}

func (c *camera) behave(shoot func(ctx context.Context, n int, w io.Writer) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shoot = shoot
}

// expose delivers a picture after d.
func expose(ctx context.Context, w io.Writer, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		_, err := w.Write([]byte("picture"))
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

type fullError struct{}

func (fullError) Error() string  { return "the card is full" }
func (fullError) CardFull() bool { return true }

// store is a ledger in memory. It outlives a service as a card does.
type store struct {
	mu     sync.Mutex
	taken  []photo.Meta
	slots  map[int64]bool // those of the scheduled photos among taken
	missed []photo.Miss
	// These, if not nil, fail: Add before and during the picture, and Miss.
	addErr, writeErr, missErr error
	// hang, if not nil, is what Add waits for once it has the picture.
	hang chan struct{}
	// refuse, if not nil, tells which misses are never taken.
	refuse func(photo.Miss) bool
	// dead: the power is off, nothing becomes durable any more.
	dead bool
}

var errPower = errors.New("no power")

type failWriter struct{ err error }

func (w failWriter) Write([]byte) (int, error) { return 0, w.err }

func (s *store) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	s.mu.Lock()
	addErr, writeErr, hang := s.addErr, s.writeErr, s.hang
	s.mu.Unlock()
	if addErr != nil {
		return photo.Meta{}, fmt.Errorf("add photo: %w", addErr)
	}
	w := io.Discard
	if writeErr != nil {
		w = failWriter{writeErr}
	}
	exposure, err := fill(w)
	if err != nil {
		return photo.Meta{}, fmt.Errorf("add photo: %w", err)
	}
	if hang != nil {
		<-hang
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return photo.Meta{}, errPower
	}
	m := photo.Meta{
		ID: photo.NewID(shot.Taken, uint64(len(s.taken)+1)), Slot: shot.Slot, Session: shot.Session, Trigger: shot.Trigger,
		Taken: shot.Taken, ClockSynced: shot.ClockSynced, Exposure: exposure,
	}
	s.taken = append(s.taken, m)
	if m.Trigger == photo.Scheduled {
		if s.slots == nil {
			s.slots = map[int64]bool{}
		}
		s.slots[m.Slot.UnixNano()] = true
	}
	return m, nil
}

func (s *store) Miss(m photo.Miss) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errPower
	}
	if s.missErr != nil {
		return s.missErr
	}
	if s.refuse != nil && s.refuse(m) {
		return errors.New("no such slot")
	}
	s.missed = append(s.missed, m)
	return nil
}

func (s *store) LastSlot() (last time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.taken {
		if m.Trigger == photo.Scheduled && m.Slot.After(last) {
			last = m.Slot
		}
	}
	for _, m := range s.missed {
		if m.To.After(last) {
			last = m.To
		}
	}
	return last, !last.IsZero()
}

func (s *store) Taken(slot time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots[slot.UnixNano()]
}

func (s *store) Accounted(slot time.Time) bool { return s.times(slot) > 0 }

// times is how often the slot is accounted for.
func (s *store) times(slot time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, m := range s.taken {
		if m.Trigger == photo.Scheduled && m.Slot.Equal(slot) {
			n++
		}
	}
	for _, m := range s.missed {
		if !slot.Before(m.From) && !slot.After(m.To) {
			n++
		}
	}
	return n
}

func (s *store) fail(change func(*store)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *store) photos() []photo.Meta {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

func (s *store) misses() []photo.Miss {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.missed)
}

// today is what a site's clock shows at first: in a synctest bubble time begins in
// 2000, when no clock is right.
var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// site is one controller: what it is made of outlives each of its services.
type site struct {
	tb       testing.TB
	cfg      capture.Config
	clock    *clock
	camera   *camera
	store    *store
	schedule *schedule.Schedule
	service  *capture.Service
	problems []string // in the order of Problem's calls
}

func newSite(tb testing.TB, s *schedule.Schedule) *site {
	c := &clock{}
	c.set(today)
	return &site{
		tb: tb, cfg: capture.Default(), clock: c, camera: &camera{tb: tb}, store: &store{}, schedule: s,
	}
}

// every is a schedule with one session around the clock.
func every(tb testing.TB, d time.Duration) *schedule.Schedule {
	tb.Helper()
	session := schedule.NewSession()
	session.Name, session.Kind, session.Every = "yard", schedule.Capture, d
	s, err := schedule.New(time.UTC, []schedule.Session{session})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// start starts a service; stop ends it and gives Run's error.
func (s *site) start() (stop func() error) {
	s.service = capture.New(s.cfg, capture.Options{
		Camera: s.camera, Store: s.store, Schedule: s.schedule, Clock: s.clock, Log: zerolog.Nop(),
		Problem: func(cause photo.Cause, err error) {
			if err != nil {
				s.problems = append(s.problems, string(cause))
			} else {
				s.problems = append(s.problems, string(cause)+" over")
			}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.service.Run(ctx) }()
	synctest.Wait()
	return func() error {
		cancel()
		return <-done
	}
}

// account checks the promise: each slot of [from, to) is taken, or in one range
// of missed slots, exactly once; and the ranges' numbers are right.
func (s *site) account(from, to time.Time) error {
	for slot := range s.schedule.Between(schedule.Capture, from, to) {
		if n := s.store.times(slot.At); n != 1 {
			return fmt.Errorf("slot %v is accounted for %d times, want once", slot.At, n)
		}
	}
	for _, m := range s.store.misses() {
		if n := s.schedule.Count(schedule.Capture, m.From, m.To.Add(1)); n != m.Slots {
			return fmt.Errorf("miss %+v counts %d slots, want %d", m, m.Slots, n)
		}
	}
	return nil
}

func (s *site) mustAccount(from, to time.Time) {
	s.tb.Helper()
	if err := s.account(from, to); err != nil {
		s.tb.Error(err)
	}
}

// causes is how many slots were missed for each cause.
func (s *site) causes() map[photo.Cause]int {
	n := map[photo.Cause]int{}
	for _, m := range s.store.misses() {
		n[m.Cause] += m.Slots
	}
	return n
}

var errLens = errors.New("lens stuck")
