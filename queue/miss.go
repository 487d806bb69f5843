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
		for _, m := range all {
			var err error
			if isSpan(m) {
				err = t.missSpan(m)
			} else {
				err = t.miss(m)
			}
			if err != nil {
				return err
			}
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

// miss accounts for single slots.
func (t txn) miss(m photo.Miss) error {
	// As a rule no other session knows any of them: then it is one change.
	known := false
	err := t.days(m.From, midnight(m.From).Add(1), func(_ time.Time, s string, d *ledgerDay) error {
		for slot := range slotsOf(m) {
			if _, ok := d.At(slot); ok && s != m.Session {
				known = true
				return errFound
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	if !known {
		return t.changeDay(m.Session, m.From, func(d *ledgerDay) bool {
			for slot := range slotsOf(m) {
				if !d.Miss(slot, m.Cause, m.Detail) {
					return false
				}
			}
			return true
		})
	}
	for slot := range slotsOf(m) {
		err := t.changeDay(m.Session, slot, func(d *ledgerDay) bool { return d.Miss(slot, m.Cause, m.Detail) })
		if err != nil {
			return err
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
