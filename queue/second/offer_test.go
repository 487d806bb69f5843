package second_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/second"
)

// filled is a rig whose disk has n photos, with the worker stopped.
func filled(t *testing.T, n int) (r *rig, photos []*entry) {
	r = newRig(t)
	photos = r.queue.add(n)
	r.plug("disk-a")
	stop := r.start()
	r.until("all copied", r.allCopied)
	stop()
	return r, photos
}

func (q *queue) back(photos []*entry) (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range photos {
		if e.returned {
			n++
		}
	}
	return n
}

func TestPhotosThatTheQueueForgotAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, photos := filled(t, 5)
		r.queue.change(func() {
			for _, e := range photos[:4] {
				e.unknown = true
			}
		})
		r.do(os.Truncate(r.path(photos[1].Meta), 3)) // no whole copy
		r.write(filepath.Join(filepath.Dir(r.path(photos[2].Meta)), string(photos[2].ID)+".json"), "{")
		r.start()
		r.until("the disk looked at", func() bool { return r.worker.Disk() != "" })
		if n := r.queue.back(photos); n != 2 || !photos[0].returned || !photos[3].returned {
			t.Errorf("%d photos came back, want the two whole ones", n)
		}
		// Plugged in again, nothing comes twice: the fake would say so.
		r.unplug()
		r.until("the disk gone", r.failed(second.ErrAbsent))
		if got := r.worker.Disk(); got != "" {
			t.Errorf("Disk = %q of none, want empty", got)
		}
		r.queue.change(func() { photos[4].unknown = true })
		r.plug("disk-a")
		r.until("the disk back", func() bool { return r.worker.Disk() != "" })
		if n := r.queue.back(photos); n != 3 {
			t.Errorf("%d photos came back, want the one that was forgotten meanwhile, too", n)
		}
		// The queue makes its index anew while the disk is in use.
		later := r.queue.add(1)
		r.until("one more copied", r.allCopied)
		r.queue.change(func() { later[0].unknown, r.queue.disk = true, "" })
		r.until("it is back", func() bool { return r.queue.back(later) == 1 })
	})
}

// The numbers of an earlier life of the card were given out again: what the queue
// says of them says nothing of the copies.
func TestNoCopyIsDeletedWhoseNumberIsAnotherPhotos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, photos := filled(t, 3)
		copies := make([]photo.Meta, 0, len(photos))
		r.queue.change(func() {
			for _, e := range photos {
				copies = append(copies, e.Meta)
				e.ID = photo.MakeID(e.Taken, e.Seq(), [3]byte{9, 9, 9})
			}
		})
		before, err := os.ReadFile(filepath.Join(r.base, "card", "second.id"))
		r.do(err)
		r.start()
		r.until("the disk looked at", func() bool { return r.worker.Disk() != "" })
		after, err := os.ReadFile(filepath.Join(r.base, "card", "second.id"))
		r.do(err)
		if string(before) == string(after) {
			t.Error("the queue is the same source to the copies, want another")
		}
		r.queue.change(func() {
			for i, e := range photos { // the queue deleted its own, and knows the number alone
				e.ID, e.confirmed = copies[i].ID, true
			}
		})
		r.mu.Lock()
		r.full["disk-a"] = 1 // no room at all
		r.mu.Unlock()
		r.queue.add(20)
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		for _, m := range copies {
			if err := r.whole(m); err != nil {
				t.Errorf("copy %s: %v, want it left alone", m.ID, err)
			}
		}
	})
}

func TestTheQueueIsToldOfAnotherDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, photos := filled(t, 3)
		r.start()
		r.until("the disk looked at", func() bool { return r.worker.Disk() != "" })
		a := r.worker.Disk()
		r.do(os.Truncate(r.path(photos[0].Meta), 3))
		r.do(os.Remove(r.path(photos[1].Meta)))
		all := []photo.Meta{photos[0].Meta, photos[1].Meta, photos[2].Meta}
		if seqs, err := r.worker.Missing(a, all); err != nil || len(seqs) != 2 || seqs[0] != 1 || seqs[1] != 2 {
			t.Errorf("Missing = %d, %v, want 1 and 2", seqs, err)
		}
		r.plug("disk-b")
		if seqs, err := r.worker.Missing(a, all); !errors.Is(err, second.ErrAbsent) {
			t.Errorf("Missing of a disk that was swapped = %d, %v, want %v", seqs, err, second.ErrAbsent)
		}
		r.until("all copied to the other disk", func() bool { return r.worker.Disk() != a && r.worker.Disk() != "" && r.allCopied() })
		for _, e := range photos {
			if err := r.whole(e.Meta); err != nil {
				t.Errorf("copy of %s: %v", e.ID, err)
			}
		}
		r.unplug()
		if _, err := r.worker.Missing(a, all); !errors.Is(err, second.ErrAbsent) {
			t.Errorf("Missing without a disk = %v, want %v", err, second.ErrAbsent)
		}
	})
}
