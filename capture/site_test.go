package capture_test

import (
	"context"
	"errors"
	"fmt"
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
