//go:build e2e

package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/jpeg"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// verdict is what the ledger of a test came to.
type verdict struct {
	taken  int                 // scheduled photos
	missed map[photo.Cause]int // slots
}

func (v verdict) String() string { return fmt.Sprintf("%d slots taken, missed %v", v.taken, v.missed) }

// finish waits until all photos are in the cloud and no slot is in hand or near,
// stops the daemon, and returns that moment. Where the machine is so busy that a
// slot came before the end all the same, it goes on with the next one.
func (r *rig) finish(limit time.Duration) time.Time {
	r.Helper()
	for began := time.Now(); ; {
		stopped, next := r.stopBetweenSlots(limit)
		if time.Now().Before(next) {
			return stopped
		}
		if time.Since(began) > patience {
			r.Fatalf("not within %v: a stop between two slots", patience)
		}
		must(r, r.StartDaemon(r.ctx))
	}
}

// stopBetweenSlots gives the moment of the stop, and the slot that follows it.
func (r *rig) stopBetweenSlots(limit time.Duration) (stopped, next time.Time) {
	r.Helper()
	// The stop must not come into the next slot, nor so soon after one that it has
	// not been dealt with: that leaves it to the next start.
	const least = 1500 * time.Millisecond
	r.awaitFor(limit, "all photos are in the cloud", func() bool {
		s, err := r.Client().Status(r.ctx)
		if err != nil || !settled(s) || s.Capture.Next == nil {
			return false
		}
		next = *s.Capture.Next
		return next.Sub(s.Now) > least && dealtWith(s, next.Add(-interval))
	})
	stopped = time.Now()
	r.stop()
	return stopped, next
}

// dealtWith tells whether the slot, or a later one, has its photo or was missed
// since the start.
func dealtWith(s control.Status, slot time.Time) bool {
	return s.Capture.LastPhoto != nil && !s.Capture.LastPhoto.Slot.Before(slot) ||
		s.Capture.LastMiss != nil && !s.Capture.LastMiss.To.Before(slot)
}

// firstSlot waits until the first slot of the first start has a photo, or failed,
// and gives it. What came due while the daemon was still starting, it need not
// have taken note of: see package capture.
func (r *rig) firstSlot() (slot time.Time) {
	r.Helper()
	r.awaitStatus("the first slot is dealt with", func(s control.Status) bool {
		if s.Capture.LastPhoto != nil {
			slot = s.Capture.LastPhoto.Slot
		}
		if m := s.Capture.LastMiss; m != nil && (slot.IsZero() || m.From.Before(slot)) {
			slot = m.From
		}
		return !slot.IsZero()
	})
	return slot
}

func settled(s control.Status) bool {
	return s.Queue.Waiting == 0 && s.Queue.Refused == 0 && !s.Upload.Running && s.Capture.Shooting == nil
}

// judge holds the stopped controller's queue and the cloud to the promises: the
// queue is sound, each slot in [from, to] is accounted for once, and each photo
// is in the cloud once, with its own bytes, and nothing else is there.
func (r *rig) judge(from, to time.Time) verdict {
	r.Helper()
	q := r.openQueue()
	defer q.Close()
	if rec := q.Recovery(); rec.Damaged+rec.Lost+rec.Foreign+rec.Removed+rec.Adopted > 0 || rec.Rebuilt {
		r.Errorf("the queue after an orderly stop: %+v", rec)
	}
	if err := q.Check(); err != nil {
		r.Error(err)
	}
	v := r.judgeLedger(q, from, to)
	r.judgeCloud(q)
	return v
}

// judgeLedger knows the schedule on its own: a slot every 5 s of UTC.
func (r *rig) judgeLedger(q *queue.Queue, from, to time.Time) verdict {
	r.Helper()
	v := verdict{missed: map[photo.Cause]int{}}
	entries, err := q.Ledger(from.Add(-time.Hour), to.Add(time.Hour))
	must(r, err)
	accounts := map[time.Time]int{}
	for _, e := range entries {
		if n := len(e.Photos); n > 1 {
			r.Errorf("slot %v has %d photos", e.From, n)
		}
		v.taken += len(e.Photos)
		slots := int(e.To.Sub(e.From)/interval) + 1
		for at := e.From; !at.After(e.To); at = at.Add(interval) {
			accounts[at]++
			if !at.Equal(at.Truncate(interval)) || at.After(to) {
				r.Errorf("ledger at %v: there is no such slot", at)
			}
		}
		if e.Slots != slots {
			r.Errorf("ledger has %+v: there are %d slots", e, slots)
		}
		if len(e.Photos) == 0 {
			v.missed[e.Cause] += slots
			if e.Cause == "" {
				r.Errorf("ledger has %+v, want a photo or why there is none", e)
			}
		}
	}
	first := from.Truncate(interval)
	if first.Before(from) {
		first = first.Add(interval)
	}
	for at := first.UTC(); !at.After(to); at = at.Add(interval) {
		if accounts[at] != 1 {
			r.Errorf("slot %v is in the ledger %d times, want once", at, accounts[at])
		}
	}
	for at, n := range accounts {
		if n != 1 && at.Before(first) {
			r.Errorf("slot %v is in the ledger %d times, want once", at, n)
		}
	}
	return v
}

