package capture_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"fieldcam/capture/picture"
	"fieldcam/capture/schedule"
)

// clock is package time's, and steps on request.
type clock struct {
	mu       sync.Mutex
	offset   time.Duration
	unsynced bool
	looks    int // of Now
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	return time.Now().Round(0).UTC().Add(c.offset)
}

func (c *clock) Synced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unsynced
}

// looked is how often Now was called since the last looked.
func (c *clock) looked() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, c.looks = c.looks, 0
	return n
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

// account is what a store knows of one slot: its photos, or why there is none.
type account struct {
	photos int
	cause  photo.Cause
}

// store is a ledger in memory. It outlives a service as a card does. What it is
// told of missed slots it holds to the contract of photo.Miss.
type store struct {
	tb    testing.TB
	sched *schedule.Schedule

	mu     sync.Mutex
	taken  []photo.Meta
	slots  map[int64]account // by Unix nanoseconds
	spans  []photo.Miss
	missed []photo.Miss // all that was told, in order
	calls  int          // of Miss, that were taken
	// These, if not nil, fail: Add before and during the picture, and Miss.
	addErr, writeErr, missErr error
	// slow is how long Add takes before the picture.
	slow time.Duration
	// slowEnd is how long it takes behind it.
	slowEnd time.Duration
	// hang, if not nil, is what Add waits for once it has the picture.
	hang chan struct{}
	// refuse, if not nil, tells which misses are never taken.
	refuse func(photo.Miss) bool
	adding int // Adds under way
	// dead: the power is off, nothing becomes durable any more.
	dead bool
}

var errPower = errors.New("no power")

type failWriter struct{ err error }

func (w failWriter) Write([]byte) (int, error) { return 0, w.err }

func (s *store) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	s.mu.Lock()
	addErr, writeErr, hang, slow, slowEnd := s.addErr, s.writeErr, s.hang, s.slow, s.slowEnd
	s.adding++
	s.mu.Unlock()
	defer s.fail(func(s *store) { s.adding-- })
	time.Sleep(slow)
	if addErr != nil {
		return photo.Meta{}, fmt.Errorf("add photo: %w", addErr)
	}
	sum := sha256.New()
	w := io.Writer(sum)
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
	time.Sleep(slowEnd)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return photo.Meta{}, errPower
	}
	m := photo.Meta{
		ID: photo.NewID(shot.Taken, uint64(len(s.taken)+1)), Slot: shot.Slot, Session: shot.Session, Trigger: shot.Trigger,
		Taken: shot.Taken, ClockSynced: shot.ClockSynced, Exposure: exposure,
		SHA256: hex.EncodeToString(sum.Sum(nil)), Shot: shot.Of, Site: shot.Site,
	}
	s.keep(m)
	return m, nil
}

// keep makes the photo durable.
func (s *store) keep(m photo.Meta) {
	s.taken = append(s.taken, m)
	if m.Trigger != photo.Scheduled {
		return
	}
	a := s.slots[m.Slot.UnixNano()]
	s.slots[m.Slot.UnixNano()] = account{photos: a.photos + 1}
}

func (s *store) Miss(misses ...photo.Miss) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errPower
	}
	if s.missErr != nil {
		return s.missErr
	}
	if s.refuse != nil && slices.ContainsFunc(misses, s.refuse) {
		return errors.New("no such slot")
	}
	if len(misses) == 0 {
		s.tb.Error("Miss of nothing")
	}
	for _, m := range misses {
		s.miss(m)
	}
	s.calls++
	return nil
}

func (s *store) miss(m photo.Miss) {
	s.missed = append(s.missed, m)
	switch {
	case m.Slots < 1, m.Cause == "", m.To.Before(m.From), m.From.Equal(m.To) && m.Every != 0:
		s.tb.Errorf("miss %+v makes no sense", m)
	case m.From.Before(m.To) && m.Every == 0:
		if m.Session != "" {
			s.tb.Errorf("span %+v of a session", m)
		}
		s.spans = append(s.spans, m)
		return
	case !m.From.Truncate(24 * time.Hour).Equal(m.To.Truncate(24 * time.Hour)):
		s.tb.Errorf("miss %+v is of two days", m)
	}
	last := m.From
	for n := range m.Slots {
		last = m.From.Add(time.Duration(n) * m.Every)
		slot, ok := s.sched.Next(schedule.Capture, last.Add(-1))
		if !ok || !slot.At.Equal(last) || slot.Session != m.Session {
			s.tb.Errorf("miss %+v: there is no such slot at %v", m, last)
		}
		a := s.slots[last.UnixNano()]
		if a.photos > 0 || m.Cause.Gap() && a.cause != "" && !a.cause.Gap() {
			continue
		}
		s.slots[last.UnixNano()] = account{cause: m.Cause}
	}
	if !last.Equal(m.To) {
		s.tb.Errorf("miss %+v ends at %v", m, last)
	}
}

func (s *store) LastSlot() (last time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.slots {
		if t := time.Unix(0, at).UTC(); !ok || t.After(last) {
			last, ok = t, true
		}
	}
	for _, m := range s.spans {
		if !ok || m.To.After(last) {
			last, ok = m.To, true
		}
	}
	return last, ok
}

