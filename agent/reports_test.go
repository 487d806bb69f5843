package agent_test

import (
	"time"

	"fieldcam/agent/message"
	"fieldcam/agent/power"
)

// beatGap is a heartbeat's interval and its tenth of jitter, and the time of a
// message that another one delays.
func (w *world) beatGap() time.Duration { return gapOf(w.cfg.Heartbeat.Every) }

func gapOf(every time.Duration) time.Duration { return every + every/10 + 2*time.Second }

// promised is the interval that a heartbeat tells: the configured one, or that by
// which power is saved.
func (w *world) promised(payload []byte) time.Duration {
	w.Helper()
	h, err := message.ParseHeartbeat(payload)
	if err != nil {
		w.Fatal(err)
	}
	every, usual := time.Duration(h.EverySeconds)*time.Second, w.cfg.Heartbeat.Every
	if every != usual && (w.cfg.Power.Meter == power.MeterNone || every != usual*time.Duration(w.cfg.Power.SlowBy)) {
		w.Errorf("a heartbeat promises the next in %v, want %v", every, usual)
	}
	return every
}

// wantStatus wants the retained status to say that all is well.
func (w *world) wantStatus() {
	w.Helper()
	m, ok := w.cloud.broker.Retained(message.Topic(device, message.KindStatus))
	if !ok {
		w.Error("the broker retains no status")
		return
	}
	s, err := message.ParseStatus(m.Payload)
	if err != nil || s.Device != device {
		w.Errorf("retained status %s (%v), want one of %s", m.Payload, err, device)
	}
	if link, ok := w.cloud.broker.Retained(message.Topic(device, message.KindLink)); !ok {
		w.Error("the broker retains no link message")
	} else if l, err := message.ParseLink(link.Payload); err != nil || !l.Up {
		w.Errorf("retained link: %s (%v), want up true", link.Payload, err)
	}
}

// wantHeartbeats wants them on time whenever the broker could be reached.
func (w *world) wantHeartbeats() {
	w.Helper()
	beats := w.cloud.broker.On(message.Topic(device, message.KindHeartbeat))
	next := 0
	for _, p := range w.good {
		// The first comes with the link, which may take a spread to come back, or,
		// where that has lasted, at its time.
		last, bound := p.from, max(w.beatGap(), w.cfg.Maintenance.Spread+2*time.Second)
		check := func(at time.Time, every time.Duration) {
			if gap := at.Sub(last); gap > bound {
				w.Errorf("no heartbeat for %v from %v on, want one within %v (the broker was there from %v to %v)",
					gap, last, bound, p.from, p.to)
			}
			last, bound = at, gapOf(every)
		}
		for ; next < len(beats) && !beats[next].At.After(p.to); next++ {
			if p.holds(beats[next].At) {
				check(beats[next].At, w.promised(beats[next].Payload))
			}
		}
		check(p.to, 0)
	}
}

// wantEvents wants each event to be new, over all starts, and each clearing to
// follow its raising. What was sent and not written down before a power cut is sent
// again, and its number comes again with another event.
func (w *world) wantEvents() {
	w.Helper()
	type event struct {
		n    uint64
		at   message.Unix
		name string
	}
	raised, seen := map[string]bool{}, map[event]bool{}
	last, start := uint64(0), 0
	for _, m := range w.cloud.broker.On(message.Topic(device, message.KindCondition)) {
		c, err := message.ParseCondition(m.Payload)
		if err != nil {
			w.Fatal(err)
		}
		for start < len(w.starts) && !m.At.Before(w.starts[start]) { // another start
			last = 0 // numbers go on, but for those that a power cut took
			start++
		}
		if e := (event{c.N, c.At, c.Name}); seen[e] {
			continue // sent again: its acknowledgement was lost
		} else {
			seen[e] = true
		}
		if c.N < last {
			w.Errorf("event %d after event %d", c.N, last)
		}
		if c.Raised == raised[c.Name] && !c.Raised {
			w.Errorf("%s was cleared without having been raised", c.Name)
		}
		raised[c.Name], last = c.Raised, c.N
	}
}
