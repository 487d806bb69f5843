package session

import (
	"context"
	"errors"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue/upload"
)

const (
	// clockLook is how often the wall time is looked at while a slot is waited
	// for: the clock can step.
	clockLook = 10 * time.Second
	// leastSession is how long a session may last at the least: one at its block's
	// last instant would have no time at all.
	leastSession = 5 * time.Minute
	// linger is how long after a session that emptied the queue a new photo still
	// belongs to it. Captures and uploads share their instants in most schedules,
	// and the photo of 06:15 is not there yet at 06:15:00.
	linger = 2 * time.Minute
	// unwellAfter different photos that fail in a row for reasons of their own
	// show that the reason is not theirs.
	unwellAfter = 3
)

// job is a session to run.
type job struct {
	name   string
	photos int       // 0: as many as possible
	ends   time.Time // the block's end, wall time; zero: none
	manual bool
}

// Run runs sessions until ctx ends, and then returns nil; the photo under way is
// broken off and resumes another time. Call it once.
func (r *Runner) Run(ctx context.Context) error {
	defer r.flush()
	now := r.o.Clock.Now()
	w := waiter{r: r, after: now}
	if slot, ok := r.o.Schedule.Active(schedule.Upload, now); ok {
		w.again(jobOf(slot), time.Now())
	}
	for {
		j, ok := w.next(ctx)
		if !ok {
			return nil
		}
		sent, retry, end := r.session(ctx, j)
		switch {
		case j.manual:
		case end == brokenOff:
			w.again(j, retry)
		case end == heldUp:
			w.again(j, retry)
			w.held = true
			w.lingerOn(j, sent)
		default:
			w.done()
			w.lingerOn(j, sent)
		}
		r.update(func(s *State) { s.Retry = w.brokenUntil() })
	}
}

// ending is how a session ended.
type ending int

const (
	// done: it has sent what it should, or its time is over.
	done ending = iota
	// heldUp: what is left are photos that stand behind their peers.
	heldUp
	// brokenOff: nothing can be sent now.
	brokenOff
)

func jobOf(slot schedule.Slot) job {
	return job{name: slot.Session, photos: slot.Photos, ends: laterOf(slot.Ends, slot.At.Add(leastSession))}
}

// session sends photos until j is done, and tells how many, and how it ended;
// where that is not done, retry is when to go on.
func (r *Runner) session(ctx context.Context, j job) (sent int, retry time.Time, end ending) {
	r.update(func(s *State) {
		*s = State{Running: true, Name: j.name, Since: r.o.Clock.Now(), Silent: s.Silent}
	})
	defer r.update(func(s *State) { s.Running, s.Photo = false, "" })
	defer r.flush()
	if j.manual {
		r.delays.clear() // a person who asks has waited long enough
	}
	for (j.photos == 0 || sent < j.photos) && ctx.Err() == nil && !r.over(j) {
		m, ok, err := r.pick()
		if err != nil {
			return sent, r.breakOff(ctx, err, false), brokenOff
		}
		if !ok {
			break
		}
		err = r.send(ctx, m)
		var refused *upload.RefusedError
		var silent *upload.UnreachableError
		switch {
		case err == nil:
			sent++
			r.sent(m)
		case ctx.Err() != nil:
			return sent, time.Time{}, done
		case errors.As(err, &refused):
			r.refuse(m, refused.Reason)
		case errors.As(err, &silent):
			r.outage.answered = silent.Answered
			if sent > 0 { // the cloud was well a moment ago: it is this photo
				r.delays.failed(m.Seq())
			} else {
				r.stopper.again(m.Seq())
			}
			return sent, laterOf(r.breakOff(ctx, err, true), time.Now().Add(min(silent.RetryAfter, longestRetry))), brokenOff
		default:
			var mismatch *upload.MismatchError
			if errors.As(err, &mismatch) {
				err = errors.Join(err, r.o.Queue.Verify(m))
			}
			var source *upload.SourceError
			if !errors.As(err, &source) { // nothing to do with the cloud
				r.failing.add(m.Seq())
			}
			again := r.delays.failed(m.Seq())
			r.o.Log.Warn().Err(err).Str("photo", string(m.ID)).Dur("again_in", time.Until(again)).Msg("photo not uploaded")
			r.update(func(s *State) { s.LastError = err.Error() })
			if r.failing.unwell() {
				return sent, r.breakOff(ctx, err, true), brokenOff
			}
		}
	}
	if next, ok := r.delays.first(); ok && j.photos == 0 {
		return sent, next, heldUp
	}
	return sent, time.Time{}, done
}

// pick is the photo to send next.
func (r *Runner) pick() (m photo.Meta, ok bool, err error) {
	waits := func(seq uint64) bool { return r.acks.has(seq) || r.delays.holds(seq) }
	if seq, ok := r.stopper.stands(); ok {
		m, ok, err = r.o.Queue.Newest(func(s uint64) bool { return s == seq || waits(s) })
		if ok || err != nil {
			return m, ok, err
		}
	}
	return r.o.Queue.Newest(waits)
}

// over tells whether j's block has ended.
func (r *Runner) over(j job) bool { return !j.ends.IsZero() && r.o.Clock.Now().After(j.ends) }

// breakOff notes that the session can't go on because of err, and says when it
// may be tried again. silent: it is the cloud's fault.
func (r *Runner) breakOff(ctx context.Context, err error, silent bool) time.Time {
	if ctx.Err() != nil {
		return time.Time{}
	}
	again := r.outage.failed()
	r.update(func(s *State) {
		s.LastError = err.Error()
		if silent && s.Silent.IsZero() {
			s.Silent = time.Now()
		}
	})
	e := r.o.Log.Debug()
	if r.outage.count == 1 {
		e = r.o.Log.Warn()
	}
	e.Err(err).Dur("again_in", time.Until(again)).Msg("upload session broken off")
	if silent {
		r.o.Unreachable(err)
	}
	return again
}

// laterOf is the later of two moments.
func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

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
