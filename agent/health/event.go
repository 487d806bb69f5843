package health

import (
	"cmp"
	"slices"
	"time"
)

// MaxEvents bounds the events that wait to be sent: at some 300 bytes each less
// than 400 KB, and more than a device makes in months of outage unless a
// condition flaps.
const MaxEvents = 1000

// Event is one change of a condition.
type Event struct {
	// Seq counts events from 1, over restarts where the Registry has a file.
	Seq uint64 `json:"seq"`
	// At is the wall time of the change, UTC.
	At time.Time `json:"at"`
	// Unsynced tells that no source vouched for the clock at that time, and that
	// it is not known by how much it was wrong.
	Unsynced bool `json:"unsynced,omitempty"`
	// Raised is false where the condition was cleared.
	Raised bool `json:"raised,omitempty"`
	// Repeats counts the later events of the same condition that were joined into
	// this one, for want of room: it came and went more often.
	Repeats int `json:"repeats,omitempty"`
	// Condition is as it was right after a raise, or right before a clear.
	Condition
}

// noted is an event with what puts its times right.
type noted struct {
	Event
	noted time.Time // when, by package time; zero: before this start
	first bool      // First, too, is of this run's unset clock
}

// record keeps an event and wakes those who wait; first tells that the
// condition's First is of this run's unset clock. mu is held.
func (r *Registry) record(e Event, first bool) {
	r.seq++
	e.Seq = r.seq
	n := noted{Event: e, noted: time.Now(), first: first}
	r.events = append(r.events, n)
	r.unset = r.unset || e.Unsynced || first
	if r.keep != nil {
		r.unkept = append(r.unkept, n)
		if len(r.unkept) > MaxEvents { // the card takes none: once it does, it gets all at once
			r.unkept, r.whole = nil, true
		}
	}
	r.bound()
	close(r.changed)
	r.changed = make(chan struct{})
}

// bound makes room where there are too many events. mu is held.
func (r *Registry) bound() {
	for len(r.events) > MaxEvents {
		if r.join() {
			continue
		}
		least := slices.MinFunc(r.events, func(a, b noted) int { // the first of equals: the oldest
			return cmp.Compare(a.Severity.Rank(), b.Severity.Rank())
		})
		r.remove(least.Seq)
		r.dropped++
	}
}

// joinPart is which part of a condition's events become one at a time: the more
// there are, the less each says.
const joinPart = 8

// join joins the oldest events of the condition that has most of them into the
// first of them: it came, went, came again. It tells whether there was such a
// condition. mu is held.
func (r *Registry) join() bool {
	count := map[Name]int{}
	most := Name("")
	for _, e := range r.events {
		count[e.Name]++
		if n := count[e.Name]; n > count[most] || n == count[most] && e.Name < most {
			most = e.Name
		}
	}
	joined := max(2, count[most]/joinPart&^1) // even: what was raised stays raised
	if count[most] < joined+2 {               // the last must stay as it is
		return false
	}
	first, seen := -1, 0
	kept := r.events[:0]
	for _, e := range r.events {
		if e.Name != most || seen > joined {
			kept = append(kept, e)
			continue
		}
		if seen++; first < 0 {
			first = len(kept)
			kept = append(kept, e)
			continue
		}
		kept[first].Repeats += 1 + e.Repeats
	}
	r.events = kept
	r.dropped += joined
	return true
}

// remove takes the event out of the list. mu is held.
func (r *Registry) remove(seq uint64) {
	r.events = slices.DeleteFunc(r.events, func(e noted) bool { return e.Seq == seq })
}

// Unsent is the oldest event that is not Sent; false where there is none.
func (r *Registry) Unsent() (Event, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putRight()
	if len(r.events) == 0 {
		return Event{}, false
	}
	return r.events[0].Event, true
}

// Sent says that the cloud has the event with that number: it is forgotten. An
// unknown number does nothing. The file is told at leisure: after a power cut
// some events may be sent again, with the same number and time.
func (r *Registry) Sent(seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.events)
	r.remove(seq)
	if r.keep != nil && len(r.events) < before && r.acked.IsZero() {
		r.acked = time.Now()
		r.keep.wake()
	}
}

// Dropped counts the events since the start that had to make room before they
// were sent, joined ones among them.
func (r *Registry) Dropped() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// putRight moves the times that an unset clock showed in this run to what they
// were, once the clock is synced. mu is held.
func (r *Registry) putRight() {
	if !r.unset || !r.clock.Synced() {
		return
	}
	r.unset = false
	now := r.clock.Now()
	for i := range r.events {
		e := &r.events[i]
		if e.noted.IsZero() || !e.Unsynced {
			continue
		}
		off := now.Add(-time.Since(e.noted)).Sub(e.At)
		e.At, e.Last, e.Unsynced = e.At.Add(off), e.Last.Add(off), false
		if e.first {
			e.First = e.First.Add(off)
		}
	}
	for name, c := range r.active {
		if !c.unset {
			continue
		}
		c.unset = false
		c.First, c.Last = now.Add(-time.Since(c.first)), now.Add(-time.Since(c.last))
		r.active[name] = c
	}
	r.whole = r.keep != nil
}
