package second_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"fieldcam/queue/second"
)

// size is of a disk that these photos, some of half a megabyte, fill soon.
const size = 2 << 20

// have lists which of the photos the disk has.
func (r *rig) have(photos []*entry) (all []uint64) {
	for _, e := range photos {
		if r.whole(e.Meta) == nil {
			all = append(all, e.Seq())
		}
	}
	return all
}

func TestFullDiskDeletesTheOldestThatTheCloudHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.full["disk-a"] = size
		photos := r.queue.add(60) // some 11 MB
		r.queue.change(func() {
			for _, e := range photos[1:] { // the first waits for ever
				e.confirmed = true
			}
		})
		r.plug("disk-a")
		r.start()
		r.until("all copied", r.allCopied)
		have := r.have(photos)
		if len(have) < 5 || have[0] != 1 || have[len(have)-1] != 60 {
			t.Fatalf("the disk has %v, want the first, which the cloud lacks, and the newest", have)
		}
		s := r.worker.State()
		if s.Deleted != len(photos)-len(have) || s.Err != nil {
			t.Errorf("State = %+v, want %d deleted", s, len(photos)-len(have))
		}
		if free, total, err := r.space(nil); err != nil || free < total/100*2 {
			t.Errorf("%d of %d bytes are free (%v), want 2 %%", free, total, err)
		}
		// Metadata goes with its photo.
		names, err := filepath.Glob(filepath.Join(r.mount(), "fieldcam/cam-1/*/*.json"))
		if len(names) != len(have) || err != nil {
			t.Errorf("%d metadata files (%v), want %d", len(names), err, len(have))
		}
	})
}

func TestFullDiskWithNothingToDeleteSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.full["disk-a"] = size
		photos := r.queue.add(60)
		r.plug("disk-a")
		r.start()
		r.until("the disk full", r.failed(second.ErrFull))
		before := r.have(photos)
		if n := r.worker.State().Deleted; n != 0 || len(before) < 5 {
			t.Fatalf("%d deleted, %d on the disk, want 0 and some", n, len(before))
		}
		// The cloud gets some: there is room again.
		r.queue.change(func() {
			for _, e := range photos[:10] {
				e.confirmed = true
			}
		})
		r.until("more copied", func() bool { return len(r.have(photos[len(before):])) > 0 })
		r.queue.change(func() {
			for _, e := range photos {
				e.confirmed = true
			}
		})
		r.until("all copied", r.allCopied)
	})
}

func TestPhotoLargerThanTheDiskDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.full["disk-a"] = 30 << 10
		photos := r.queue.add(3) // the third is larger
		r.queue.change(func() { photos[0].confirmed = true; photos[1].confirmed = true })
		r.plug("disk-a")
		r.start()
		r.until("the disk full", r.failed(second.ErrFull))
		if n := r.worker.State().Deleted; n > 1 {
			t.Errorf("%d copies deleted for nothing", n)
		}
	})
}

// A card that was replaced numbers its photos anew: what the cloud has of its
// numbers says nothing of the old card's photos.
func TestCopiesOfAnotherQueueAreNeverDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		old := r.queue.add(4)
		r.plug("disk-a")
		stop := r.start()
		r.until("all copied", r.allCopied)
		stop()
		old = append([]*entry(nil), old...)

		r.o.Dir = filepath.Join(r.base, "card-2")
		r.do(os.Mkdir(r.o.Dir, 0o755))
		r.queue = &queue{r: r}
		r.o.Queue = r.queue
		photos := r.queue.add(60)
		r.queue.change(func() {
			for _, e := range photos {
				e.confirmed = true
				e.ID = e.ID[:len(e.ID)-6] + "abcdef" // other photos under the same numbers
			}
		})
		r.full["disk-a"] = size
		r.start()
		r.until("all copied", r.allCopied)
		if n := len(r.have(old)); n != 4 {
			t.Errorf("%d of 4 copies of the old card are left", n)
		}
		if r.worker.State().Deleted == 0 {
			t.Error("none deleted: the disk was not full")
		}
	})
}

func TestUnplugWhileDeleting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.full["disk-a"] = size
		photos := r.queue.add(60)
		r.queue.change(func() {
			for _, e := range photos {
				e.confirmed = true
			}
		})
		cut := false
		r.faults(func(step string) error {
			if step == second.StepDelete && !cut {
				cut = true
				r.unplug()
				return os.ErrDeadlineExceeded
			}
			return nil
		})
		r.plug("disk-a")
		r.start()
		r.until("the disk gone", r.failed(second.ErrAbsent))
		r.wantNothingAt(r.mount())
		r.plug("disk-a")
		r.until("all copied", r.allCopied)
	})
}
