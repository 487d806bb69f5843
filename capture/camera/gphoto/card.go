package gphoto

import (
	"slices"
	"time"

	"fieldcam/capture/photo"
)

// maxDeletions is how many files one run of gphoto2 deletes: each takes a moment, and
// the shot is waiting.
const maxDeletions = 20

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
	// deleting are those of them that the run under way deletes.
	deleting int
}

// deletions are gphoto2's arguments to delete what is due.
func (k *card) deletions() (args []string) {
	k.deleting = min(len(k.delete), maxDeletions)
	for _, path := range k.delete[:k.deleting] {
		args = append(args, "--delete-file", path)
	}
	return args
}

// came takes note of a shot's files: of those that were told of and did not come, or
// were not even told of, as it seems.
func (k *card) came(files []local, s *said, cfg Config) {
	k.delete, k.deleting = slices.Delete(k.delete, 0, k.deleting), 0
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
