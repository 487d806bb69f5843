package powercut

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
	"fieldcam/queue"
)

// interval is that of the capture slots: the least that there is.
const interval = 5 * time.Second

// oracle is what this machine had seen of a run when it was cut.
type oracle witness.Seen

// device is the controller's name.
const device = "tempo-powercut"

// judge holds a controller's state directory, as a cut after the log's length at
// left it, to the package's promises. It opens the queue there, as the daemon
// does. The faults are for a person; none: all is well.
func (s oracle) judge(ctx context.Context, dir string, at int64) (faults []string, photos int) {
	v := verdict{seen: s, at: at}
	v.open(ctx, dir, v.judgeQueue)
	// What it mended is mended, and what came since is there.
	v.open(ctx, dir, func(q *queue.Queue) {
		if err := q.Check(); err != nil {
			v.fault("opened again: check: %v", err)
		}
		if _, err := q.Item(v.next); v.next != "" && err != nil {
			v.fault("opened again: the photo taken after the cut: %v", err)
		}
	})
	if aside, err := os.ReadDir(filepath.Join(dir, "damaged")); err == nil && len(aside) > 0 {
		v.fault("set aside as damaged: %d files, the first %s", len(aside), aside[0].Name())
	}
	return v.faults, v.photos
}

// verdict is one state's.
type verdict struct {
	seen   oracle
	at     int64
	faults []string
	photos int      // whole ones in the queue
	next   photo.ID // the photo taken after the cut
}

func (v *verdict) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// open opens the queue for look.
func (v *verdict) open(ctx context.Context, dir string, look func(*queue.Queue)) {
	q, err := queue.Open(ctx, queue.Options{Dir: dir, Device: device, Config: queue.Default(), FreeBytes: roomy})
	if err != nil {
		v.fault("the queue does not open: %v", err)
		return
	}
	look(q)
	if err := q.Close(); err != nil {
		v.fault("the queue does not close: %v", err)
	}
}

// roomy is a card with room, whatever this machine's disk has.
func roomy(string) (uint64, error) { return 1 << 40, nil }

func (v *verdict) judgeQueue(q *queue.Queue) {
	if err := q.Check(); err != nil {
		v.fault("check: %v", err)
	}
	items, err := all(q)
	if err != nil {
		v.fault("the queue can't be listed: %v", err)
		return
	}
	whole := v.judgePhotos(q, items)
	v.photos = len(whole)
	for _, a := range v.seen.Accepted {
		if filed, ok := v.seen.Filed[a.ID]; ok && filed <= v.at {
			continue // it is where it should be; the queue may have deleted it
		}
		if a.At <= v.at && !whole[a.ID] {
			v.fault("photo %s was taken, is not in the hub, and is lost", a.ID)
		}
	}
	v.judgeLedger(q)
	v.goOn(q)
}

// goOn takes a photo more, whose number must be new.
func (v *verdict) goOn(q *queue.Queue) {
	m, err := q.Add(photo.Shot{Trigger: photo.Manual, Slot: afterCut, Taken: afterCut}, func(w io.Writer) (photo.Exposure, error) {
		_, err := io.WriteString(w, "taken after the cut")
		return photo.Exposure{Format: "jpg", Attempts: 1}, err
	})
	if err != nil {
		v.fault("no photo can be added after the cut: %v", err)
		return
	}
	v.next = m.ID
	for _, a := range v.seen.Accepted {
		if a.At <= v.at && a.ID.Seq() >= m.Seq() {
			v.fault("the next photo is number %d, after photo %s", m.Seq(), a.ID)
		}
	}
}

// afterCut is when the photo after the cut is taken: any time will do.
var afterCut = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// all lists the queue.
func all(q *queue.Queue) (items []queue.Item, err error) {
	for before := uint64(0); ; before = items[len(items)-1].Seq() {
		page, err := q.List(queue.Filter{Before: before})
		if err != nil || len(page) == 0 {
			return items, err
		}
		items = append(items, page...)
	}
}

// judgePhotos reads each photo and tells which are whole.
func (v *verdict) judgePhotos(q *queue.Queue, items []queue.Item) map[photo.ID]bool {
	whole := map[photo.ID]bool{}
	picture := map[string]photo.ID{}
	for id, sum := range v.seen.Hub {
		picture[sum] = id
	}
	for _, i := range items {
		if i.State == queue.Lost {
			v.fault("photo %s is in the queue as lost: %s", i.ID, i.Reason)
			continue
		}
		got, err := hash(q, i.Meta)
		switch {
		case err != nil:
			v.fault("photo %s (%s) can't be read: %v", i.ID, i.State, err)
			continue
		case got != i.SHA256:
			v.fault("photo %s (%s) has other bytes than its metadata tells", i.ID, i.State)
			continue
		case !v.seen.Pictures[got]:
			v.fault("photo %s (%s) is no picture that the camera took", i.ID, i.State)
		}
		if other, ok := picture[got]; ok && other != i.ID {
			v.fault("one picture has two names: %s and %s", i.ID, other)
		}
		picture[got] = i.ID
		if hub := v.seen.Hub[i.ID]; hub != "" && hub != got {
			v.fault("photo %s has other bytes than in the hub", i.ID)
		}
		if whole[i.ID] {
			v.fault("photo %s is in the queue twice", i.ID)
		}
		whole[i.ID] = true
		if i.State == queue.Confirmed && v.seen.Hub[i.ID] == "" {
			v.fault("photo %s is confirmed, and the hub does not have it", i.ID)
		}
	}
	return whole
}

func hash(q *queue.Queue, m photo.Meta) (sum string, err error) {
	f, err := q.Open(m)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// judgeLedger wants every slot from the first photo reported to the last one that
// was reported before the cut. The schedule is known here on its own: a slot
// every 5 s of UTC.
func (v *verdict) judgeLedger(q *queue.Queue) {
	var first, last time.Time
	for _, a := range v.seen.Accepted {
		if a.Slot.IsZero() || a.At > v.at {
			continue
		}
		if first.IsZero() || a.Slot.Before(first) {
			first = a.Slot
		}
		if a.Slot.After(last) {
			last = a.Slot
		}
		if !q.Taken(a.Slot) {
			v.fault("the ledger does not have the photo of slot %s as taken", a.Slot.Format(time.RFC3339))
		}
	}
	if first.IsZero() {
		return
	}
	for at := first; !at.After(last); at = at.Add(interval) {
		if !q.Accounted(at) {
			v.fault("the ledger has nothing of slot %s", at.Format(time.RFC3339))
		}
	}
}
