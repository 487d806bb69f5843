package session

import (
	"context"
	"errors"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue"
	"fieldcam/queue/upload"
)

const (
	// leastSession is how long a session may last at the least: one at its block's
	// last instant would have no time at all.
	leastSession = 5 * time.Minute
	// unwellAfter different photos that fail in a row for reasons of their own
	// show that the reason is not theirs.
	unwellAfter = 3
)

// job is a session to run.
type job struct {
	name   string
	photos int // 0: as many as possible
	which  queue.Select
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
	c := slot.Choice
	which := queue.Select{From: c.From, To: c.To}
	if c.Oldest {
		which.Order = queue.OldestFirst
	}
	if c.LookBack > 0 {
		which.From = slot.At.Add(-c.LookBack)
	}
	return job{name: slot.Session, photos: slot.Photos, which: which, ends: laterOf(slot.Ends, slot.At.Add(leastSession))}
}

// session sends photos until j is done, and tells how many, and how it ended;
// where that is not done, retry is when to go on.
func (r *Runner) session(ctx context.Context, j job) (sent int, retry time.Time, end ending) {
	r.update(func(s *State) {
		*s = State{Running: true, Name: j.name, Since: r.o.Clock.Now(), Silent: s.Silent, LastError: s.LastError}
	})
	defer r.update(func(s *State) { s.Running, s.Photo = false, "" })
	defer r.flush()
	if j.manual {
		r.delays.clear() // a person who asks has waited long enough
	}
	for (j.photos == 0 || sent < j.photos) && ctx.Err() == nil && !r.over(j) {
		if err := r.preview(ctx, j); err != nil {
			return sent, r.breakOff(ctx, err), brokenOff
		}
		m, ok, err := r.pick(j, sent)
		if err != nil {
			return sent, r.breakOff(ctx, err), brokenOff
		}
		if !ok || ctx.Err() != nil || r.over(j) {
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
			if sent > 0 { // the cloud was well a moment ago: it is this photo
				r.delays.failed(m.Seq())
			} else {
				r.stopper.again(m.Seq())
			}
			return sent, r.breakOff(ctx, err), brokenOff
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
				return sent, r.postpone(ctx, err, true), brokenOff
			}
		}
	}
	if next, ok := r.delays.first(); ok && j.photos == 0 {
		return sent, next, heldUp
	}
	return sent, time.Time{}, done
}

// over tells whether j's block has ended.
func (r *Runner) over(j job) bool { return !j.ends.IsZero() && r.o.Clock.Now().After(j.ends) }

// breakOff notes that the session can't go on because of err, the cloud's or the
// queue's, and says when it may be tried again.
func (r *Runner) breakOff(ctx context.Context, err error) time.Time {
	var silent *upload.UnreachableError
	if !errors.As(err, &silent) {
		return r.postpone(ctx, err, false)
	}
	r.outage.answered = silent.Answered
	return laterOf(r.postpone(ctx, err, true), time.Now().Add(min(silent.RetryAfter, longestRetry)))
}

// postpone is breakOff without a wish of the cloud. silent: it is its fault.
func (r *Runner) postpone(ctx context.Context, err error, silent bool) time.Time {
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
