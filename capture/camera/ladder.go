package camera

import (
	"context"

	"github.com/rs/zerolog"
)

// Rung is how far up the recovery ladder the next use of a camera begins.
type Rung int

// The rungs.
const (
	// Retry: the camera is asked again, as if nothing had been.
	Retry Rung = iota
	// Reset: it is told to start anew.
	Reset
	// Cycle: its power is taken away for a while, where there is a line for that.
	// Above it there is nothing but to do so again, and to look for the camera as
	// if it had never been seen.
	Cycle
)

// Ladder counts the failures of a camera, and does with its power what is due after
// them. It is for one goroutine at a time.
type Ladder struct {
	log      zerolog.Logger
	failures int  // in a row
	logged   Rung // the highest that was logged since the last good picture
	// cycled: a power cycle has given the power back, and the camera was not ready since:
	// there was no time left for its warm-up, or for what its driver does after that.
	cycled bool
	// through: the last Start has waited for the warm-up.
	through bool
	// demanded is due whatever has failed, until a Start has done it.
	demanded Rung
	// anew: in this use the camera was started anew, or reset.
	anew bool
	// patience is how many more uses ask the camera as it is, and may run out of time,
	// because one with a recovery did.
	patience int
}

// maxPatience is how many uses in a row may be without a recovery though the last one
// ran out of time: what a recovery leaves to be done, a search and a rate, fits into
// them.
const maxPatience = 3

// NewLadder begins at Retry.
func NewLadder(log zerolog.Logger) *Ladder { return &Ladder{log: log} }

// Due is the rung to begin with: Reset after one failure, Cycle after two, and what was
// demanded at least.
func (l *Ladder) Due() Rung {
	if l.patience > 0 {
		return l.demanded
	}
	return max(l.demanded, min(Rung(l.failures), Cycle))
}

// Demand makes a rung due, until a Start has had the time for it.
func (l *Ladder) Demand(r Rung) { l.demanded = max(l.demanded, r) }

// UnreadyError is a use of a camera that was over before the camera was ready for it:
// no failure of the camera, which had no time to show what it can do.
type UnreadyError struct{ Err error }

func (e *UnreadyError) Error() string { return "wait for the camera to be ready: " + e.Err.Error() }
func (e *UnreadyError) Unwrap() error { return e.Err }

// Start gives the camera power, after taking it away where that is due; fresh says
// that the camera has just started. A cycle for which ctx left too little time goes on
// with the next Start, instead of beginning anew: else a camera with a photo each
// few seconds would never be back. Where ctx ends it is an UnreadyError.
func (l *Ladder) Start(ctx context.Context, p *Power) (fresh bool, err error) {
	if l.Due() < Cycle || l.cycled || !p.Switched() {
		fresh, err = p.On(ctx)
		fresh = fresh || l.cycled
		l.anew = fresh
		return fresh, l.started(ctx, err)
	}
	return true, l.Cycle(ctx, p)
}

// Cycle takes the camera's power for a while at once, whatever is due. What ctx leaves no
// time for goes on with the next Start. Where ctx ends it is an UnreadyError.
func (l *Ladder) Cycle(ctx context.Context, p *Power) error {
	err := p.Cycle(ctx)
	l.anew, l.cycled = true, p.IsOn()
	if err == nil {
		l.Climbed(Cycle, "camera power cycled")
	}
	return l.started(ctx, err)
}

// started says how the wait for the camera ended.
func (l *Ladder) started(ctx context.Context, err error) error {
	l.through = err == nil
	switch {
	case err == nil:
		l.demanded = Retry
	case ctx.Err() != nil:
		err = &UnreadyError{err}
	}
	return err
}

// Failed counts a failure that is the camera's.
func (l *Ladder) Failed() {
	l.failures++
	l.patience = 0
	l.used()
}

// used says that the camera was ready, where Start was through.
func (l *Ladder) used() { l.cycled = l.cycled && !l.through }

// OutOfTime says that the time ended while the camera was at work and answered. It
// counts as a failure, but not of a use that had spent its time on a recovery, nor of
// the maxPatience after it: else a camera with a photo each few seconds would be
// recovered for ever. It tells whether it did count.
func (l *Ladder) OutOfTime() (failed bool) {
	l.used()
	switch {
	case l.anew && l.patience == 0:
		l.patience = maxPatience
	case l.patience > 1:
		l.patience--
	default:
		l.Failed()
		return true
	}
	return false
}

// Rest leaves the power after a failure as Power.Rest does. A camera that was silent
// at the end hears neither a retry nor a reset: it is switched off at once, also
// where it is kept on, so that the next Start begins with one that has started anew.
func (l *Ladder) Rest(p *Power, silent bool) error {
	if !silent || !p.IsOn() {
		return p.Rest()
	}
	l.Climbed(Cycle, "camera switched off: it has fallen silent")
	return p.Off()
}

// Good says that the camera has delivered a picture: its next failure is the
// first again.
func (l *Ladder) Good() { l.failures, l.logged, l.patience, l.cycled = 0, Retry, 0, false }

// Climbed says what was done, and logs it: at Info only what was not done before,
// since the last good picture.
func (l *Ladder) Climbed(to Rung, what string) {
	l.anew = true
	event := l.log.Debug()
	if to > l.logged {
		l.logged = to
		event = l.log.Info()
	}
	event.Int("failures", l.failures).Msg(what)
}
