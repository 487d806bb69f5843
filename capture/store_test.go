package capture_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

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
