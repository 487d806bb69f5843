package gphoto

import (
	"context"
	"errors"
	"slices"
	"time"

	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/photo"
)

const (
	// maxDeletions is how many files one run of gphoto2 deletes: each takes a moment.
	maxDeletions = 20
	// cleanTime is how long a slot must have left for that: two runs of gphoto2, and what
	// the store and the shot's other files need.
	cleanTime = 6 * time.Second
)

// card is what is known of the files on the camera's card.
type card struct {
	// owing: since the last look at the card began something has happened that another
	// one is to put right: files of a shot that became a photo may be on the camera and not
	// in the queue, or be in the queue and still to be deleted. See Camera.owes.
	owing bool
	// looked is when the card was last looked at for those, by package time.
	looked time.Time
	// found are those of the last look that are to be brought, by their shots; nil when
	// all have been. notes are those from before it began: when it is over, their shots
	// have no other files, unless more says that it has left some.
	found []foundShot
	notes []fetched.Record
	more  bool
	// usual is how many files a shot has brought at most, of the wanted kinds.
	usual int
	// delete are the files that the queue has, or that are to be no photos, and the
	// camera need not keep.
	delete []remote
}

// clean deletes files that need not be kept, a number at a time, where there is time for
// that, and tells whether it did. What stays is found by the next look at the card.
//
// Before that the camera is asked what it has by these names: a card that was changed or
// formatted since, or whose numbers have begun anew, has others. It is a run of its own, as
// is the deletion: behind a capture gphoto2 takes paths as below that one's folder
// (gphoto2/main.c, dissolve_filename).
func (c *Camera) clean(ctx context.Context, at where) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < cleanTime || len(c.card.delete) == 0 {
		return false
	}
	n := min(len(c.card.delete), maxDeletions)
	files := slices.Clone(c.card.delete[:n])
	c.card.delete = slices.Delete(c.card.delete, 0, n)
	files, err := c.still(ctx, at, files)
	if err == nil && len(files) > 0 {
		args := at.options(c.cfg.network())
		for _, f := range files {
			args = append(args, "--delete-file", f.path)
		}
		err = c.ask(ctx, askTime, newSaid(), args...)
	}
	if err != nil {
		c.card.owing = true
	}
	c.tell("delete", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("fetched files not deleted from the camera")
	})
	return err == nil
}

// still is which of the files the camera still has, as they were. gphoto2 tells of one
// after the other, and ends at one that is not there: what comes after that is for the
// next time.
func (c *Camera) still(ctx context.Context, at where, files []remote) (same []remote, err error) {
	args := at.options(c.cfg.network())
	for _, f := range files {
		args = append(args, "--show-info", f.path)
	}
	s := newSaid()
	now := map[string]remote{}
	s.onFile = func(f remote) { now[f.path] = f }
	err = c.ask(ctx, askTime, s, args...)
	var fault *Fault
	if errors.As(err, &fault) && fault.Code == codeNoFile {
		err = nil
	}
	for i, f := range files {
		is, ok := now[f.path]
		if !ok {
			if err == nil && i+1 < len(files) {
				c.card.delete = append(c.card.delete, files[i+1:]...)
			}
			break
		}
		if is.size != f.size || !near(is.time, f.time, timeSpread) {
			c.o.Log.Info().Str("file", f.path).Msg("file stays on the camera: it is another one than was fetched")
			continue
		}
		same = append(same, f)
	}
	return same, err
}

// came takes note of a shot's files: of those that were told of and did not come, or
// were not even told of, as it seems.
func (k *card) came(files []local, s *said, cfg Config) {
	wanted := 0
	for _, path := range s.added {
		if r, ok := remoteAt(path); ok && photo.IsKind(cfg.Files, r.Format) {
			wanted++
		}
	}
	// libgphoto2 tells of the last file alone where a camera of no known make tells of
	// several before it is done (camlibs/ptp2/library.c, camera_capture).
	alone := !files[0].IsJPEG() && cfg.Files == photo.KindBoth && k.usual == 0
	if len(files) < max(wanted, k.usual) || alone {
		k.owing = true
	}
	k.usual = max(k.usual, len(files))
}
