package session

import (
	"context"
	"errors"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/upload"
)

const (
	// unwellAfter different photos that fail in a row for reasons of their own
	// show that the reason is not theirs.
	unwellAfter = 3
	// fetchEvery is how often a camera is asked for its pictures at the most: it is
	// woken for that.
	fetchEvery = 5 * time.Minute
	// fetchTime bounds one fetch: 3,000 pictures of 5 MB at what USB 2 carries.
	fetchTime = time.Hour
)

// Run runs sessions until ctx ends, and then returns nil; the photo under way is
// broken off and resumes another time. Call it once.
func (r *Runner) Run(ctx context.Context) error {
	defer r.flush()
	w := waiter{r: r}
	for {
		j, ok := w.next(ctx)
		if !ok {
			return nil
		}
		end, again := r.session(ctx, j, &w)
		if end != yielded {
			r.flush()
		}
		w.back(j, end, again)
		r.update(func(s *State) { s.Retry = w.broken })
	}
}

// ending is how a session's turn ended.
type ending int

const (
	// done: it has sent what it may, or its time is over.
	done ending = iota
	// emptied: nothing waits that it may send.
	emptied
	// yielded: it is another's turn.
	yielded
	// heldUp: what is left are photos that stand behind their peers.
	heldUp
	// unpaid: the data budget is used up, or there is no power to send anything.
	unpaid
	// brokenOff: nothing can be sent now.
	brokenOff
)

// session gives j a turn, and tells how it ended; where something is left to do,
// again is when to go on.
func (r *Runner) session(ctx context.Context, j *job, w *waiter) (end ending, again time.Time) {
	now := r.o.Clock.Now()
	if !j.fetched {
		j.fetched = true
		r.begin(j, now)
		r.fetch(ctx, j)
		now = r.o.Clock.Now()
	}
	j.begin(now)
	r.begin(j, j.began)
	defer func() {
		j.end(r.o.Clock.Now())
		r.update(func(s *State) { s.Running, s.Photo = end == yielded, "" })
	}()
	if j.manual {
		r.delays.clear() // a person who asks has waited long enough
	}
	for tried := 0; ctx.Err() == nil && !j.full() && !j.over(r.o.Clock.Now()); tried++ {
		if tried > 0 && w.yields(j) {
			return yielded, time.Time{}
		}
		if end, again, saves := r.saves(j); saves {
			return end, again
		}
		if !r.affords(j, 1) {
			return unpaid, time.Now().Add(budgetLook)
		}
		if err := r.preview(ctx, j); err != nil {
			return brokenOff, r.breakOff(ctx, err)
		}
		m, ok, err := r.pick(j)
		if err != nil {
			return brokenOff, r.breakOff(ctx, err)
		}
		if ctx.Err() != nil || j.over(r.o.Clock.Now()) {
			r.previews.held = true // thumbnails took all that was left of its time
			break
		}
		if !ok {
			return r.nothing(j)
		}
		if !j.fits(m.Size) {
			r.putOff(j, m)
			break
		}
		if !r.affords(j, m.Size) {
			return unpaid, time.Now().Add(budgetLook)
		}
		if again, broken := r.try(ctx, j, m); broken {
			return brokenOff, again
		}
	}
	return done, time.Time{}
}

// begin says that j's turn has come.
func (r *Runner) begin(j *job, since time.Time) {
	r.update(func(s *State) {
		*s = State{
			Running: true, Name: j.terms.Session, Since: since, Sent: j.sent, SentBytes: j.sentBytes,
			Silent: s.Silent, LastError: s.LastError, Kbps: s.Kbps,
		}
	})
}

// nothing ends a turn of j in which no photo waits that may go.
func (r *Runner) nothing(j *job) (ending, time.Time) {
	if next, ok := r.delays.first(); ok && j.photos == 0 {
		return heldUp, next
	}
	return emptied, time.Time{}
}

