package capture

import (
	"context"
	"sync/atomic"
	"time"

	"fieldcam/capture/photo"
)

// fire is an attempt of a Deferred: the shutter, and nothing else.
func (l *loop) fire(ctx context.Context, shot photo.Shot, atCamera *atomic.Bool) outcome {
	out := outcome{
		mono: time.Since(l.made),
		meta: photo.Meta{Slot: shot.Slot, Session: shot.Session, Trigger: shot.Trigger, Taken: shot.Taken, ClockSynced: shot.ClockSynced},
	}
	atCamera.Store(true)
	l.shots.begin(out.mono)
	if err := l.o.Deferred.Fire(ctx); err != nil {
		l.shots.end()
		return outcome{cause: photo.CameraFault, err: err}
	}
	return out
}

// fired takes note of a shot whose picture is still on the camera. The store is
// told nothing: what it is told next has it before.
func (l *loop) fired(out outcome) {
	m := out.meta
	l.flush(true) // what came before, now that the shutter does not wait for it
	f := &firing{at: m.Taken.UnixNano(), mono: out.mono, synced: m.ClockSynced}
	if m.Trigger == photo.Scheduled {
		f.slot, f.session = m.Slot.UnixNano(), m.Session
	}
	if lost := l.shots.add(f); len(lost) > 0 {
		first, last := lost[0].slotTime(), lost[len(lost)-1].slotTime()
		if !last.Before(first) { // the clock may have stepped back between them
			l.ledger.insert(0, photo.Miss{From: first, To: last, Slots: len(lost), Cause: photo.NotFetched, Detail: detailOpen})
		}
	}
	l.update(func(s *State) {
		s.Failures, s.Bulk.Open = 0, l.shots.count()
		if !f.manual() {
			s.Bulk.Fired++
		}
	})
	l.o.Log.Debug().Time("slot", m.Slot).Str("session", m.Session).Dur("late", m.Taken.Sub(m.Slot)).Msg("shutter released")
	if l.track.noLedger && !l.begun && !f.manual() {
		// The ledger begins with this slot: a power cut must not undo that, for
		// before the first start nothing was due.
		err := l.note()
		l.begun = err == nil
		if err != nil {
			l.raise(photo.StoreFault, err, nil)
		}
	}
	l.recovered()
}
