package session

import (
	"context"
	"slices"
	"time"

	"fieldcam/capture/schedule"
)

const (
	// clockLook is how often the wall time is looked at while a slot is waited
	// for: the clock can step. An upload has time, and each look wakes the board.
	clockLook = time.Minute
	// toldLook is how often where the Runner is told of steps, and nothing else is
	// waited for.
	toldLook = 10 * time.Minute
	// linger is how long after a session that emptied the queue a new photo still
	// belongs to it. Captures and uploads share their instants in most schedules,
	// and the photo of 06:15 is not there yet at 06:15:00.
	linger = 2 * time.Minute
	// budgetLook is how often a session looks whether there is budget, or power, again.
	budgetLook = 10 * time.Minute
)

// waiter decides what to run next. It belongs to Run.
type waiter struct {
	r     *Runner
	after time.Time // wall time: slots up to here have had their session
	// wall and mono are one moment, the last that was looked at, by the wall clock
	// and by package time: what they differ by later is a step of the clock.
	wall, mono time.Time
	// jobs are the sessions that have work left or linger, in the order of their
	// turns. The one under way is not among them.
	jobs []*job
	// broken is when to try the cloud again, package time; zero: it is well.
	broken time.Time
}

// next waits for the next session; false when ctx has ended.
func (w *waiter) next(ctx context.Context) (*job, bool) {
	for ctx.Err() == nil {
		if n, ok := w.r.take(); ok {
			return &job{photos: n, manual: true}, true
		}
		now := w.r.o.Clock.Now()
		w.collect(now)
		q := w.r.quietAt(now)
		w.sort(now, q)
		for i, j := range w.jobs {
			if w.runs(j, now, q) {
				w.jobs = slices.Delete(w.jobs, i, i+1)
				w.broken = time.Time{}
				return j, true
			}
		}
		w.r.update(func(s *State) { s.Running = false })
		w.sleep(ctx, w.pause(now, q))
	}
	return nil, false
}

// runs tells whether j could have a turn now.
func (w *waiter) runs(j *job, now time.Time, q quiet) bool {
	if j.idle || time.Now().Before(j.ready) || time.Now().Before(w.broken) {
		return false
	}
	// Between the window's end and the return nothing begins, and what works goes on.
	return !q.over(now) || !j.began.IsZero() && w.broken.IsZero()
}

// sort notes what a window takes away, and drops what is over.
func (w *waiter) sort(now time.Time, q quiet) {
	work := false
	w.jobs = slices.DeleteFunc(w.jobs, func(j *job) bool {
		if j.idle {
			return time.Now().After(j.wake) || j.over(now)
		}
		over := j.over(now)
		if q.is() && !over && j.lost.IsZero() && (!w.broken.IsZero() || q.over(now) && j.began.IsZero()) {
			j.lost = now
		}
		if over && j.lost.IsZero() {
			if j.sent > 0 || j.kept || !w.endOfDay(j) {
				return true
			}
			j.kept = true
			j.owe(j.ends.Sub(j.at))
		}
		work = true
		return false
	})
	if !work && !w.broken.IsZero() {
		w.broken = time.Time{}
		w.r.update(func(s *State) { s.Retry = time.Time{} })
	}
}

// yields tells whether j, which has sent a photo, lets another have a turn.
func (w *waiter) yields(j *job) bool {
	if j.manual {
		return false
	}
	if w.r.isWanted() {
		return true
	}
	now := w.r.o.Clock.Now()
	w.collect(now)
	q := w.r.quietAt(now)
	return slices.ContainsFunc(w.jobs, func(o *job) bool { return o.terms != j.terms && !o.over(now) && w.runs(o, now, q) })
}

// back takes j after a turn.
func (w *waiter) back(j *job, end ending, again time.Time) {
	if w.r.outage.count == 0 {
		w.broken = time.Time{}
	}
	if j.manual {
		return
	}
	switch end {
	case done:
		return
	case yielded:
		w.jobs = append(w.jobs, j)
		return
	case emptied:
		j.idle, j.wake = true, time.Now().Add(linger)
	case heldUp:
		j.ready, j.wake = again, time.Now().Add(linger)
	case unpaid:
		j.ready = again
	case brokenOff:
		w.broken = again
	}
	// A later session of the same block takes its place.
	for _, o := range w.jobs {
		if o.terms == j.terms {
			if j.missed() || end == brokenOff && w.r.quietAt(w.r.o.Clock.Now()).is() {
				o.inherit(j)
			}
			return
		}
	}
	w.jobs = append(w.jobs, j)
}

// pause is how long to wait at the most, while there is nothing to do.
func (w *waiter) pause(now time.Time, q quiet) time.Duration {
	wait := clockLook
	if w.r.o.Told != nil && w.r.o.Told() && w.broken.IsZero() && !q.is() && !slices.ContainsFunc(w.jobs, func(j *job) bool { return !j.idle }) {
		wait = toldLook
	}
	if slot, ok := w.r.o.Schedule.Next(schedule.Upload, now); ok {
		wait = min(wait, slot.At.Sub(now))
	}
	if q.over(now) {
		wait = min(wait, q.returns.Sub(now))
	}
	for _, j := range w.jobs {
		if at := laterOf(j.ready, w.broken); !j.idle && time.Now().Before(at) {
			wait = min(wait, time.Until(at))
		}
	}
	return wait
}

// sleep waits for at most d, or until something happens.
func (w *waiter) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-w.r.acks.due():
		w.r.flush()
	case <-w.r.wake:
	case <-w.r.added:
		for _, j := range w.jobs {
			if w.broken.IsZero() && time.Now().Before(j.wake) {
				j.idle, j.ready = false, time.Time{}
			}
		}
	case <-w.r.link:
		if !w.broken.IsZero() && !w.r.quietAt(w.r.o.Clock.Now()).is() && w.r.outage.believe() {
			w.broken = time.Time{}
		}
	}
}
