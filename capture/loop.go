package capture

import (
	"context"
	"errors"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

const (
	// maxSleep is how late a step of the clock may be noticed that nobody tells of,
	// and how long before a slot the clock is looked at again: it may be slewed.
	maxSleep = 10 * time.Second
	// toldSleep is how long the loop sleeps where it is told of steps.
	toldSleep = 30 * time.Second
	// pausedWait is how long slots that were left out, as those of a pause, wait for
	// more of them, so that a day of it is not thousands of transactions. A power cut
	// loses nothing: they are reported by the next start.
	pausedWait = 10 * time.Minute
	// manualRoom is the time before the next slot that a manual photo needs in
	// order to be begun.
	manualRoom = 2 * time.Second
	// stopGrace is how long Run waits for the camera, after cancelGrace: the
	// daemon has 5 s to stop in all.
	stopGrace = 2500 * time.Millisecond
)

// maxSlot is the latest slot that can be accounted for: Unix nanoseconds hold it.
var maxSlot = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)

// loop is one Run: everything here belongs to its one goroutine.
type loop struct {
	*Service
	ledger ledger
	track  track
	// flight is the attempt that did not come back in time; nil for none.
	flight *flight
	// worked: the camera has been asked for a photo since the last turn.
	worked bool
	// raised holds the causes that Problem was told of and that no photo has
	// cleared since.
	raised map[photo.Cause]bool
	// flushed is when missed slots were last written, by package time.
	flushed time.Time
	// early is the next slot's attempt, where the store has begun with it.
	early *early
	// next is the first slot after nextAfter; its time is zero where that is not known.
	next      schedule.Slot
	nextAfter time.Time
	timer     *time.Timer // of wait; nil before
	// begun: the first shot of all has been written, where there was no ledger.
	begun bool
	// storing is what the last photo took besides the camera's shot: the store, and the
	// shot's other files. It belongs to the attempt under way.
	storing time.Duration
	// othersMissing: other files of a shot did not come the last time.
	othersMissing bool
}

func newLoop(s *Service) *loop {
	return &loop{
		Service: s,
		ledger:  ledger{store: s.o.Store, sched: s.o.Schedule},
		raised:  map[photo.Cause]bool{},
	}
}

func (l *loop) run(ctx context.Context) error {
	l.track = startTrack(l.o.Clock, l.o.Store, l.o.Schedule)
	for ctx.Err() == nil {
		if slot, due := l.turn(l.o.Clock.Now()); due {
			l.takeSlot(ctx, slot)
			continue
		}
		l.wait(ctx)
	}
	return l.stop()
}

// turn accounts for every slot since the last turn, but for the one it returns:
// that is to be photographed now.
func (l *loop) turn(now time.Time) (slot schedule.Slot, due bool) {
	if step := l.track.notice(now); step != 0 {
		l.o.Log.Warn().Dur("by", step).Time("now", now).Bool("synced", l.o.Clock.Synced()).Msg("clock stepped")
	}
	if next, ok := l.upcoming(); ok && next.At.After(now) && l.track.even() {
		// As on most turns no slot has come since the last, and the clock went on.
		l.close(now, l.o.Clock.Synced(), false)
		return schedule.Slot{}, false
	}
	from, to := l.track.open(now)
	slot, ok := l.o.Schedule.Last(schedule.Capture, to)
	if ok && !slot.At.Before(from) && now.Sub(slot.At) <= max(l.cfg.Late, onTime) && l.flight == nil && l.wanted(slot) {
		to, due = slot.At, true
	}
	parts := l.track.causes(from, to, now, l.worked || l.flight != nil)
	synced := l.o.Clock.Synced()
	for _, p := range l.track.settle(parts, now, synced, due) {
		l.missRange(p)
	}
	l.close(now, synced, due)
	return slot, due
}

// close ends a turn. due: a slot is to be photographed now.
func (l *loop) close(now time.Time, synced, due bool) {
	l.track.close(now, synced)
	l.worked = false
	if !due || l.o.Deferred == nil { // a Deferred fires first
		l.flush(due)
	}
}

// missRange reports the slots of a part of the time as missed.
func (l *loop) missRange(p part) {
	for _, piece := range l.byMeaning(p) {
		l.missPiece(piece)
	}
}

func (l *loop) missPiece(p part) {
	s := l.o.Schedule
	first, ok := s.Next(schedule.Capture, p.from.Add(-1))
	if !ok || !first.At.Before(p.to) {
		return
	}
	if p.to.After(maxSlot) && first.At.Before(maxSlot) {
		p.to = maxSlot
	}
	last, ok := s.Last(schedule.Capture, p.to)
	if !ok {
		return
	}
	counted := p.from
	if limit := p.to.Add(-maxCounted); counted.Before(limit) {
		counted = limit
	}
	l.miss(photo.Miss{
		From:   first.At,
		To:     last.At,
		Slots:  max(1, s.Count(schedule.Capture, counted, p.to)),
		Cause:  p.cause,
		Detail: p.detail,
	}, errors.New(p.detail))
}

