package gphoto

import (
	"context"
	"slices"
	"time"

	"fieldcam/capture/photo"
)

const (
	// maxDeletions is how many files one run of gphoto2 deletes: each takes a moment.
	maxDeletions = 20
	// cleanTime is how long a slot must have left for that.
	cleanTime = 10 * time.Second
)

// card is what is known of the files on the camera's card.
type card struct {
	// owing: files of shots that became photos may be on the camera and not in the
	// queue, or be in the queue and still to be deleted.
	owing bool
	// looked is when the card was last looked at for those, by package time.
	looked time.Time
	// usual is how many files a shot has brought at most, of the wanted kinds.
	usual int
	// delete are the files that the queue has and the camera need not keep, by their
	// paths there.
	delete []string
}

// clean deletes files that the queue has, a number at a time, where there is time for
// that, and tells whether it did. What stays is found by the next look at the card. It is a run of its own: behind
// a capture gphoto2 takes paths as below that one's folder (gphoto2/main.c,
// dissolve_filename).
func (c *Camera) clean(ctx context.Context, at where) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < cleanTime || len(c.card.delete) == 0 {
		return false
	}
	n := min(len(c.card.delete), maxDeletions)
	args := at.options(c.cfg.network())
	for _, path := range c.card.delete[:n] {
		args = append(args, "--delete-file", path)
	}
	c.card.delete = slices.Delete(c.card.delete, 0, n)
	err := c.ask(ctx, askTime, newSaid(), args...)
	if err != nil {
		c.card.owing = true
	}
	c.tell("delete", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("fetched files not deleted from the camera")
	})
	return err == nil
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