// try sends m. Where nothing can be sent now, again is when to go on.
func (r *Runner) try(ctx context.Context, j *job, m photo.Meta) (again time.Time, broken bool) {
	err := r.send(ctx, m)
	calm := r.quietAt(r.o.Clock.Now()).is()
	var refused *upload.RefusedError
	var silent *upload.UnreachableError
	switch {
	case err == nil:
		j.sent++
		j.sentBytes += m.Size
		r.sent(m)
	case ctx.Err() != nil: // the loop sees it
	case errors.As(err, &refused) && !calm:
		r.refuse(m, refused.Reason)
	case errors.As(err, &silent):
		if j.sent > j.before { // the cloud was well a moment ago: it is this photo
			r.delays.failed(m.Seq())
		} else {
			r.stopper.again(m.Seq())
		}
		return r.breakOff(ctx, err), true
	default:
		var mismatch *upload.MismatchError
		if errors.As(err, &mismatch) {
			err = errors.Join(err, r.o.Queue.Verify(m))
		}
		var source *upload.SourceError
		ours := errors.As(err, &source) // nothing to do with the cloud
		if !ours {
			r.failing.add(m.Seq())
		}
		again := r.delays.failed(m.Seq())
		e := r.o.Log.Warn()
		if calm {
			e = r.o.Log.Debug()
		}
		e.Err(err).Str("photo", string(m.ID)).Dur("again_in", time.Until(again)).Msg("photo not uploaded")
		r.update(func(s *State) { s.LastError = err.Error() })
		if r.failing.unwell() || calm && !ours && j.sent == j.before {
			return r.postpone(ctx, err, true, 0), true
		}
	}
	return time.Time{}, false
}

// saves tells how j's turn ends, where it has sent all that it may since power is
// saved. Where nothing may be sent at all it looks again, for its block may last.
func (r *Runner) saves(j *job) (end ending, again time.Time, saves bool) {
	most, saves := r.o.Saving()
	saves = saves && !j.manual && j.sent >= most
	r.update(func(s *State) { s.Saving = saves })
	if saves && most == 0 {
		return unpaid, time.Now().Add(budgetLook), true
	}
	return done, time.Time{}, saves
}

// affords tells whether j may send so many bytes by the data budget.
func (r *Runner) affords(j *job, size int64) bool {
	left, limited := r.o.Budget()
	short := limited && left < size
	r.update(func(s *State) { s.BudgetUsed = short })
	return !short || j.manual
}

// fetch brings pictures from the camera before j's first photo. Half of j's time
// is left for the upload.
func (r *Runner) fetch(ctx context.Context, j *job) {
	if r.o.Fetch == nil || !r.fetched.IsZero() && time.Since(r.fetched) < fetchEvery {
		return
	}
	r.fetched = time.Now()
	limit := fetchTime
	if !j.manual {
		limit = min(limit, (max(j.ends.Sub(r.o.Clock.Now()), 0)+j.owed)/2)
	}
	r.update(func(s *State) { s.Fetching = true })
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := r.wait(func() error { return r.o.Fetch(bounded) })
	r.update(func(s *State) { s.Fetching = false })
	if err != nil && ctx.Err() == nil {
		r.o.Log.Warn().Err(err).Str("session", j.terms.Session).Msg("pictures not fetched from the camera")
	}
}

// breakOff notes that the session can't go on because of err, the cloud's or the
// queue's, and says when it may be tried again.
func (r *Runner) breakOff(ctx context.Context, err error) time.Time {
	var silent *upload.UnreachableError
	if !errors.As(err, &silent) {
		return r.postpone(ctx, err, false, 0)
	}
	r.outage.answered = silent.Answered
	return r.postpone(ctx, err, true, min(silent.RetryAfter, longestRetry))
}

// postpone says when to try again after err. silent: it is the cloud's fault, which
// asked to be left alone for so long.
func (r *Runner) postpone(ctx context.Context, err error, silent bool, asked time.Duration) time.Time {
	if ctx.Err() != nil {
		return time.Time{}
	}
	r.outage.note()
	now := r.o.Clock.Now()
	if q := r.quietAt(now); silent && q.is() {
		again := q.again(now, asked)
		r.update(func(s *State) { s.LastError = err.Error() })
		r.o.Log.Debug().Err(err).Dur("again_in", time.Until(again)).Msg("upload session broken off in a maintenance window")
		return again
	}
	again := laterOf(r.outage.again(silent), time.Now().Add(asked))
	r.update(func(s *State) {
		s.LastError = err.Error()
		if silent && s.Silent.IsZero() {
			s.Silent = time.Now()
		}
	})
	e := r.o.Log.Debug()
	if !r.outage.warned {
		e, r.outage.warned = r.o.Log.Warn(), true
	}
	e.Err(err).Dur("again_in", time.Until(again)).Msg("upload session broken off")
	if silent {
		r.o.Unreachable(err)
	}
	return again
}
