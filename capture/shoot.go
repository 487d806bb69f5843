package capture

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

const (
	// retryPause is the time between two attempts: enough for a camera to
	// settle, and short beside the shortest interval of 5 s.
	retryPause = 250 * time.Millisecond
	// minBudget is the least time that a slot's attempts have, where the
	// interval is longer.
	minBudget = 2 * time.Second
	// maxMargin is how long before the next slot a photo is given up, so that
	// the camera is ready for it; a tenth of the time where that is shorter.
	maxMargin = time.Second
	// cancelGrace is how long an attempt may take to return once its context
	// has ended.
	cancelGrace = 500 * time.Millisecond
	// maxDetail bounds an error's text in the ledger, in bytes.
	maxDetail = 200
)

// The errors of an attempt that does not come back.
var (
	errCameraStuck = errors.New("the camera does not come back")
	errStoreStuck  = errors.New("the card does not come back")
)

// outcome is how an attempt ended.
type outcome struct {
	meta  photo.Meta    // of a Deferred only what the Shot says
	mono  time.Duration // of a Deferred: when it was fired, since the service was made
	cause photo.Cause   // where err is not nil
	err   error
	// Of a Several's shot that was taken: the photos of other files, of this shot and
	// of earlier ones, and why some may be missing.
	others    []photo.Meta
	othersErr error
}

// flight is a photo under way.
type flight struct {
	slot schedule.Slot // its At is zero for a manual photo
	// interrupted: cut short by the stop; the slot stays open.
	interrupted bool
	// back, where the attempt has not returned in time, is where its outcome
	// will be.
	back <-chan outcome
	// wasOut: it had not returned in time, and a miss of its slot belongs in
	// the place among those that wait.
	wasOut bool
	place  int
}

func (f *flight) manual() bool { return f.slot.At.IsZero() }

// margin is the time to leave free at the end of d.
func margin(d time.Duration) time.Duration { return min(d/10, maxMargin) }

// takeSlot photographs the slot, or reports it as missed. Where the store has its
// photo already, from before a step of the clock, that stands.
func (l *loop) takeSlot(ctx context.Context, slot schedule.Slot) {
	budget := l.cfg.Timeout
	now := l.o.Clock.Now()
	if next, ok := l.o.Schedule.Next(schedule.Capture, slot.At); ok {
		interval, left := next.At.Sub(slot.At), next.At.Sub(now)
		budget = min(budget, max(left-margin(interval), min(interval, minBudget)))
	}
	l.update(func(s *State) { s.Shooting, s.Slot = true, slot })
	shot := photo.Shot{Slot: slot.At, Session: slot.Session, Trigger: photo.Scheduled}
	out, back := l.photograph(ctx, shot, budget)
	l.conclude(&flight{slot: slot, interrupted: ctx.Err() != nil, back: back}, out)
}

