package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fieldcam/agent/message"
)

// State says in one word how a system is.
type State string

// The states.
const (
	// Fresh: registered, and never heard of.
	Fresh State = "new"
	// OK: heard, and nothing is wrong.
	OK State = "ok"
	// Waiting: the hub has started and not yet heard this system, whose heartbeats
	// may be a day apart.
	Waiting State = "waiting"
	// Warning: something is wrong, or the connection is lost; still capturing, as
	// far as is known.
	Warning State = "warning"
	// Critical: has stopped or soon will stop capturing, saving or uploading.
	Critical State = "critical"
	// Maintenance: silent in a maintenance window, or before it has returned from it.
	Maintenance State = "in maintenance"
	// Unavailable: three heartbeats missed in a row.
	Unavailable State = "unavailable"
)

// rank orders states: what needs somebody first is the highest.
func (s State) rank() int {
	switch s {
	case Unavailable:
		return 3
	case Critical:
		return 2
	case Warning:
		return 1
	}
	return 0
}

// Trouble tells whether somebody should look.
func (s State) Trouble() bool { return s.rank() > 0 }

// System is how one system is now.
type System struct {
	Name  string
	State State
	// Why explains the state in a sentence; empty where nothing is wrong, and
	// where Conditions says all.
	Why string
	// Heard is when the device last said anything: by the hub's clock, or after
	// a restart of the hub by the device's. Zero: never.
	Heard time.Time
	// Every is the interval of its heartbeats; 0 where none came yet.
	Every time.Duration
	// Status is the device's last; nil where none came yet.
	Status *message.Status
	// Conditions lists what is wrong, worst first.
	Conditions []message.Active
	// Past is what it told of its past, by its own time, the newest first.
	Past []Past
}

// view is s at this moment. The caller holds f's lock.
func (s *system) view(name string, f *Fleet) System {
	v := System{Name: name, Status: s.status, Heard: s.heard, Past: s.history()}
	if s.beats {
		v.Every = s.every()
	}
	if told := s.told.Time(); v.Heard.IsZero() && told.Before(time.Now()) { // else that clock is wrong
		v.Heard = told
	}
	for _, a := range s.actives {
		v.Conditions = append(v.Conditions, a)
	}
	slices.SortFunc(v.Conditions, func(a, b message.Active) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), strings.Compare(a.Name, b.Name))
	})
	v.State, v.Why = s.state(v.Conditions, name, f)
	return v
}

func (s *system) state(conditions []message.Active, name string, f *Fleet) (State, string) {
	if s.heard.IsZero() && s.status == nil && s.link == nil {
		return Fresh, "Not heard of yet."
	}
	down := s.link != nil && !s.link.Up && !s.linkAt.Before(s.heard)
	now, allowance := time.Now(), Allowance(s.every())
	since := s.heard
	if since.Before(f.started) {
		since = f.started
	}
	from, ends, returned, ok := f.away(name, now)
	away := false
	if ok && since.Add(allowance).After(from) { // else it was unavailable before
		away = now.Before(returned) && (down || now.Sub(since) > allowance)
		if !now.Before(returned) && since.Before(returned) {
			since = returned
		}
	}
	if !away && now.Sub(since) > allowance {
		return Unavailable, "Three heartbeats missed in a row. A broken Internet link at the site looks the same: " +
			"the camera may still be taking photos."
	}
	worst := 0
	if len(conditions) > 0 {
		worst = conditions[0].Severity.Rank()
	}
	switch {
	case worst == message.Critical.Rank():
		return Critical, ""
	case away:
		return Maintenance, "Silent, as it may be in the maintenance window until " + ends.UTC().Format("15:04 UTC on 2 January") +
			" and for up to " + strings.TrimSuffix(returned.Sub(ends).String(), "0s") + " after it. Due photos are taken all the same, and come later."
	case down:
		return Warning, "The connection was lost. It becomes unavailable after three missed heartbeats."
	case worst == message.Warning.Rank():
		return Warning, ""
	case s.heard.IsZero():
		return Waiting, "Not heard since the hub's start; the next heartbeat is awaited."
	}
	return OK, ""
}