// at is what is known of the slot; where only spans hold it, the newest counts.
func (s *store) at(slot time.Time) (account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.slots[slot.UnixNano()]; ok {
		return a, true
	}
	for _, m := range slices.Backward(s.spans) {
		if !slot.Before(m.From) && !slot.After(m.To) {
			return account{cause: m.Cause}, true
		}
	}
	return account{}, false
}

func (s *store) Taken(slot time.Time) bool {
	a, _ := s.at(slot)
	return a.photos > 0
}

func (s *store) Find(sha256 string) (photo.Meta, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range slices.Backward(s.taken[max(0, len(s.taken)-16):]) {
		if m.SHA256 == sha256 {
			return m, true
		}
	}
	return photo.Meta{}, false
}

func (s *store) Accounted(slot time.Time) bool {
	_, ok := s.at(slot)
	return ok
}

// told is how often the store was told of the slot: by photos, and by misses that
// are no spans.
func (s *store) told(slot time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.slots[slot.UnixNano()].photos
	for _, m := range s.missed {
		isSpan := m.Every == 0 && m.From.Before(m.To)
		if slot.Equal(m.From) && !isSpan || m.Every > 0 && !slot.Before(m.From) && !slot.After(m.To) && slot.Sub(m.From)%m.Every == 0 {
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

func (s *store) callCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
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
	roll     *roll                // in the camera's place, where not nil
	paused   func(time.Time) bool // where not nil
	powerLow func(time.Time) bool // where not nil
	approach time.Duration
	told     func() bool      // where not nil
	checks   *picture.Checker // where not nil
	pairs    *pairs           // in the camera's place, where not nil
	telling  sync.Mutex       // guards problems while a service runs
	problems []string         // in the order of Problem's calls
}

func newSite(tb testing.TB, s *schedule.Schedule) *site {
	c := &clock{}
	c.set(today)
	return &site{
		tb: tb, cfg: capture.Default(), clock: c, camera: &camera{tb: tb}, schedule: s,
		store: &store{tb: tb, sched: s, slots: map[int64]account{}},
	}
}

// every is a schedule of one session around the clock, or of several: yard, gate
// and crane. Where their slots meet the first has it.
func every(tb testing.TB, intervals ...time.Duration) *schedule.Schedule {
	tb.Helper()
	var sessions []schedule.Session
	for i, d := range intervals {
		session := schedule.NewSession()
		session.Name, session.Kind, session.Every = []string{"yard", "gate", "crane"}[i], schedule.Capture, d
		sessions = append(sessions, session)
	}
	s, err := schedule.New(time.UTC, schedule.Plan{Sessions: sessions})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// takeProblems are the problems since the last time.
func (s *site) takeProblems() []string {
	s.telling.Lock()
	defer s.telling.Unlock()
	all := s.problems
	s.problems = nil
	return all
}

// start starts a service; stop ends it and gives Run's error.
func (s *site) start() (stop func() error) {
	o := capture.Options{
		Camera: s.camera, Store: s.store, Schedule: s.schedule, Clock: s.clock, Log: zerolog.Nop(), Paused: s.paused, PowerLow: s.powerLow, Approach: s.approach,
		Checks: s.checks, Site: photo.Place{Latitude: 52.5163, Longitude: 13.3777},
		Told: s.told,
		Problem: func(cause photo.Cause, err error) {
			s.telling.Lock()
			defer s.telling.Unlock()
			if err != nil {
				s.problems = append(s.problems, string(cause))
			} else {
				s.problems = append(s.problems, string(cause)+" over")
			}
		},
	}
	if s.pairs != nil {
		o.Camera = s.pairs
	}
	if s.roll != nil {
		o.Camera, o.Deferred = nil, s.roll
	}
	s.service = capture.New(s.cfg, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.service.Run(ctx) }()
	synctest.Wait()
	return func() error {
		cancel()
		return <-done
	}
}

// account checks the promise: each slot of [from, to) has an account, and the
// store has none of what is no slot.
func (s *site) account(from, to time.Time) error {
	for slot := range s.schedule.Between(schedule.Capture, from, to) {
		if !s.store.Accounted(slot.At) {
			return fmt.Errorf("slot %v is not accounted for", slot.At)
		}
	}
	for _, m := range s.store.photos() {
		if m.Trigger == photo.Scheduled && s.schedule.Count(schedule.Capture, m.Slot, m.Slot.Add(1)) != 1 {
			return fmt.Errorf("photo %+v is of no slot", m)
		}
	}
	return nil
}

// once checks that the store was told of each slot of [from, to) once: no photo
// was taken again, none that was taken was missed.
func (s *site) once(from, to time.Time) error {
	for slot := range s.schedule.Between(schedule.Capture, from, to) {
		if n := s.store.told(slot.At); n != 1 {
			return fmt.Errorf("the store was told of slot %v %d times, want once", slot.At, n)
		}
	}
	return nil
}

// mustAccount checks both.
func (s *site) mustAccount(from, to time.Time) {
	s.tb.Helper()
	if err := errors.Join(s.account(from, to), s.once(from, to)); err != nil {
		s.tb.Error(err)
	}
}

// causes is how many slots were missed for each cause, by their accounts; of
// those in spans, as many as the spans say.
func (s *site) causes() map[photo.Cause]int {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	n := map[photo.Cause]int{}
	for _, a := range s.store.slots {
		if a.photos == 0 {
			n[a.cause]++
		}
	}
	for _, m := range s.store.spans {
		n[m.Cause] += m.Slots
	}
	return n
}

var errLens = errors.New("lens stuck")
