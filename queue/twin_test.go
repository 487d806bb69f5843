package queue_test

import (
	"os"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// twins are two closed queues of 3 photos with the same numbers, the second's
// exposed so much later.
func twins(t *testing.T, later time.Duration) (r *rig, own, others []photo.Meta, bring func(m photo.Meta)) {
	r, own = filled(t, 3)
	other := newRig(t)
	other.slot = other.slot.Add(later)
	other.open()
	for range own {
		others = append(others, other.add())
	}
	return r, own, others, func(m photo.Meta) {
		b, err := os.ReadFile(other.file(m))
		r.do("read", err)
		r.put(m, b)
	}
}

// A technician copies the spool of an old card into a new one and rebuilds the
// index: the new card's photos stand as they were, and the others with a number of
// theirs are in damaged/, whole.
func TestOfTwoPhotosWithOneNumberTheQueuesOwnStands(t *testing.T) {
	for _, later := range []time.Duration{-time.Hour, time.Hour} {
		r, own, others, bring := twins(t, later)
		q := r.open()
		r.do("Acknowledge", q.Acknowledge(2))
		r.close()
		bring(others[1])
		rec, err := queue.Rebuild(t.Context(), r.options())
		if err != nil || rec.Adopted != 3 || rec.Damaged != 1 {
			t.Errorf("Rebuild = %+v, %v, want 3 adopted, 1 set aside", rec, err)
		}
		if rec := r.open().Recovery(); rec.Damage != "" || rec.Rebuilt || rec.Damaged+rec.Adopted != 0 {
			t.Errorf("Recovery = %+v, want a sound index", rec)
		}
		r.check()
		if got := r.states(); len(got) != 3 || got[own[1].ID] != queue.Confirmed || got[own[0].ID] != queue.Waiting {
			t.Errorf("states = %v, want the queue's own, the second confirmed", got)
		}
		b, err := os.ReadFile(r.damaged(spool.Name(others[1])))
		if err != nil || sumOf(b) != others[1].SHA256 {
			t.Errorf("the other photo isn't whole in damaged/: %v", err)
		}
	}
}

// Without an index nobody knows whose the number is: the earlier stands, and none
// is counted twice.
func TestOfTwoPhotosWithOneNumberNoneVanishes(t *testing.T) {
	r, own, others, bring := twins(t, time.Hour)
	r.do("remove", os.Remove(r.index()))
	bring(others[1])
	bring(others[2])
	if rec := r.open().Recovery(); rec.Adopted != 3 || rec.Damaged != 2 {
		t.Errorf("Recovery = %+v, want 3 adopted, 2 set aside", rec)
	}
	r.allWait(own)
	for _, m := range others[1:] {
		if _, err := os.Stat(r.damaged(spool.Name(m))); err != nil {
			t.Error(err)
		}
	}
	// So where a Sweep meets both.
	r, own, others, bring = twins(t, time.Hour)
	kept := r.dir + ".kept"
	t.Cleanup(func() { os.RemoveAll(kept) })
	r.do("rename", os.Rename(r.dir, kept))
	q := r.open()
	for _, m := range own {
		b, err := os.ReadFile(kept + r.file(m)[len(r.dir):])
		r.do("read", err)
		r.put(m, b)
	}
	bring(others[0])
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Adopted != 3 || rec.Damaged != 1 {
		t.Errorf("Sweep = %+v, %v, want 3 adopted, 1 set aside", rec, err)
	}
	r.allWait(own)
}

// A number is not given out again where the index is lost and no file has it.
func TestNoNumberComesAgainWhereTheIndexIsLost(t *testing.T) {
	r, all := filled(t, 3)
	q := r.open()
	r.do("Acknowledge", q.Acknowledge(1, 2, 3))
	if n, err := q.Drop(all[2].ID); n != 1 || err != nil {
		t.Fatalf("Drop = %d, %v", n, err)
	}
	r.setFree(0)
	if _, err := q.Trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.setFree(10 << 30)
	if got := q.Stats().Confirmed; got > 1 {
		t.Errorf("%d are left, want the others trimmed", got)
	}
	r.close()
	r.do("remove", os.Remove(r.index()))
	r.open()
	if m := r.add(); m.Seq() != 4 {
		t.Errorf("next number = %d, want 4", m.Seq())
	}
}

// photo.jpgx beside a photo's record is not its photo.jpg.
func TestAFileWithAnotherExtensionIsNotThePhoto(t *testing.T) {
	r, all := filled(t, 3)
	r.do("rename", os.Rename(r.file(all[1]), r.file(all[1])+"x"))
	q := r.open()
	if rec := q.Recovery(); rec.Lost != 1 || rec.Damaged != 1 {
		t.Errorf("Recovery = %+v, want 1 lost, 1 set aside", rec)
	}
	if got := r.states()[all[1].ID]; got != queue.Lost {
		t.Errorf("it is %s, want %s", got, queue.Lost)
	}
}

// A lost photo that is back is what its kind is, as one that isn't uploaded.
func TestALostPhotoThatIsBackHasTheStateOfItsKind(t *testing.T) {
	r := newRig(t)
	r.with = func(o *queue.Options) { o.Config.Upload = photo.KindRAW }
	r.open()
	m := r.add()
	r.close()
	kept := r.dir + ".kept"
	r.do("rename", os.Rename(r.file(m), kept))
	if rec := r.open().Recovery(); rec.Lost != 1 {
		t.Errorf("Recovery = %+v, want 1 lost", rec)
	}
	r.close()
	r.do("rename", os.Rename(kept, r.file(m)))
	if rec := r.open().Recovery(); rec.Found != 1 {
		t.Errorf("Recovery = %+v, want 1 found", rec)
	}
	if got := r.states()[m.ID]; got != queue.Kept {
		t.Errorf("it is %s, want %s", got, queue.Kept)
	}
}