// judgeCloud compares the queue with the hub's folder of the device. Where the
// card is so small that photos are deleted for room, the ledger knows them.
func (r *rig) judgeCloud(q *queue.Queue) {
	r.Helper()
	cloud := r.cloudFiles()
	must(r, r.eachItem(q, func(i queue.Item) {
		if i.State != queue.Confirmed {
			r.Errorf("photo %s is %s (%s), want confirmed", i.ID, i.State, i.Reason)
		}
		name := filepath.Join(i.Slot.UTC().Format(time.DateOnly), string(i.ID)+"."+i.Format)
		there, ok := cloud[name]
		delete(cloud, name)
		if !ok {
			r.Errorf("photo %s is not in the cloud", i.ID)
			return
		}
		r.comparePhoto(q, i.Meta, there)
	}))
	deleted := r.deleted(q)
	for name := range maps.Keys(cloud) {
		seq := photo.ID(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))).Seq()
		if !r.deletes || !deleted[seq] {
			r.Errorf("the cloud has %s, which the controller does not know", name)
		}
		delete(deleted, seq)
	}
	for seq := range deleted {
		r.Errorf("photo number %d was deleted from the card, and the cloud does not have it", seq)
	}
}

// deleted is the numbers of the photos that the ledger knows and the queue has no
// more: those that were deleted for room.
func (r *rig) deleted(q *queue.Queue) map[uint64]bool {
	r.Helper()
	entries, err := q.Ledger(time.Unix(0, 0), time.Now().Add(time.Hour))
	must(r, err)
	gone := map[uint64]bool{}
	for _, e := range entries {
		for _, seq := range e.Photos {
			gone[seq] = true
		}
	}
	must(r, r.eachItem(q, func(i queue.Item) { delete(gone, i.Seq()) }))
	return gone
}

// eachItem calls f for all that the queue has.
func (r *rig) eachItem(q *queue.Queue, f func(queue.Item)) error {
	for before := uint64(0); ; {
		items, err := q.List(queue.Filter{Before: before})
		if err != nil || len(items) == 0 {
			return err
		}
		for _, i := range items {
			before = i.Seq()
			f(i)
		}
	}
}

// comparePhoto wants the photo's own bytes on the card and in the cloud, and a
// whole picture in them.
func (r *rig) comparePhoto(q *queue.Queue, m photo.Meta, there []byte) {
	r.Helper()
	f, err := q.Open(m)
	must(r, err)
	here, err := io.ReadAll(f)
	must(r, err)
	must(r, f.Close())
	sum := sha256.Sum256(there)
	if got := hex.EncodeToString(sum[:]); got != m.SHA256 || !bytes.Equal(here, there) {
		r.Errorf("photo %s: SHA-256 %s in the cloud, want %s; as on the card: %t", m.ID, got, m.SHA256, bytes.Equal(here, there))
	}
	if _, err := jpeg.Decode(bytes.NewReader(there)); err != nil && m.Session != notAPicture {
		r.Errorf("photo %s is no whole picture: %v", m.ID, err)
	}
}

// notAPicture is the session of photos that tests make up.
const notAPicture = "made up"

// cloudFiles reads all that the hub has filed: photos by their path below the
// device's folder. It takes out the descriptions, and reports what is neither.
func (r *rig) cloudFiles() map[string][]byte {
	r.Helper()
	photos, descriptions := map[string][]byte{}, map[string]bool{}
	root := filepath.Dir(r.PhotoDir())
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(r.PhotoDir(), path)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(rel, ".."), strings.HasPrefix(d.Name(), "."):
			r.Errorf("the cloud has %s", path)
		case strings.HasSuffix(rel, ".json"):
			descriptions[strings.TrimSuffix(rel, ".json")] = true
		default:
			if photos[rel], err = os.ReadFile(path); err != nil {
				return err
			}
		}
		return nil
	})
	must(r, err)
	for name := range photos {
		stem := strings.TrimSuffix(name, filepath.Ext(name))
		if !descriptions[stem] {
			r.Errorf("photo %s has no description in the cloud", name)
		}
		delete(descriptions, stem)
	}
	for stem := range descriptions {
		r.Errorf("the cloud describes %s and does not have it", stem)
	}
	return photos
}
