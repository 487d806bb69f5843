package queue_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"fieldcam/queue"
)

// What a start had no room for is taken in by one Sweep when there is, however much
// it is.
func TestSweepTakesInAllThatAFullCardLeft(t *testing.T) {
	r := newRig(t)
	r.open()
	const photos = 1100 // more than one transaction adopts
	for n := range photos {
		_, err := r.q.Add(r.shot(), picture(n, 40))
		r.do("Add", err)
	}
	r.close()
	r.do("remove", os.Remove(r.index()))
	first := true
	r.setFault(func(step string) error {
		if step != queue.StepIndexAdopt || first {
			first = first && step != queue.StepIndexAdopt // an empty index still fits
			return nil
		}
		return unix.ENOSPC
	})
	q := r.open()
	if rec := q.Recovery(); rec.Unadopted != photos {
		t.Errorf("Recovery = %+v, want %d left", rec, photos)
	}
	r.setFault(nil)
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Adopted != photos || rec.Unadopted != 0 {
		t.Errorf("Sweep = %+v, %v, want %d adopted", rec, err, photos)
	}
	if got := q.Stats().Waiting; got != photos {
		t.Errorf("%d wait, want %d", got, photos)
	}
}

// Of a photo that the card won't tell about nobody says that it is lost.
func TestSweepLosesNoPhotoThatItCannotLookAt(t *testing.T) {
	r, all := filled(t, 3)
	q := r.open()
	kept := r.shard(1) + ".kept"
	r.do("rename", os.Rename(r.shard(1), kept))
	r.do("write", os.WriteFile(r.shard(1), nil, 0o644)) // not a directory
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Lost != 0 {
		t.Errorf("Sweep = %+v, %v, want nothing lost", rec, err)
	}
	r.do("remove", os.Remove(r.shard(1)))
	r.do("rename", os.Rename(kept, r.shard(1)))
	r.allWait(all)
}
