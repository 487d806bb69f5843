package gphoto

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"fieldcam/capture/camera/dcf"
)

const (
	// maxWalk is how old the beginning of a look at the card may be, where that goes on
	// later: what was listed then is not what is there.
	maxWalk = time.Hour
	// maxStalls is how often in a row one step may be ended for a shot, or by the end of a
	// slot's time, before that is a fault.
	maxStalls = 20
)

// walk is a look at the camera's card. What ends it, a shot that is due or the end of a
// slot's time, costs the step that is under way and no more: it goes on with that.
type walk struct {
	begun time.Time // zero where none is under way
	// until is the deadline of the List that it is for; zero where it is for none, or for
	// one without.
	until time.Time
	// parts: folder by folder, for the card at once took too long. It stays so.
	parts   bool
	folders []string // to be listed; nil before they are known
	files   []remote // listed
}

// stall counts how often in a row a step of a transfer has been ended before it was done.
type stall struct {
	what string
	n    int
	most time.Duration // that it had
}

// errStalled: the shots leave no time for a step.
var errStalled = errors.New("the shots leave it no time: leave a longer pause between shots while pictures are fetched, set delete_fetched, or empty the camera's card")

// ended takes note of a step that ctx has ended after a time, with err. The step comes
// again: it is a fault only where it has for too long.
func (s *stall) ended(what string, had time.Duration, err error) error {
	if s.what != what {
		*s = stall{what: what}
	}
	s.n, s.most = s.n+1, max(s.most, had)
	if s.n < maxStalls {
		return err
	}
	most := s.most
	*s = stall{}
	return fmt.Errorf("%s was ended %d times, after %v at most: %w", what, maxStalls, most.Round(time.Millisecond), errStalled)
}

// listCard is the picture files on the camera's card, for the walk that is under way. Where
// ctx ends it goes on with the next call.
func (c *Camera) listCard(ctx context.Context, at where) ([]remote, error) {
	w := &c.walk
	for done := false; !done; {
		begun := time.Now()
		what, err := "the listing of the camera's card", error(nil)
		switch {
		case !w.parts:
			w.files, err = c.listFiles(ctx, at)
			done = true
		case w.folders == nil:
			w.folders, err = c.listFolders(ctx, at)
			done = len(w.folders) == 0
		default:
			what = "the listing of the camera's folder " + w.folders[0]
			var files []remote
			if files, err = c.listFiles(ctx, at, "--folder", w.folders[0], "--no-recurse"); err == nil {
				w.files, w.folders = append(w.files, files...), w.folders[1:]
				done = len(w.folders) == 0
			}
		}
		switch {
		case err == nil:
			c.stall = stall{}
		case outOfTime(ctx, err):
			w.parts = true
			return nil, c.stall.ended(what, time.Since(begun), err)
		default:
			*w = walk{parts: w.parts}
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	files := w.files
	*w = walk{parts: w.parts}
	return files, nil
}

// begin begins a walk anew, for a List with that deadline or for none.
func (w *walk) begin(until time.Time) { *w = walk{begun: time.Now(), until: until, parts: w.parts} }

// walking tells whether a look at the card is to go on.
func (w *walk) walking() bool { return !w.begun.IsZero() && time.Since(w.begun) <= maxWalk }

// listFiles lists the picture files below a folder, or on the card.
func (c *Camera) listFiles(ctx context.Context, at where, folder ...string) (files []remote, err error) {
	s := newSaid()
	s.onFile = func(f remote) { files = append(files, f) }
	args := append(at.options(c.cfg.network()), folder...)
	err = c.ask(ctx, listTime, s, append(args, "--quiet", "--parsable", "--list-files")...)
	return files, err
}

// listFolders lists the folders that pictures are in; none is an empty list, not nil.
func (c *Camera) listFolders(ctx context.Context, at where) ([]string, error) {
	folders := []string{}
	s := newSaid()
	s.onFolder = func(name string) {
		if dcf.IsFolder(path.Base(name)) {
			folders = append(folders, name)
		}
	}
	if err := c.ask(ctx, listTime, s, append(at.options(c.cfg.network()), "--quiet", "--list-folders")...); err != nil {
		return nil, err
	}
	return folders, nil
}
