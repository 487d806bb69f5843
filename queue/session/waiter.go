package session

import (
	"context"
	"time"

	"fieldcam/capture/schedule"
)

const (
	// clockLook is how often the wall time is looked at while a slot is waited
	// for: the clock can step. An upload has time, and each look wakes the board.
	clockLook = time.Minute
	// linger is how long after a session that emptied the queue a new photo still
	// belongs to it. Captures and uploads share their instants in most schedules,
	// and the photo of 06:15 is not there yet at 06:15:00.
	linger = 2 * time.Minute
)

// waiter decides what to run next. It belongs to Run.
type waiter struct {
	r     *Runner
	after time.Time // wall time: slots up to here have had their session
	owed  job       // a session that was broken off or held up
	retry time.Time // when it goes on; zero: nothing is owed
	// held: what is owed was held up only; other photos need not wait for it.
	held bool
	// late is what is left of the last session for photos that come until lateEnd.
	late    job
	lateEnd time.Time
}

// again owes j at retry.
func (w *waiter) again(j job, retry time.Time) { w.owed, w.retry, w.held = j, retry, false }

// done owes nothing.
func (w *waiter) done() { w.again(job{}, time.Time{}) }

// brokenUntil is when a session goes on that was broken off; zero where none was.
func (w *waiter) brokenUntil() time.Time {
	if w.held {
		return time.Time{}
	}
	return w.retry
}

// lingerOn lets photos that come soon belong to j, which sent so many.
func (w *waiter) lingerOn(j job, sent int) {
	w.late, w.lateEnd = j, time.Now().Add(linger)
	if j.photos > 0 {
		if w.late.photos -= sent; w.late.photos <= 0 {
			w.lateEnd = time.Time{}
		}
	}
}

// next waits for the next session; false when ctx has ended.
func (w *waiter) next(ctx context.Context) (job, bool) {
	for {
		if ctx.Err() != nil {
			return job{}, false
		}
		now := w.r.o.Clock.Now()
		if now.Before(w.after) { // the clock stepped back
			w.after = now
		}
		slot, scheduled := w.r.o.Schedule.Next(schedule.Upload, w.after)
		if scheduled && !slot.At.After(now) {
			// The newest of the slots that passed: a step may have jumped over some.
			if s, ok := w.r.o.Schedule.Active(schedule.Upload, now); ok {
				slot = s
			}
			w.after = now
			if w.brokenUntil().IsZero() || w.r.over(w.owed) {
				return jobOf(slot), true
			}
			w.owed = jobOf(slot) // in an outage its retries go on as they were
			continue
		}
		wait := clockLook
		if scheduled {
			wait = min(wait, slot.At.Sub(now))
		}
		if !w.retry.IsZero() {
			if w.r.over(w.owed) {
				w.done()
				w.r.update(func(s *State) { s.Retry = time.Time{} })
				continue
			}
			d := time.Until(w.retry)
			if d <= 0 {
				return w.owed, true
			}
			wait = min(wait, d)
		}
		if j, ok := w.sleep(ctx, wait); ok {
			return j, true
		}
	}
}

// sleep waits for at most d, and tells of a session that somebody wants at once.
func (w *waiter) sleep(ctx context.Context, d time.Duration) (job, bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-w.r.acks.due():
		w.r.flush()
	case <-w.r.wake:
		if n, ok := w.r.take(); ok {
			return job{photos: n, manual: true}, true
		}
	case <-w.r.added:
		if w.brokenUntil().IsZero() && time.Now().Before(w.lateEnd) && !w.r.over(w.late) {
			return w.late, true
		}
	case <-w.r.link:
		if !w.brokenUntil().IsZero() && !w.r.over(w.owed) && w.r.outage.believe() {
			return w.owed, true
		}
	}
	return job{}, false
}