// miss takes note of slots without a photo, and tells.
func (l *loop) miss(m photo.Miss, err error) {
	if l.storable(m) {
		l.ledger.add(m)
	}
	if m.Cause.Meant() {
		return
	}
	l.update(func(s *State) { s.LastMiss = m })
	l.raise(m.Cause, err, &m)
}

// storable tells whether a store can account for the slots, and logs where none
// can: only a clock that is far off calls them slots.
func (l *loop) storable(m photo.Miss) bool {
	if m.To.After(maxSlot) {
		l.o.Log.Error().Time("from", m.From).Time("to", m.To).Time("max", maxSlot).Msg("missed slots are left out: no store holds their year")
		return false
	}
	return true
}

// flush writes the missed slots to the store, unless an attempt is still out
// that belongs before them. Those left out may wait for more, unless something is
// to be written behind them now.
func (l *loop) flush(now bool) {
	n := l.ledger.unwritten()
	switch {
	case l.flight != nil:
	case n > 0 && !now && l.ledger.onlyMeant() && time.Since(l.flushed) < pausedWait && !l.flushed.IsZero():
		n = 0
	case n > 0 || l.shots.stale(l.o.Clock.Now()):
		l.flushed = time.Now()
		err := l.note() // what was fired before them
		if err == nil {
			err = l.ledger.flush()
		}
		if err != nil {
			l.raise(photo.StoreFault, err, nil)
		}
		n = l.ledger.unwritten()
	}
	l.update(func(s *State) { s.Unwritten, s.Turn = n, time.Now() })
}

// wait sleeps until something can be due, serves a manual photo, or takes note
// of an attempt that comes back.
func (l *loop) wait(ctx context.Context) {
	requests := l.requests
	room, ok := l.room()
	sleep := l.longest(room, ok)
	if ok && room > 0 && room <= l.approach() && ctx.Err() == nil {
		l.watch(room)
		return
	}
	if ok {
		sleep = min(sleep, max(room, 0))
		if ahead := room - l.approach(); ahead > 0 {
			sleep = min(sleep, ahead)
		}
		if in, ok := l.beginEarly(room); ok {
			sleep = min(sleep, in)
		}
		// Nearer to the slot than this a manual photo has to wait for it.
		if last := room - manualRoom - maxMargin; last >= 0 {
			sleep = min(sleep, last+1)
		} else if l.flight == nil {
			requests = nil
		}
	} else {
		l.dropEarly()
	}
	var back <-chan outcome
	if l.flight != nil {
		back = l.flight.back
	}
	if l.timer == nil {
		l.timer = time.NewTimer(sleep)
	} else {
		l.timer.Reset(sleep)
	}
	defer l.timer.Stop()
	select {
	case <-ctx.Done():
	case <-l.timer.C:
	case <-l.stepped:
	case out := <-back:
		l.landed(out)
	case r := <-requests:
		if l.flight != nil {
			r.reply <- outcome{err: ErrBusy}
			return
		}
		l.takeManual(ctx, r)
	}
}

// longest is how long the loop may sleep, with room until the next slot, if there is
// one.
func (l *loop) longest(room time.Duration, any bool) time.Duration {
	switch {
	case l.o.Told == nil || !l.o.Told():
		return maxSleep
	case any && room > maxSleep:
		return min(toldSleep, room-maxSleep)
	case any:
		return maxSleep
	}
	return toldSleep
}

// stop ends the loop: it gives the camera a last time to come back.
func (l *loop) stop() error {
	l.endEarly()
	var err error
	if f := l.flight; f != nil {
		timer := time.NewTimer(stopGrace)
		defer timer.Stop()
		select {
		case out := <-f.back:
			l.landed(out)
		case <-timer.C:
			// It may yet turn into the photo of its slot. So that stays open, and
			// so do those after it: the next start goes on behind the last one
			// that the store has.
			err = errors.New("stop capture: an attempt has not returned")
		}
	}
	if err := l.note(); err != nil {
		l.o.Log.Error().Err(err).Int("slots", len(l.shots.unnoted())).Msg("shots could not be written before the stop")
	}
	l.flush(true)
	if n := l.ledger.unwritten(); n > 0 {
		l.o.Log.Error().Int("ranges", n).Time("from", l.ledger.pending[0].From).Msg("missed slots could not be written before the stop")
	}
	return err
}
