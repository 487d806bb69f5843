// Package fleet knows how each system is, from what devices say over MQTT.
//
// Promises: a system is unavailable after three heartbeats missed in a row, by
// this machine's own steady clock, whatever clocks say elsewhere, but in a
// maintenance window, and until the fleet has returned, it is in maintenance; what
// comes late never takes the place of what is newer; after a restart
// of the hub its state is what the broker's retained messages tell, and silence
// counts from that start. Nothing is kept on the disk, the interval of a
// system's heartbeats neither: until the first one tells it, the longest that may
// be is allowed for, since a false alarm for every slow system at each restart
// would teach people to look away. What one system can take of the memory is
// bounded.
//
// Out of scope: photos (archive), and who may speak (the broker).
package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
)

const (
	// missed heartbeats in a row make a system unavailable (product.md).
	missed = 3
	// slackPart of an interval is added to each: a device waits up to a tenth
	// longer (message.Heartbeat), and the network has its own delays.
	slackPart = 10
	// slackLeast is added at the end, for short intervals: a mobile link that
	// wakes up takes seconds.
	slackLeast = 2 * time.Second
	// longestEvery is the longest interval that message.Heartbeat allows.
	longestEvery = 24 * time.Hour
)

// Fleet holds the state. Its methods may be called at once from several
// goroutines.
type Fleet struct {
	started time.Time
	away    func(name string, at time.Time) (from, ends, returned time.Time, ok bool)

	mu      sync.Mutex // guards what follows
	systems map[string]*system
	linked  bool
}

// system is what is known of one. Instants here are of the hub's clock and carry
// its monotonic reading; those in messages are of the device's.
type system struct {
	heard   time.Time // the last message that the device sent just then; zero: none yet
	beat    message.Heartbeat
	beats   bool // a heartbeat came since the hub's start
	status  *message.Status
	link    *message.Link
	linkAt  time.Time
	actives map[string]message.Active
	told    message.Unix // the newest time at which the device spoke, by its own clock
	past    []Past       // what it told of, the newest to arrive last
}

// Options are a Fleet's surroundings.
type Options struct {
	// Away tells of the last maintenance window in which the system may have been
	// silent with nothing wrong: when it began, when it ended or will, and when the
	// last system has returned. nil: there are none.
	Away func(name string, at time.Time) (from, ends, returned time.Time, ok bool)
}

// New makes an empty fleet; silence counts from now.
func New(o Options) *Fleet {
	f := &Fleet{started: time.Now(), away: o.Away, systems: map[string]*system{}}
	if f.away == nil {
		f.away = func(string, time.Time) (from, ends, returned time.Time, ok bool) { return }
	}
	return f
}

// Expect makes a system known before it says anything: one that is registered,
// or that has photos. name must be a device's name.
func (f *Fleet) Expect(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.system(name)
}

// Forget drops a system that is expected no more and connected no more.
func (f *Fleet) Forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.systems, name)
}

// Link notes whether the hub itself is connected to the broker.
func (f *Fleet) Link(up bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.linked = up
}

// Handle takes one message. An error says why the message was not used.
func (f *Fleet) Handle(topic string, payload []byte, retained bool) error {
	name, kind, err := message.ParseTopic(topic)
	if err != nil {
		return err
	}
	if len(payload) == 0 {
		return nil // a retained message was removed
	}
	switch kind {
	case message.KindHeartbeat:
		m, err := message.ParseHeartbeat(payload)
		if err != nil {
			return err
		}
		f.update(name, retained, m.At, func(s *system) { s.beat, s.beats = m, true })
	case message.KindStatus:
		m, err := message.ParseStatus(payload)
		if err != nil {
			return err
		}
		if m.Device != name {
			return fmt.Errorf("status of %s in the name of %s", name, m.Device)
		}
		f.update(name, retained, m.At, func(s *system) {
			if m.Late { // it was true then
				s.remember(pastStatus(m))
				return
			}
			if retained && s.status != nil && m.At <= s.status.At {
				return // sent again: conditions may have changed since
			}
			s.status = &m
			s.actives = map[string]message.Active{}
			for _, a := range m.Conditions {
				s.actives[a.Name] = a
			}
		})
	case message.KindCondition:
		m, err := message.ParseCondition(payload)
		if err != nil {
			return err
		}
		f.update(name, retained, m.At, func(s *system) {
			s.remember(pastEvent(m))
			s.condition(m)
		})
	case message.KindLink:
		m, err := message.ParseLink(payload)
		if err != nil {
			return err
		}
		// The broker itself sends the will: it is no sign of life.
		f.update(name, retained || !m.Up, m.At, func(s *system) { s.link, s.linkAt = &m, time.Now() })
	case message.KindLedger: // package accounts keeps it
		m, err := message.ParseLedger(payload)
		if err != nil {
			return err
		}
		f.update(name, retained, m.At, func(*system) {})
	}
	return nil
}

// update applies change. A retained message is no sign of life.
func (f *Fleet) update(name string, retained bool, at message.Unix, change func(*system)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.system(name)
	change(s)
	if !retained {
		s.heard = time.Now()
	}
	s.told = max(s.told, at)
}

// system gives the state of name. The caller holds mu.
func (f *Fleet) system(name string) *system {
	s := f.systems[name]
	if s == nil {
		s = &system{actives: map[string]message.Active{}}
		f.systems[name] = s
	}
	return s
}

// condition applies an event, unless the status that the device sent later
// already says what became of it. A name beyond message.MaxConditions is dropped:
// a status could not tell of it either.
func (s *system) condition(m message.Condition) {
	if s.status != nil && m.At < s.status.At {
		return
	}
	_, known := s.actives[m.Name]
	switch {
	case !m.Raised:
		delete(s.actives, m.Name)
	case known || len(s.actives) < message.MaxConditions:
		s.actives[m.Name] = m.Active
	}
}

// Linked tells whether the hub hears its broker.
func (f *Fleet) Linked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.linked
}

// Systems lists all systems: the ones in trouble first, then by name.
func (f *Fleet) Systems() []System {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []System
	for _, name := range slices.Sorted(maps.Keys(f.systems)) {
		all = append(all, f.systems[name].view(name, f))
	}
	slices.SortStableFunc(all, func(a, b System) int { return cmp.Compare(b.State.rank(), a.State.rank()) })
	return all
}

// System is one system's state; false where it is not known.
func (f *Fleet) System(name string) (System, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.systems[name]
	if !ok || photo.CheckDevice(name) != nil {
		return System{}, false
	}
	return s.view(name, f), true
}

// every is the interval at which a heartbeat is due, as far as is known.
func (s *system) every() time.Duration {
	if s.beats {
		return time.Duration(s.beat.EverySeconds) * time.Second
	}
	return longestEvery
}

// Allowance is the silence after which a system is unavailable, for heartbeats
// at the interval every.
func Allowance(every time.Duration) time.Duration {
	return missed*(every+every/slackPart) + slackLeast
}
