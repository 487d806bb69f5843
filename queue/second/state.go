package second

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// What State.Err, and the error of Open, can be: errors.Is finds these.
var (
	// ErrAbsent says that no disk is mounted there.
	ErrAbsent = errors.New("no disk is mounted")
	// ErrForeign says that the disk has other things on it, or is another
	// controller's.
	ErrForeign = errors.New("disk is not this controller's")
	// ErrFull says that the disk has no room, and no copy that may be deleted.
	ErrFull = errors.New("disk is full")
	// ErrDamaged says that what was read back is not what was written.
	ErrDamaged = errors.New("disk does not keep what is written to it")
)

// State is what is known of the second copy at a moment.
type State struct {
	// Configured: there is to be a second copy. Where not, all else is zero.
	Configured bool
	// Looked: Run has looked at the disk. Before that nothing below is known.
	Looked bool
	// Mounted: a disk is there, of whatever kind.
	Mounted bool
	// Err is why nothing is copied at present; nil where all is well. See
	// ErrAbsent, ErrForeign, ErrFull, ErrDamaged; others are the system's, as of a
	// read-only disk or one that was pulled out, or the queue's.
	Err error
	// Waiting is how many photos wait, as far as was looked ahead: at least so
	// many where it is 64.
	Waiting int
	// Copied, Deleted and Skipped count photos since the start: copied, deleted
	// for room, and left out as the card could not give them.
	Copied, Deleted, Skipped int
	// LastSkip is why the last one was left out; nil where none was.
	LastSkip error
	// FreeBytes and TotalBytes are of the disk when it was last looked at.
	FreeBytes, TotalBytes uint64
	// Disk is the disk's own name, by which two can be told apart; empty where
	// none was seen.
	Disk string
}

// State is the present state. It never waits for the disk.
func (w *Worker) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state
	s.Configured = w.c.Mount != ""
	return s
}

func (w *Worker) update(change func(*State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.state)
}

// note keeps the end of a round, and logs it where it differs from the last.
func (w *Worker) note(err error) {
	was := w.State()
	w.update(func(s *State) {
		s.Looked = true
		s.Err = err
		if errors.Is(err, ErrAbsent) {
			s.Mounted, s.FreeBytes, s.TotalBytes = false, 0, 0
		}
	})
	switch {
	case was.Looked && class(was.Err) == class(err):
	case err == nil:
		w.o.Log.Info().Str("disk", w.State().Disk).Msg("second copy is up")
	case errors.Is(err, ErrAbsent):
		w.o.Log.Info().Err(err).Msg("second copy is away")
	default:
		w.o.Log.Warn().Err(err).Msg("second copy stands still")
	}
}

// class is what is logged once: of its errors, the texts differ by photo.
func class(err error) error {
	for _, known := range []error{ErrAbsent, ErrForeign, ErrFull, ErrDamaged, fs.ErrPermission, unix.EROFS, unix.EIO} {
		if errors.Is(err, known) {
			return known
		}
	}
	if err != nil {
		return errOther
	}
	return nil
}

var errOther = errors.New("another error")
