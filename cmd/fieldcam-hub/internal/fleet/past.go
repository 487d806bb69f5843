package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fieldcam/agent/message"
)

const (
	// maxPast is how many entries of a system's past are kept, those that came
	// last: some 15 KB.
	maxPast = 50
	// lateAfter is how long after it happened something was told late.
	lateAfter = 5 * time.Minute
)

// Past is something that a device told of, with its own time.
type Past struct {
	// At is when it happened, by the device's clock.
	At time.Time
	// Unsynced tells that nobody vouched for that clock then.
	Unsynced bool
	// Heard is when the hub heard of it.
	Heard time.Time
	// What is "raised", "cleared" or "check-in".
	What string
	// Name is the condition's, Severity its; empty for a check-in.
	Name     string
	Severity message.Severity
	// Text is for people.
	Text string
	// Repeats counts the later events that were joined into this one.
	Repeats int64

	number uint64
}

// Late tells whether it was told some time after it happened.
func (p Past) Late() bool { return p.Heard.Sub(p.At) > lateAfter }

// pastEvent is what an event tells.
func pastEvent(m message.Condition) Past {
	p := Past{At: m.At.Time(), Unsynced: m.Unsynced, What: "cleared", Name: m.Name, Severity: m.Severity, Text: m.Text, Repeats: m.Repeats, number: m.N}
	if m.Raised {
		p.What = "raised"
	}
	return p
}

// pastStatus is what a status tells that came later than it was due.
func pastStatus(m message.Status) Past {
	var wrong []string
	for _, c := range m.Conditions {
		wrong = append(wrong, c.Name)
	}
	text := fmt.Sprintf("%d waiting", m.Queue.Waiting)
	if len(wrong) > 0 {
		text += "; " + strings.Join(wrong, ", ")
	}
	return Past{At: m.At.Time(), Unsynced: !m.ClockSynced, What: "check-in", Text: text, number: m.N}
}

// remember keeps p, unless it was told before. The caller holds the fleet's lock.
func (s *system) remember(p Past) {
	p.Heard = time.Now()
	for _, q := range s.past {
		if q.number == p.number && q.At.Equal(p.At) && q.What == p.What && q.Name == p.Name {
			return // sent again
		}
	}
	s.past = append(s.past, p)
	s.past = s.past[max(0, len(s.past)-maxPast):]
}

// history is the past, the newest first.
func (s *system) history() []Past {
	all := slices.Clone(s.past)
	slices.SortStableFunc(all, func(a, b Past) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.number, a.number)) })
	return all
}
