package capture

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"fieldcam/capture/photo"
)

const (
	// maxFirings bounds the shots whose pictures nothing is known of, in memory:
	// almost four days at the shortest interval of 5 s, 3 MB. The pictures of older
	// ones are matched with what the store says of the schedule.
	maxFirings = 1 << 16
	// The details of photo.NotFetched.
	detailOpen = "the shutter was released; the picture is not fetched yet"
	detailGone = "the shutter was released; the camera has no picture of it"
)

// firing is one release of the shutter.
type firing struct {
	slot    int64 // Unix nanoseconds; 0 for a manual photo
	session string
	at      int64         // by the wall clock, Unix nanoseconds
	mono    time.Duration // by package time, since the service was made
	synced  bool          // the wall clock was
	noted   bool          // the store has the slot, as not fetched
	gone    bool          // the camera had no picture of it when it was looked at
	over    bool          // its picture came, or nobody waits for it any more
}

func (f *firing) manual() bool { return f.slot == 0 }

func (f *firing) slotTime() time.Time { return time.Unix(0, f.slot).UTC() }

// firings are the shots whose pictures have not come, in their order. Its methods
// may be called from any goroutine.
type firings struct {
	mu   sync.Mutex
	open []*firing // guarded by mu, as are its elements' noted, gone and over
	// since is from when on all shots are in the list or have their picture.
	since time.Duration // guarded by mu; since the service was made
	// slots is how many of the list are of a slot and not gone, unwritten the first
	// that is of a slot and not noted; nil for none.
	slots     int     // guarded by mu
	unwritten *firing // guarded by mu
	// out tells that a shot is under way since, which is not in the list yet.
	out      bool          // guarded by mu
	outSince time.Duration // guarded by mu; since the service was made
}

// begin tells that a shot is under way, until end or add. It was begun at mono.
func (s *firings) begin(mono time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out, s.outSince = true, mono
}

// end tells that the shot that was under way is not to be in the list.
func (s *firings) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = false
}

// underWay tells whether a shot is under way at now, since the service was made; one
// that has been so for longer than bound has left its picture long ago, or leaves none.
func (s *firings) underWay(now, bound time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out && now-s.outSince <= bound
}

// add takes a shot. Where there are too many, the oldest quarter is forgotten, and
// returned where the store does not know of it.
func (s *firings) add(f *firing) (lost []*firing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxFirings {
		for _, f := range s.open[:maxFirings/4] {
			if !f.noted && !f.manual() {
				lost = append(lost, f)
			}
		}
		s.since = s.open[maxFirings/4].mono
		s.open = slices.Clone(s.open[maxFirings/4:])
		s.recount()
	}
	s.open, s.out = append(s.open, f), false
	s.countOne(f)
	return lost
}

// all is a copy of the list.
func (s *firings) all() []*firing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.open)
}

// known is from when on, since the service was made, every shot is in the list or
// has its picture.
func (s *firings) known() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since
}

// count is how many slots are open.
func (s *firings) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots
}

// unnoted are the shots of slots that the store does not have.
func (s *firings) unnoted() (list []*firing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.open {
		if !f.noted && !f.manual() {
			list = append(list, f)
		}
	}
	return list
}

// stale tells whether a slot of an earlier UTC day than now's is unnoted.
func (s *firings) stale(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.unwritten
	return first != nil && first.slotTime().Before(now) && !sameDay(first.slotTime(), now)
}

// note says that the store has the slots.
func (s *firings) note(list []*firing) {
	s.change(list, func(f *firing) { f.noted = true })
}

// miss says that the camera has no picture of the shots. Should one come after all,
// it is known whose it is.
func (s *firings) miss(list []*firing) {
	s.change(list, func(f *firing) { f.gone = true })
}

// wasMissed tells whether that has been said of the shot.
func (s *firings) wasMissed(f *firing) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f.gone
}

// close takes the shots off the list.
func (s *firings) close(list ...*firing) {
	s.change(list, func(f *firing) { f.over = true })
}

// change changes some shots of the list. Those that are over leave it.
func (s *firings) change(list []*firing, f func(*firing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range list {
		f(one)
	}
	s.open = slices.DeleteFunc(s.open, func(f *firing) bool { return f.over })
	s.recount()
}

// recount counts anew. s.mu is locked.
func (s *firings) recount() {
	s.slots, s.unwritten = 0, nil
	for _, f := range s.open {
		s.countOne(f)
	}
}

// countOne takes note of a shot that is in the list. s.mu is locked.
func (s *firings) countOne(f *firing) {
	if f.manual() {
		return
	}
	if !f.gone {
		s.slots++
	}
	if !f.noted && s.unwritten == nil {
		s.unwritten = f
	}
}

// note accounts for the open slots as not fetched, so that what the store is told
// afterwards does not leave them out. It is one transaction a day of slots.
func (s *Service) note() error {
	list := s.shots.unnoted()
	if len(list) == 0 {
		return nil
	}
	if err := s.missFirings(list, detailOpen); err != nil {
		return err
	}
	s.shots.note(list)
	return nil
}

// missFirings tells the store that the slots have no picture, a day at a time.
func (s *Service) missFirings(list []*firing, detail string) error {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *firing) int {
		return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.mono, b.mono))
	})
	list = slices.CompactFunc(list, func(a, b *firing) bool { return a.slot == b.slot })
	var day []photo.Miss
	growing := map[string]int{} // by session, its progression in day that may go on
	for _, f := range list {
		at := f.slotTime()
		if len(day) > 0 && !sameDay(day[0].From, at) {
			if err := s.o.Store.Miss(day...); err != nil {
				return err
			}
			day = nil
			clear(growing)
		}
		if n, ok := growing[f.session]; ok && goOn(&day[n], at) {
			continue
		}
		growing[f.session] = len(day)
		day = append(day, photo.Miss{From: at, To: at, Session: f.session, Slots: 1, Cause: photo.NotFetched, Detail: detail})
	}
	if len(day) == 0 {
		return nil
	}
	return s.o.Store.Miss(day...)
}
