package capture

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
)

// errReplaced ends the taking in of a picture that was bad, once a better one is a photo;
// errWorse that of one that is no better.
var (
	errReplaced = errors.New("a better picture of the slot was taken")
	errWorse    = errors.New("the picture taken again is no better")
)

// try is one picture on its way from the camera to the store.
type try struct {
	n        int // which try of its slot it is
	atCamera *atomic.Bool
	// held is what the checks say of a picture that waits to be replaced by this one;
	// nil for the first. Of a last try one that is as bad counts as better.
	held *photo.Verdict
	last bool

	// until is when the camera must have delivered, where that is before the end of the
	// slot's time; zero where it is not.
	until time.Time

	to        *spoolWriter
	check     *picture.Check // nil where nothing is checked
	cameraErr error
	opening   time.Duration // how long the store took to begin
	begun     time.Time     // by package time: when the camera was asked
	delivered time.Time     // by package time: when it was done
	again     bool          // it was bad, and taken once more
	better    *outcome      // what that gave, where it is the better one
}

// take takes one picture in, and finds out who is to blame where there is none. A bad
// one is taken once more while the store has it in its hands; see retake.
func (l *loop) take(shot photo.Shot, t *try, begin func() (context.Context, bool)) outcome {
	var ctx context.Context
	opened := time.Now()
	meta, err := l.o.Store.Add(shot, func(w io.Writer) (photo.Exposure, error) {
		t.opening = time.Since(opened)
		var ok bool
		if ctx, ok = begin(); !ok {
			return photo.Exposure{}, errUnwanted
		}
		return l.fill(ctx, shot, t, w)
	})
	if err == nil {
		if t.check != nil {
			t.check.Keep(t.again || t.held != nil)
		}
		out := l.others(ctx, meta, t.atCamera)
		if !t.again {
			l.storing = t.opening + time.Since(t.delivered)
		}
		return out
	}
	if t.better != nil {
		return *t.better
	}
	var full interface{ CardFull() bool }
	switch {
	case errors.As(err, &full) && full.CardFull():
		return outcome{cause: photo.CardFull, err: err}
	case t.cameraErr != nil && t.to.err == nil:
		return outcome{cause: photo.CameraFault, err: err}
	}
	return outcome{cause: photo.StoreFault, err: err}
}

// fill asks the camera for the picture, and judges it.
func (l *loop) fill(ctx context.Context, shot photo.Shot, t *try, w io.Writer) (photo.Exposure, error) {
	t.to = &spoolWriter{w: w, atCamera: t.atCamera}
	out := io.Writer(t.to)
	if l.o.Checks != nil {
		t.check = l.o.Checks.Begin(t.to, shot)
		out = t.check
	}
	t.begun = time.Now()
	t.atCamera.Store(true)
	l.aim(shot)
	bound, cancel := ctx, context.CancelFunc(func() {})
	if !t.until.IsZero() {
		bound, cancel = context.WithDeadline(ctx, t.until)
	}
	exposure, err := l.o.Camera.Shoot(bound, out)
	cancel()
	t.atCamera.Store(false)
	t.delivered = time.Now()
	exposure.Attempts = t.n
	if t.cameraErr = err; err != nil || t.check == nil {
		return exposure, err
	}
	exposure = t.check.End(exposure)
	switch held := t.held; {
	case held == nil:
		t.better, exposure.Attempts = l.retake(ctx, shot, t, exposure)
		if t.better != nil {
			return exposure, errReplaced
		}
	case exposure.Verdict.Worse(*held), !t.last && !held.Worse(exposure.Verdict):
		return exposure, errWorse
	}
	return exposure, nil
}

// retake takes a bad picture once more, where there is time for it, and one that is not
// whole as often as a slot may be tried. Meanwhile the store holds the bad one, written
// but not a photo yet: it becomes one where the others are no better, or there are none,
// so that a picture is never dropped for its looks. better is nil then. tries is how
// many there were. What the slot leaves must do for the store too, which is slow on a
// slow card, and for the other files of a shot: whatever the camera does, one of the
// pictures is a photo before the next slot.
func (l *loop) retake(ctx context.Context, shot photo.Shot, first *try, bad photo.Exposure) (better *outcome, tries int) {
	tries = first.n
	if !first.check.Again() {
		return nil, tries
	}
	took, after := time.Since(first.begun), max(l.storing, first.opening)
	for tries < l.cfg.Attempts && hasTime(ctx, took, after) && pause(ctx) {
		tries++
		first.again = true
		l.o.Log.Debug().Int("attempt", tries).Strs("checks", bad.Verdict.Words()).Msg("bad picture taken again")
		shot.Taken, shot.ClockSynced = l.o.Clock.Now(), l.o.Clock.Synced()
		if shot.Trigger == photo.Manual {
			shot.Slot = shot.Taken
		}
		whole := !bad.Verdict.Unusable()
		t := &try{n: tries, atCamera: first.atCamera, held: &bad.Verdict, last: whole || tries == l.cfg.Attempts}
		if deadline, ok := ctx.Deadline(); ok {
			t.until = deadline.Add(-after)
		}
		out := l.take(shot, t, func() (context.Context, bool) { return ctx, true })
		switch {
		case out.err == nil:
			return &out, tries
		case whole, out.cause == photo.CardFull, t.to != nil && t.to.err != nil:
			return nil, tries
		}
	}
	return nil, tries
}

// hasTime tells whether ctx leaves time for a picture that takes as long as one took, and
// a quarter more, and for what comes after it.
func hasTime(ctx context.Context, took, after time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > retryPause+took+took/4+after
}
