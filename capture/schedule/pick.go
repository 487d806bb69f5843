package schedule

import "time"

// pick is the slot chosen so far among the sessions of a kind.
type pick struct {
	at    instant
	ends  instant
	first *rule // the session listed first; nil for a shot
	shot  string

	photos int
	bytes  int64
	time   time.Duration
	choice Choice
	ok     bool
}

// offer takes note of a slot of the block b at t, which replaces the pick where
// order, of t against the pick's instant, is negative, and joins it where it is
// 0.
func (p *pick) offer(b *span, t instant, order int) {
	r := b.rule
	switch {
	case !p.ok || order < 0:
		*p = pick{at: t, ends: b.end, first: r, photos: r.photos, bytes: r.bytes, time: r.time, choice: r.choice, ok: true}
	case order == 0:
		if r.order < p.first.order {
			p.first = r
		}
		p.ends = later(p.ends, b.end)
		p.photos = larger(p.photos, r.photos)
		p.bytes = larger(p.bytes, r.bytes)
		p.time = larger(p.time, r.time)
		if p.choice != r.choice {
			p.choice = Choice{}
		}
	}
}

// offerShot is offer for a shot, after all blocks: they are listed last.
func (p *pick) offerShot(s shot, order int) {
	if !p.ok || order < 0 {
		t := instant{sec: s.at}
		*p = pick{at: t, ends: t, shot: s.name, ok: true}
	}
}

// larger is the larger of two limits, of which 0 is none.
func larger[T int | int64 | time.Duration](a, b T) T {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

// slot is the Slot that the pick came to.
func (s *Schedule) slot(kind Kind, p *pick) (Slot, bool) {
	if !p.ok {
		return Slot{}, false
	}
	if next, ok := s.pauseAfter(kind, p.at.sec); ok && p.ends.sec >= next.from {
		p.ends = instant{next.from - 1, int64(time.Second) - 1}
	}
	slot := Slot{
		At:      p.at.time(),
		Kind:    kind,
		Session: p.shot,
		Ends:    p.ends.time(),
		Photos:  p.photos,
		Bytes:   p.bytes,
		Time:    p.time,
		Choice:  p.choice,
	}
	if p.first != nil {
		slot.Session, slot.Event = p.first.name, p.first.event
	}
	return slot, true
}
