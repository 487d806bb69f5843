package queue

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"fieldcam/capture/photo"
)

// Miss accounts for slots without a photo: all that are given, or none. It is
// durable on return. A photo of a slot stands above a Miss, a failure that was
// seen above a gap; among equals the newest stands. A span (see photo.Miss) stands
// below all that is known of single slots.
func (q *Queue) Miss(all ...photo.Miss) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	for _, m := range all {
		if err := checkMiss(m); err != nil {
			return fmt.Errorf("record miss: %w", err)
		}
	}
	err := q.update(StepIndexMiss, func(t txn) error {
		for rest := all; len(rest) > 0; {
			n := together(rest)
			var err error
			if isSpan(rest[0]) {
				err = t.missSpan(rest[0])
			} else {
				err = t.miss(rest[:n])
			}
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record miss: %w", err)
	}
	return nil
}

// isSpan tells whether m's slots are too many to list.
func isSpan(m photo.Miss) bool { return m.From.Before(m.To) && m.Every == 0 }

func checkMiss(m photo.Miss) error {
	for _, end := range []time.Time{m.From, m.To} {
		if err := checkSlot(end); err != nil {
			return err
		}
	}
	switch {
	case m.Slots < 1 || m.To.Before(m.From) || m.Cause == "":
		return fmt.Errorf("%d slots from %s to %s, cause %q: no slot, no cause or ends reversed", m.Slots, m.From, m.To, m.Cause)
	case m.Every < 0 || m.Every == 0 && m.Slots > 1 && !isSpan(m),
		m.Every > 0 && !m.From.Add(time.Duration(m.Slots-1)*m.Every).Equal(m.To):
		return fmt.Errorf("%d slots from %s to %s, every %s: they don't fit", m.Slots, m.From, m.To, m.Every)
	case !isSpan(m) && !midnight(m.From).Equal(midnight(m.To)):
		return fmt.Errorf("slots from %s to %s: want one UTC day", m.From, m.To)
	}
	return nil
}

// together is how many of the first misses are single slots of one day and
// session, so that its day is read and written once for all of them; 1 for a span.
func together(all []photo.Miss) int {
	first := all[0]
	n := 1
	for !isSpan(first) && n < len(all) && !isSpan(all[n]) && all[n].Session == first.Session && midnight(all[n].From).Equal(midnight(first.From)) {
		n++
	}
	return n
}

// miss accounts for single slots of one day and session.
func (t txn) miss(all []photo.Miss) error {
	from, session := all[0].From, all[0].Session
	// As a rule no other session knows any of them: then it is one change.
	known := false
	err := t.days(from, midnight(from).Add(1), func(_ time.Time, s string, d *ledgerDay) error {
		if s == session {
			return nil
		}
		for _, m := range all {
			for slot := range slotsOf(m) {
				if _, ok := d.At(slot); ok {
					known = true
					return errFound
				}
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	if !known {
		return t.changeDay(session, from, func(d *ledgerDay) bool {
			for _, m := range all {
				for slot := range slotsOf(m) {
					if !d.Miss(slot, m.Cause, m.Detail) {
						return false
					}
				}
			}
			return true
		})
	}
	for _, m := range all {
		for slot := range slotsOf(m) {
			err := t.changeDay(session, slot, func(d *ledgerDay) bool { return d.Miss(slot, m.Cause, m.Detail) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// slotsOf lists the slots of a Miss that is no span.
func slotsOf(m photo.Miss) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for n := range m.Slots {
			if !yield(m.From.Add(time.Duration(n) * m.Every)) {
				return
			}
		}
	}
}
