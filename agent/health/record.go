package health

import (
	"encoding/json"

	"fieldcam/agent/message"
)

// record of the file; one field is set.
type record struct {
	Event *Event     `json:"event,omitempty"`
	Held  *Condition `json:"held,omitempty"`
	// State is written behind all events: what is not Held after it does not hold.
	State *state `json:"state,omitempty"`
}

type state struct {
	// Seq is the number of the newest event.
	Seq uint64 `json:"seq"`
	// Through is the newest event of those that were all sent.
	Through uint64 `json:"through"`
	// Anew tells that the Held follow.
	Anew bool `json:"anew,omitempty"`
}

// load takes over one record; newest is the number of the newest event so far. It
// tells whether the record could be used.
func (r *Registry) load(b []byte, newest *uint64) bool {
	var rec record
	if json.Unmarshal(b, &rec) != nil {
		return false
	}
	switch {
	case rec.Event != nil:
		e := *rec.Event
		if e.Seq == 0 || e.Seq > message.MaxCount || e.Repeats < 0 || !fits(e.Condition) {
			return false
		}
		if e.Seq <= *newest { // written twice: the first time looked like a failure
			return true
		}
		*newest, r.seq = e.Seq, max(r.seq, e.Seq)
		r.events = append(r.events, noted{Event: e})
		r.bound()
		delete(r.active, e.Name)
		if e.Raised {
			r.active[e.Name] = held{Condition: e.Condition}
		}
	case rec.Held != nil:
		if !fits(*rec.Held) {
			return false
		}
		r.active[rec.Held.Name] = held{Condition: *rec.Held}
	case rec.State != nil:
		if rec.State.Seq > message.MaxCount || rec.State.Through > rec.State.Seq {
			return false
		}
		r.seq = max(r.seq, rec.State.Seq)
		for len(r.events) > 0 && r.events[0].Seq <= rec.State.Through {
			r.events = r.events[1:]
		}
		if rec.State.Anew {
			clear(r.active)
		}
	default:
		return false
	}
	return true
}

// fits tells whether the wire would take the condition.
func fits(c Condition) bool {
	_, err := message.Condition{Active: message.Active{Name: string(c.Name), Severity: c.Severity, Text: c.Text}}.Marshal()
	return err == nil
}
