package schedule

import (
	"iter"
	"slices"
	"sort"
	"time"
)

// Block is one time block of a session, or a shot.
type Block struct {
	Kind    Kind
	Session string        // the session's name, or the shot's
	Event   string        // the event's name; empty in the weekly schedule, and for a shot
	Begin   time.Time     // the block's first instant, UTC
	End     time.Time     // its last, UTC
	Every   time.Duration // between slots; 0 for a shot
	Slots   int           // how many, without those in pauses; 0 where all are
	// The limits of an upload at each slot, and its choice, as in Slot.
	Photos int
	Bytes  int64
	Time   time.Duration
	Choice Choice
}

// Period is a named time: From <= t < To, UTC.
type Period struct {
	Name     string
	From, To time.Time
}

// Blocks is the blocks of the kind that begin from from on and before to, in
// order of their beginnings, and where these are equal in the order of listing,
// shots last. Blocks overlap as sessions do: the sum of their slots may be more
// than Count, which has equal instants once. A block whose slots all
// lie in pauses is listed with 0 slots; so is a shot in a pause.
func (s *Schedule) Blocks(kind Kind, from, to time.Time) iter.Seq[Block] {
	return func(yield func(Block) bool) {
		a, okFrom := instantOf(from)
		b, okTo := instantOf(to)
		if !okFrom || !okTo || a.compare(b) >= 0 {
			return
		}
		for p := range s.pieces(kind, a, b) {
			var blocks []Block
			for i := range p.spans {
				v := &p.spans[i]
				begin := instant{sec: v.begin}
				if begin.compare(p.from) >= 0 && begin.compare(p.to) < 0 {
					blocks = append(blocks, s.blockOf(kind, v))
				}
			}
			for _, v := range s.listedShots {
				if at, _ := instantOf(v.Begin); kind == Capture && at.compare(p.from) >= 0 && at.compare(p.to) < 0 {
					blocks = append(blocks, v)
				}
			}
			sort.SliceStable(blocks, func(i, j int) bool { return blocks[i].Begin.Unix() < blocks[j].Begin.Unix() })
			for _, v := range blocks {
				if !yield(v) {
					return
				}
			}
		}
	}
}

func (s *Schedule) blockOf(kind Kind, b *span) Block {
	r := b.rule
	slots := b.slotsBefore(b.over())
	for _, p := range s.pausesOf(kind) {
		slots -= b.slotsBefore(instant{sec: p.to}) - b.slotsBefore(instant{sec: p.from})
	}
	return Block{
		Kind:    kind,
		Session: r.name,
		Event:   r.event,
		Begin:   instant{sec: b.begin}.time(),
		End:     b.end.time(),
		Every:   time.Duration(r.every),
		Slots:   slots,
		Photos:  r.photos,
		Bytes:   r.bytes,
		Time:    r.time,
		Choice:  r.choice,
	}
}

// Events is the plan's events, as listed: each from the first instant of its
// first day to the first after its last day. One of days that the calendar
// skips is empty.
func (s *Schedule) Events() []Period { return slices.Clone(s.listedEvents) }

// Pauses is the plan's pauses, as listed. One that the clock skips is empty.
func (s *Schedule) Pauses() []Period { return slices.Clone(s.listedPauses) }

// Event is the first listed event that is active at the time given.
func (s *Schedule) Event(at time.Time) (Period, bool) { return find(s.listedEvents, at) }

// Pause is the first listed pause that is active at the time given.
func (s *Schedule) Pause(at time.Time) (Period, bool) { return find(s.listedPauses, at) }

func find(list []Period, at time.Time) (Period, bool) {
	for _, p := range list {
		if !at.Before(p.From) && at.Before(p.To) {
			return p, true
		}
	}
	return Period{}, false
}

// Day is the local calendar's day in which the time given lies: its first
// instant and that of the next, in UTC.
func (s *Schedule) Day(at time.Time) (begin, next time.Time) {
	day := localDay(s.zone, at.Unix())
	return beginning(s.zone, day), beginning(s.zone, day+1)
}

// Sun is when the sun rises and sets on the local calendar's day in which the
// time given lies, as the package comment defines them; false where the plan does
// not say where the site is, or for a time outside of the years 1 to 9999.
func (s *Schedule) Sun(at time.Time) (rise, set time.Time, ok bool) {
	t, ok := instantOf(at)
	if !ok || !s.placed {
		return time.Time{}, time.Time{}, false
	}
	day := localDay(s.zone, t.sec)
	w := s.wall(day)
	d := w.sun(day)
	return instant{sec: d.rise}.time(), instant{sec: d.set}.time(), true
}
