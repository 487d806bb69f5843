package camera

import "github.com/rs/zerolog"

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

// Ladder counts the failures of a camera, and says what is due after them. It is
// for one goroutine at a time.
type Ladder struct {
	log      zerolog.Logger
	failures int  // in a row
	logged   Rung // the highest that was logged since the last good picture
}

// NewLadder begins at Retry.
func NewLadder(log zerolog.Logger) *Ladder { return &Ladder{log: log} }

// Due is the rung to begin with: Reset after one failure, Cycle after two.
func (l *Ladder) Due() Rung { return min(Rung(l.failures), Cycle) }

// Failed counts a failure that is the camera's.
func (l *Ladder) Failed() { l.failures++ }

// Good says that the camera has delivered a picture: its next failure is the
// first again.
func (l *Ladder) Good() { l.failures, l.logged = 0, Retry }

// Climbed logs what was done: at Info only what was not done before, since the
// last good picture.
func (l *Ladder) Climbed(to Rung, what string) {
	event := l.log.Debug()
	if to > l.logged {
		l.logged = to
		event = l.log.Info()
	}
	event.Int("failures", l.failures).Msg(what)
}
