// Package health keeps what is wrong with the device: conditions that are raised
// and cleared, and the events that tell the cloud of each change.
//
// Promises:
//   - Raising what is raised already changes no more than its text and last
//     time: no event, no log line. So a retry may raise each time.
//   - Each change is one log line and one event, with its own time, kept in
//     order until Sent, however long the device is offline.
//   - Events are bounded: beyond MaxEvents the oldest of the least severity goes
//     first, and is counted. What is active now is never dropped.
//   - No method waits.
//
// Out of scope: sending (agent/heartbeat), and keeping events over a restart:
// then what still is wrong is raised anew.
package health

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal"
)

// MaxEvents bounds the events that wait to be sent: at some 300 bytes each less
// than 100 KB, and more than a device makes in months of outage unless a
// condition flaps.
const MaxEvents = 256

// Condition is something that is wrong now.
type Condition struct {
	Name     Name
	Severity Severity
	Text     string    // for people; the latest
	First    time.Time // when it was raised, UTC
	Last     time.Time // when it was raised again the last time, UTC
}

// Event is one change of a condition.
type Event struct {
	// Seq counts events from 1 since New.
	Seq uint64
	// At is the wall time of the change, UTC.
	At time.Time
	// Raised is false where the condition was cleared.
	Raised bool
	// Condition is as it was right after a raise, or right before a clear.
	Condition
}

// Registry holds the conditions. Its methods may be called from any goroutine.
type Registry struct {
	clock hal.Clock
	log   zerolog.Logger

	mu      sync.Mutex // guards all below
	active  map[Name]Condition
	events  []Event // unsent, ascending
	seq     uint64
	dropped int
	changed chan struct{} // closed at the next change
}

// New makes a Registry in which nothing is wrong.
func New(clock hal.Clock, log zerolog.Logger) *Registry {
	return &Registry{clock: clock, log: log, active: map[Name]Condition{}, changed: make(chan struct{})}
}

// Raise says that the condition holds. A condition that holds already gets the
// text and a new last time; only another severity is a change.
func (r *Registry) Raise(name Name, severity Severity, text string) {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	c, held := r.active[name]
	same := held && c.Severity == severity
	if !held {
		c = Condition{Name: name, First: now}
	}
	c.Severity, c.Text, c.Last = severity, text, now
	r.active[name] = c
	if same {
		return
	}
	level := zerolog.WarnLevel
	switch severity {
	case Critical:
		level = zerolog.ErrorLevel
	case Info:
		level = zerolog.InfoLevel
	}
	r.log.WithLevel(level).Str("condition", string(name)).Str("severity", string(severity)).Str("text", text).Msg("condition raised")
	r.record(Event{At: now, Raised: true, Condition: c})
}

// Clear says that the condition does not hold. Clearing what is not raised does
// nothing.
func (r *Registry) Clear(name Name) {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	c, held := r.active[name]
	if !held {
		return
	}
	delete(r.active, name)
	r.log.Info().Str("condition", string(name)).Time("since", c.First).Msg("condition cleared")
	r.record(Event{At: now, Condition: c})
}

// record keeps an event and wakes those who wait. mu is held.
func (r *Registry) record(e Event) {
	r.seq++
	e.Seq = r.seq
	r.events = append(r.events, e)
	if len(r.events) > MaxEvents {
		least := slices.MinFunc(r.events, func(a, b Event) int { // the first of equals: the oldest
			return cmp.Compare(a.Severity.Rank(), b.Severity.Rank())
		})
		r.remove(least.Seq)
		r.dropped++
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// remove takes the event out of the list. mu is held.
func (r *Registry) remove(seq uint64) {
	r.events = slices.DeleteFunc(r.events, func(e Event) bool { return e.Seq == seq })
}

// Active lists what is wrong now: the worst first, then the oldest.
func (r *Registry) Active() []Condition {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Condition, 0, len(r.active))
	for _, c := range r.active {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), a.First.Compare(b.First), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// Unsent is the oldest event that is not Sent; false where there is none.
func (r *Registry) Unsent() (Event, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		return Event{}, false
	}
	return r.events[0], true
}

// Sent says that the cloud has the event with that number: it is forgotten. An
// unknown number does nothing.
func (r *Registry) Sent(seq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(seq)
}

// Dropped counts the events that had to make room before they were sent.
func (r *Registry) Dropped() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// Changed is closed at the next change after this call: ask for it before
// looking at the conditions, then no change is missed.
func (r *Registry) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}
