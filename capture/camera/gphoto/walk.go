package gphoto

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"fieldcam/capture/camera/dcf"
)

const (
	// maxWalk is how long ago the last step of a look at the card may be that goes on later:
	// a controller may fetch once a day.
	maxWalk = 48 * time.Hour
	// maxStalls is how often in a row a step may be ended for a shot, or by the end of a
	// slot's time, before that is a fault.
	maxStalls = 20
)

// walk is a look at the camera's card. What ends it, a shot that is due or the end of a
// slot's or a fetch's time, costs the step that is under way and no more: it goes on with
// that.
type walk struct {
	moved time.Time // when its last step was done, or it was begun; zero where none is under way
	// until is the deadline of the List that it is for; zero where it is for none, or for
	// one without.
	until time.Time
	// parts: folder by folder, for the card at once took too long. It stays so.
	parts   bool
	folders []string            // to be listed; nil where the camera is to be asked which there are
	listed  map[string][]remote // by their folders
	// newest are the newest folders of each card, which pictures go into. They are listed
	// last, so that what was listed before lacks no picture, however long it takes.
	newest map[string]bool
}

// stall counts how often in a row a step of a transfer has been ended before it was done,
// without a picture or a part of a listing between.
type stall struct {
	n    int
	most time.Duration // that it had
}

// errStalled: the shots leave no time for a step.
var errStalled = errors.New("the shots leave it no time: leave a longer pause between shots while pictures are fetched, set delete_fetched, or empty the camera's card")

// ended takes note of a step that ctx has ended after a time, with err. The step comes
// again: it is a fault only where that has gone on for too long.
func (s *stall) ended(what string, had time.Duration, err error) error {
	s.n, s.most = s.n+1, max(s.most, had)
	if s.n < maxStalls {
		return err
	}
	most := s.most
	*s = stall{}
	return fmt.Errorf("%d steps in a row were ended after %v at most, of which the last was %s: %w", maxStalls, most.Round(time.Millisecond), what, errStalled)
}

// listCard is the picture files on the camera's card, for the walk that is under way. Where
// ctx ends it goes on with the next call.
func (c *Camera) listCard(ctx context.Context, at where) (files []remote, err error) {
	w := &c.walk
	for done := false; !done; {
		begun, what := time.Now(), ""
		what, done, err = c.step(ctx, at)
		switch {
		case err == nil:
			w.moved, c.stall = time.Now(), stall{}
		case outOfTime(ctx, err):
			w.parts = true
			return nil, c.stall.ended(what, time.Since(begun), err)
		default:
			*w = walk{parts: w.parts}
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(w.listed)) {
		files = append(files, w.listed[folder]...)
	}
	*w = walk{parts: w.parts}
	return files, nil
}

// step is the next step of the walk, and what it is; done tells whether it was the last one.
func (c *Camera) step(ctx context.Context, at where) (what string, done bool, err error) {
	w := &c.walk
	what = "the listing of the camera's card"
	if !w.parts {
		w.listed[""], err = c.listFiles(ctx, at, listTime)
		if !errors.Is(err, errTooLong) || c.wild {
			return what, true, err
		}
		w.parts = true // it was at work, and ended when it was told to
	}
	if w.folders == nil {
		all, err := c.listFolders(ctx, at)
		if err != nil {
			return what, false, err
		}
		return what, w.plan(all), nil
	}
	folder := w.folders[0]
	what = "the listing of the camera's folder " + folder
	files, err := c.listFiles(ctx, at, folderTime, "--folder", folder, "--no-recurse")
	if err != nil {
		return what, false, err
	}
	w.listed[folder], w.folders = files, w.folders[1:]
	return what, len(w.folders) == 0, nil
}

// begin begins a walk anew, for a List with that deadline or for none.
func (w *walk) begin(until time.Time) {
	*w = walk{moved: time.Now(), until: until, parts: w.parts, listed: map[string][]remote{}}
}

// goOn lets a List with that deadline go on where one with another has ended: the newest
// folders have more pictures by now, and there may be others. A person who has the camera
// write into an older one finds these pictures with the List after it.
func (w *walk) goOn(until time.Time) {
	w.until, w.folders = until, nil
	for folder := range w.newest {
		delete(w.listed, folder)
	}
}

// plan takes in which folders there are; done tells whether all of them are listed.
func (w *walk) plan(all []string) (done bool) {
	maps.DeleteFunc(w.listed, func(folder string, _ []remote) bool { return !slices.Contains(all, folder) })
	newest := map[string]string{} // by their cards
	for _, folder := range all {
		card := path.Dir(folder)
		if path.Base(folder) > path.Base(newest[card]) { // three digits come first
			newest[card] = folder
		}
	}
	w.newest, w.folders = map[string]bool{}, []string{}
	for _, folder := range newest {
		w.newest[folder] = true
	}
	for _, last := range []bool{false, true} {
		for _, folder := range all {
			if _, ok := w.listed[folder]; !ok && w.newest[folder] == last {
				w.folders = append(w.folders, folder)
			}
		}
	}
	return len(w.folders) == 0
}

// walking tells whether a look at the card is to go on.
func (w *walk) walking() bool { return !w.moved.IsZero() && time.Since(w.moved) <= maxWalk }

// listFiles lists the picture files below a folder, or on the card, within limit.
func (c *Camera) listFiles(ctx context.Context, at where, limit time.Duration, folder ...string) (files []remote, err error) {
	s := newSaid()
	s.onFile = func(f remote) { files = append(files, f) }
	args := append(at.options(c.cfg.network()), folder...)
	err = c.ask(ctx, limit, s, append(args, "--quiet", "--parsable", "--list-files")...)
	return files, err
}

// listFolders lists the folders that pictures are in.
func (c *Camera) listFolders(ctx context.Context, at where) (folders []string, err error) {
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
