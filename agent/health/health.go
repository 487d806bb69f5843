// Package health keeps what is wrong with the device: conditions that are raised
// and cleared, and the events that tell the cloud of each change.
//
// Promises:
//   - Raising what is raised already changes no more than its text and last
//     time: no event, no log line. So a retry may raise each time.
//   - Each change is one log line and one event, with its own time, kept in
//     order until Sent, however long the device is offline.
//   - With a file (Open, and Run), events outlive a restart: each is on the card
//     soon after the change, with its number, and numbers go on. A condition
//     that was raised before the restart holds until somebody clears it, which
//     is an event as any other, or until nobody has spoken of it for LapseAfter.
//   - Events are bounded: beyond MaxEvents the oldest repeats of the condition
//     that flaps most are joined into one event, which counts them. What is
//     active now is never dropped.
//   - Times of an unset clock are put right as soon as the clock is synced, if
//     that is in the same run; else they are marked.
//   - No method waits. A card that is full, or damaged, costs no more than what
//     could not be kept on it, and is said once in the log.
//
// Out of scope: sending (agent/heartbeat).
package health

import (
	"cmp"
	"sort"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal"
)

// Condition is something that is wrong now.
type Condition struct {
	Name     Name      `json:"name"`
	Severity Severity  `json:"severity"`
	Text     string    `json:"text,omitempty"` // for people; the latest
	First    time.Time `json:"first"`          // when it was raised, UTC
	Last     time.Time `json:"last"`           // when it was raised again the last time, UTC
}

// held is a condition that is active.
type held struct {
	Condition
	// first and last are First and Last by package time, where they are of this run.
	first, last time.Time
	unset       bool // First is of this run's unset clock, to be put right
	inherited   bool // from before this start, and nobody has spoken of it since
}

// Registry holds the conditions. Its methods may be called from any goroutine.
type Registry struct {
	clock hal.Clock
	log   zerolog.Logger
	keep  *keeper // nil: in memory only; Run's

	mu      sync.Mutex // guards all below
	active  map[Name]held
	events  []noted // unsent, ascending
	seq     uint64
	dropped int
	unset   bool          // some of the times are to be put right
	unkept  []noted       // changes that are not in the file yet
	whole   bool          // the file must be written anew
	acked   time.Time     // since when the file does not know what was sent, by package time; zero: it does
	changed chan struct{} // closed at the next change
}

// New makes a Registry in which nothing is wrong, and that keeps nothing over a
// restart.
func New(clock hal.Clock, log zerolog.Logger) *Registry {
	return &Registry{clock: clock, log: log, active: map[Name]held{}, changed: make(chan struct{})}
}

// Raise says that the condition holds. A condition that holds already gets the
// text and a new last time; only another severity is a change.
func (r *Registry) Raise(name Name, severity Severity, text string) {
	now, unset := r.clock.Now(), !r.clock.Synced()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putRight()
	c, known := r.active[name]
	same := known && c.Severity == severity
	if !known {
		c = held{Condition: Condition{Name: name, First: now}, first: time.Now(), unset: unset}
	}
	c.Severity, c.Text, c.Last, c.last, c.inherited = severity, text, now, time.Now(), false
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
	r.record(Event{At: now, Raised: true, Unsynced: unset, Condition: c.Condition}, c.unset)
}

// Clear says that the condition does not hold. Clearing what is not raised does
// nothing.
func (r *Registry) Clear(name Name) {
	if !r.holds(name) { // as mostly: many look for what is wrong, and find nothing
		return
	}
	now, unset := r.clock.Now(), !r.clock.Synced()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putRight()
	r.clear(name, now, unset)
}

func (r *Registry) holds(name Name) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.active[name]
	return known
}

// clear is Clear. mu is held.
func (r *Registry) clear(name Name, now time.Time, unset bool) {
	c, known := r.active[name]
	if !known {
		return
	}
	delete(r.active, name)
	r.log.Info().Str("condition", string(name)).Time("since", c.First).Msg("condition cleared")
	r.record(Event{At: now, Unsynced: unset, Condition: c.Condition}, c.unset)
}

// Active lists what is wrong now: the worst first, then the oldest.
func (r *Registry) Active() []Condition {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putRight()
	all := make([]Condition, 0, len(r.active))
	for _, c := range r.active {
		all = append(all, c.Condition)
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), a.First.Compare(b.First), cmp.Compare(a.Name, b.Name)) < 0
	})
	return all
}

// Changed is closed at the next change after this call: ask for it before
// looking at the conditions, then no change is missed.
func (r *Registry) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}
