package capture

import "fieldcam/capture/photo"

// raise tells of a problem, with the slots that it cost, or nil. It logs one
// only where it is new.
func (l *loop) raise(cause photo.Cause, err error, m *photo.Miss) {
	if !l.raised[cause] {
		l.raised[cause] = true
		event := l.o.Log.Warn().Str("cause", string(cause)).Err(err)
		if m != nil {
			event = event.Time("from", m.From).Time("to", m.To).Int("slots", m.Slots)
		}
		event.Msg("photos are missed")
	}
	if l.o.Problem != nil {
		l.o.Problem(cause, err)
	}
}

// recovered tells that all problems are over, but for one that is not.
func (l *loop) recovered() {
	for cause := range l.raised {
		if cause == photo.StoreFault && l.ledger.unwritten() > 0 {
			continue
		}
		delete(l.raised, cause)
		l.o.Log.Info().Str("cause", string(cause)).Msg("photos are taken again")
		if l.o.Problem != nil {
			l.o.Problem(cause, nil)
		}
	}
}