// takeManual takes a photo for a person, before the next slot.
func (l *loop) takeManual(ctx context.Context, r request) {
	budget := l.cfg.Timeout
	if room, ok := l.room(); ok {
		budget = min(budget, room-margin(room))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	l.update(func(s *State) { s.Shooting, s.Slot = true, schedule.Slot{} })
	out, back := l.photograph(ctx, photo.Shot{Trigger: photo.Manual}, budget)
	l.conclude(&flight{back: back}, out)
	switch {
	case back != nil:
		out.err = errors.Join(ErrBusy, out.err)
	case out.err == nil && l.o.Deferred != nil:
		out.err = ErrFired
	}
	r.reply <- out
}

// photograph tries to take the photo within the budget. Where the last attempt
// has not returned, back is where its outcome will be.
func (l *loop) photograph(ctx context.Context, shot photo.Shot, budget time.Duration) (out outcome, back <-chan outcome) {
	l.worked = true
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	for n := 1; ; n++ {
		shot.Taken = l.o.Clock.Now()
		shot.ClockSynced = l.o.Clock.Synced()
		if shot.Trigger == photo.Manual {
			shot.Slot = shot.Taken
		}
		atCamera, done := l.start(ctx, shot, n)
		out, ok := await(ctx, done)
		switch {
		case !ok && atCamera.Load():
			return outcome{cause: photo.CameraFault, err: errCameraStuck}, done
		case !ok:
			return outcome{cause: photo.StoreFault, err: errStoreStuck}, done
		}
		if out.err == nil || out.cause == photo.CardFull || n >= l.cfg.Attempts || !pause(ctx) {
			return out, nil
		}
		l.o.Log.Debug().Int("attempt", n).Err(out.err).Msg("photo attempt failed")
	}
}

// start starts the nth attempt, or goes on with the one that was begun early.
func (l *loop) start(ctx context.Context, shot photo.Shot, n int) (atCamera *atomic.Bool, done <-chan outcome) {
	if n == 1 && shot.Trigger == photo.Scheduled {
		if e := l.takeEarly(ctx, shot.Slot); e != nil {
			return &e.atCamera, e.done
		}
	}
	atCamera = new(atomic.Bool)
	out := make(chan outcome, 1)
	go func() {
		out <- l.attempt(shot, n, atCamera, func() (context.Context, bool) { return ctx, true })
	}()
	return atCamera, out
}

// await is the outcome; false where it has not come cancelGrace after the end of
// ctx.
func await(ctx context.Context, done <-chan outcome) (outcome, bool) {
	select {
	case out := <-done:
		return out, true
	case <-ctx.Done():
	}
	timer := time.NewTimer(cancelGrace)
	defer timer.Stop()
	select {
	case out := <-done:
		return out, true
	case <-timer.C:
		return outcome{}, false
	}
}

// pause waits for retryPause; false where ctx ended.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(retryPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// attempt takes one photo, at the nth try, and finds out who is to blame where
// there is none. atCamera holds while it waits for the camera, not the store. The
// camera is asked when begin returns, with the context that bounds it; false where
// it is not to be asked after all.
func (l *loop) attempt(shot photo.Shot, n int, atCamera *atomic.Bool, begin func() (context.Context, bool)) outcome {
	if l.o.Deferred != nil {
		ctx, _ := begin()
		return l.fire(ctx, shot, atCamera)
	}
	shot.Site = l.o.Site
	return l.take(shot, &try{n: n, atCamera: atCamera}, begin)
}

// spoolWriter remembers that it was the store, not the camera, that failed.
type spoolWriter struct {
	w        io.Writer
	err      error
	atCamera *atomic.Bool // false during a Write
}

func (s *spoolWriter) Write(p []byte) (int, error) {
	s.atCamera.Store(false)
	defer s.atCamera.Store(true)
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// landed concludes the photo whose attempt was out.
func (l *loop) landed(out outcome) {
	f := l.flight
	l.flight = nil
	l.worked = true
	f.back = nil
	l.conclude(f, out)
	l.flush(false)
}

// conclude takes note of how a photo ended, or that it is still out.
func (l *loop) conclude(f *flight, out outcome) {
	switch {
	case f.back != nil:
		f.wasOut, f.place = true, l.ledger.unwritten()
		l.flight = f
		l.update(func(s *State) { s.Stuck, s.StuckSince = true, time.Now() })
		l.raise(out.cause, out.err, nil)
		return
	case out.err == nil && l.o.Deferred != nil:
		l.fired(out)
	case out.err == nil:
		l.taken(out.meta)
		l.takenOthers(out)
	case f.manual() || f.interrupted:
		l.o.Log.Debug().Err(out.err).Msg("photo not taken")
	default:
		l.failed(f, out)
	}
	l.update(func(s *State) {
		s.Shooting, s.Stuck, s.StuckSince, s.Slot = false, false, time.Time{}, schedule.Slot{}
	})
}

func (l *loop) taken(m photo.Meta) {
	l.update(func(s *State) { s.Last, s.Failures = m, 0 })
	l.o.Log.Info().Str("photo", string(m.ID)).Time("slot", m.Slot).Str("session", m.Session).
		Int64("bytes", m.Size).Dur("late", m.Taken.Sub(m.Slot)).Strs("checks", m.Verdict.Words()).Msg("photo taken")
	if l.o.Taken != nil {
		l.o.Taken(m)
	}
	l.recovered()
}

func (l *loop) failed(f *flight, out outcome) {
	m := photo.Miss{From: f.slot.At, To: f.slot.At, Session: f.slot.Session, Slots: 1, Cause: out.cause, Detail: detail(out.err)}
	if l.storable(m) {
		if f.wasOut {
			l.ledger.insert(f.place, m)
		} else {
			l.ledger.add(m)
		}
	}
	l.update(func(s *State) {
		s.Failures++
		if s.LastMiss.Slots == 0 || s.LastMiss.To.Before(m.To) {
			s.LastMiss = m
		}
	})
	l.raise(out.cause, out.err, &m)
}

// detail is the error's text, within bounds.
func detail(err error) string {
	text := err.Error()
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "")
	}
	return text
}
