package queue_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// dirty leaves a closed queue with something for every repair, and returns the
// photos that must be waiting after it.
func dirty(r *rig) (kept []photo.Meta) {
	r.open()
	var m [6]photo.Meta
	for i := range m {
		m[i] = r.add()
	}
	// A deletion was decided and not carried out.
	r.do("Acknowledge", r.q.Acknowledge(m[0].Seq()))
	r.setFree(0)
	r.cutAt(spool.StepUnlink, 1, func() {})
	r.q.Trim(context.Background())
	r.setFree(10 << 30)
	// A picture was being written; another was whole; a third has bad bytes.
	r.cutAt(spool.StepMeta, 1, func() {})
	r.q.Add(r.shot(), picture(1, 5000))
	r.cutAt(queue.StepIndexAdd, 1, func() {})
	r.q.Add(r.shot(), picture(2, 5000))
	r.cutAt(queue.StepIndexAdd, 1, func() {})
	r.q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(3, 5000)(w)
		e.Camera = "spoiled"
		return e, err
	})
	r.setFault(nil)
	r.close()
	names := r.photos()
	r.do("spoil", os.Truncate(names[len(names)-1], 17))
	// A file vanished.
	r.do("remove", os.Remove(r.file(m[3])))
	return []photo.Meta{m[1], m[2], m[4], m[5]}
}

func TestUnindexedPhotoIsAdoptedWithItsSlot(t *testing.T) {
	r := newRig(t)
	kept := dirty(r)
	q := r.open()
	rec := q.Recovery()
	if rec.Rebuilt || rec.Adopted != 1 || rec.Removed != 3 || rec.Damaged != 0 || rec.Lost != 1 {
		t.Errorf("Recovery = %+v, want 1 adopted, 3 removed, none damaged, 1 lost", rec)
	}
	items := r.list()
	if len(items) != len(kept)+2 {
		t.Fatalf("%d items, want %d", len(items), len(kept)+2)
	}
	adopted := items[0]
	if !q.Accounted(adopted.Slot) {
		t.Errorf("slot %s of the adopted photo is not accounted for", adopted.Slot)
	}
	if at, ok := q.LastSlot(); !ok || !at.Equal(adopted.Slot) {
		t.Errorf("LastSlot = %s, %t, want the adopted photo's, %s", at, ok, adopted.Slot)
	}
	if rec := r.reopen().Recovery(); rec.Adopted+rec.Removed+rec.Damaged+rec.Lost != 0 {
		t.Errorf("second Recovery = %+v, want nothing", rec)
	}
}

// unindexed leaves a closed queue with two photos in the spool that have no
// item, and n confirmed ones.
func unindexed(t *testing.T, n int) (*rig, []photo.Meta) {
	r := newRig(t)
	r.open()
	all := r.fill(n)
	for range 2 {
		r.cutAt(queue.StepIndexAdd, 1, func() {})
		r.q.Add(r.shot(), picture(1, 5000))
	}
	r.setFault(nil)
	r.close()
	return r, all
}

func isIndexStep(step string) bool { return len(step) > 6 && step[:6] == "index." }

func TestOpenOnFullCardMakesRoomToAdopt(t *testing.T) {
	r, all := unindexed(t, 3)
	r.setFree(511_999_999)
	unlinked := 0
	r.setFault(func(step string) error {
		if step == spool.StepUnlink {
			unlinked++
		}
		if step == queue.StepIndexAdopt && unlinked == 0 {
			return fmt.Errorf("write: %w", syscall.ENOSPC)
		}
		return nil
	})
	if rec := r.open().Recovery(); rec.Adopted != 2 || rec.Unadopted != 0 {
		t.Errorf("Recovery = %+v, want 2 adopted", rec)
	}
	if got := r.states(); len(got) != 3 || got[all[3].ID] != queue.Waiting {
		t.Errorf("states = %v, want the confirmed gone, the three others there", got)
	}
}

func TestOpenOnFullCardLeavesWhatItCantAdopt(t *testing.T) {
	messes := map[string]struct {
		spoil     func(r *rig)
		unadopted int
		kept      int
	}{
		"sound index": {func(*rig) {}, 2, 4},
		"no index":    {func(r *rig) { r.do("remove", os.Remove(r.index())) }, 6, 0},
	}
	for name, mess := range messes {
		t.Run(name, func(t *testing.T) {
			r, all := unindexed(t, 3)
			mess.spoil(r)
			first := mess.kept == 0 // an empty index still fits
			r.setFault(func(step string) error {
				if isIndexStep(step) && step != queue.StepIndexCreate && !first {
					return fmt.Errorf("write: %w", syscall.ENOSPC)
				}
				first = false
				return nil
			})
			q := r.open()
			if rec := q.Recovery(); rec.Unadopted != mess.unadopted || rec.Adopted != 0 {
				t.Errorf("Recovery = %+v, want %d unadopted", rec, mess.unadopted)
			}
			if got := len(r.states()); got != mess.kept {
				t.Errorf("%d items, want %d", got, mess.kept)
			}
			r.check()
			r.setFault(nil) // there is room again
			m := r.add()
			if m.Seq() != all[3].Seq()+3 {
				t.Errorf("next number = %d, want %d: the unadopted have theirs", m.Seq(), all[3].Seq()+3)
			}
			if rec := r.reopen().Recovery(); rec.Adopted != mess.unadopted || rec.Unadopted != 0 {
				t.Errorf("second Recovery = %+v, want %d adopted", rec, mess.unadopted)
			}
			if got := len(r.states()); got != 7 {
				t.Errorf("%d items, want 7", got)
			}
		})
	}
}
