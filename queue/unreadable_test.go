package queue_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// bury makes the photo's metadata unreadable, as on a bad sector, and unbury brings
// it back.
func (r *rig) bury(m photo.Meta) (unbury func()) {
	r.Helper()
	path := r.file(m)
	data := make([]byte, 4000)
	n, err := unix.Getxattr(path, "user.fieldcam.meta", data)
	if err == nil {
		data = data[:n]
		r.do("remove attribute", unix.Removexattr(path, "user.fieldcam.meta"))
	} else {
		data, err = os.ReadFile(path + ".json")
		r.do("read sidecar", err)
		r.do("remove sidecar", os.Remove(path+".json"))
	}
	r.do("mkdir", os.Mkdir(path+".json", 0o755))
	return func() {
		r.do("rmdir", os.Remove(path+".json"))
		r.do("write", os.WriteFile(path+".json", data, 0o644))
	}
}

// One file that the card won't give keeps nobody from the others: Open takes those
// in and leaves it, for Sweep.
func TestAFileThatCannotBeReadIsLeftForSweep(t *testing.T) {
	for name, c := range map[string]struct {
		step  string
		spoil func(r *rig, m photo.Meta)
		left  queue.Recovery // of the Sweep after it
	}{
		"bytes": {spool.StepSync, func(r *rig, m photo.Meta) {}, queue.Recovery{Adopted: 1}},
		"not to be removed": {spool.StepUnlink, func(r *rig, m photo.Meta) {
			r.do("rename", os.Rename(r.file(m), r.file(m)[:len(r.file(m))-len("jpg")]+"part"))
		}, queue.Recovery{Removed: 1}},
		"not to be set aside": {spool.StepSetAside, func(r *rig, m photo.Meta) {
			r.do("write", os.WriteFile(r.file(m), []byte("another"), 0o644))
		}, queue.Recovery{Damaged: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			r, all := filled(t, 3)
			r.do("remove", os.Remove(r.index()))
			c.spoil(r, all[1])
			bad := true
			r.setFault(func(step string) error {
				if bad && step == c.step {
					bad = step != spool.StepSync // that of one file
					return &fs.PathError{Op: "read", Path: "photo", Err: unix.EIO}
				}
				return nil
			})
			q := r.open()
			if rec := q.Recovery(); rec.Unadopted != 1 || rec.Adopted != 2 || rec.Damaged+rec.Removed != 0 {
				t.Errorf("Recovery = %+v, want 2 adopted, 1 left", rec)
			}
			r.check()
			r.setFault(nil)
			rec, err := q.Sweep(t.Context())
			if err != nil || rec.Adopted != c.left.Adopted || rec.Removed != c.left.Removed || rec.Damaged != c.left.Damaged {
				t.Errorf("Sweep = %+v, %v, want %+v", rec, err, c.left)
			}
			if rec, err := q.Sweep(t.Context()); err != nil || rec.Adopted+rec.Removed+rec.Damaged+rec.Unadopted != 0 {
				t.Errorf("second Sweep = %+v, %v, want nothing", rec, err)
			}
			r.check()
		})
	}
}

func TestMetadataThatCannotBeReadAtAStartLeavesThePhoto(t *testing.T) {
	r, all := filled(t, 3)
	r.do("remove", os.Remove(r.index()))
	unbury := r.bury(all[2])
	q := r.open()
	if rec := q.Recovery(); rec.Unadopted != 1 || rec.Adopted != 2 {
		t.Errorf("Recovery = %+v, want 2 adopted, 1 left", rec)
	}
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Unadopted != 1 || rec.Adopted != 0 {
		t.Errorf("Sweep = %+v, %v, want it left again", rec, err)
	}
	unbury()
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Unadopted != 0 || rec.Adopted != 1 {
		t.Errorf("Sweep = %+v, %v, want it adopted", rec, err)
	}
	r.allWait(all)
}

// What the record knows of a photo serves where its metadata can't be read.
func TestMetadataThatCannotBeReadStopsNothing(t *testing.T) {
	r := newRig(t)
	r.with = func(o *queue.Options) { o.Copies = func(string) bool { return true } }
	q := r.open()
	all := []photo.Meta{r.add(), r.add(), r.add()}
	unbury := r.bury(all[2])
	m, ok, err := q.Next(queue.Select{})
	if err != nil || !ok || m.ID != all[2].ID || m.SHA256 != all[2].SHA256 || m.Session != "day" {
		t.Errorf("Next = %+v, %t, %v, want %s by its record", m, ok, err, all[2].ID)
	}
	r.intact(m)
	if items, err := q.List(queue.Filter{}); err != nil || len(items) != 3 {
		t.Errorf("List = %d photos, %v, want 3", len(items), err)
	}
	if _, err := q.Item(all[2].ID); err != nil {
		t.Errorf("Item = %v", err)
	}
	if metas, err := q.Uncopied(0, 10); err != nil || len(metas) != 3 {
		t.Errorf("Uncopied = %d photos, %v, want 3", len(metas), err)
	}
	if s, err := q.Scrub(t.Context(), queue.ScrubOptions{}); err != nil || s.Photos != 3 || s.Unread != 1 || s.Lost != 0 {
		t.Errorf("Scrub = %+v, %v, want 3 read, the metadata of 1 not", s, err)
	}
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Lost != 0 {
		t.Errorf("Sweep = %+v, %v, want nothing lost", rec, err)
	}
	if err := q.Check(); !errors.Is(err, unix.EISDIR) {
		t.Errorf("Check = %v, want it to tell of the metadata", err)
	}
	unbury()
}

// A deletion that the card refuses is no reason to keep the others, and Sweep tries
// it again.
func TestADeletionThatFailsIsCarriedOutBySweep(t *testing.T) {
	r, all := filled(t, 4)
	q := r.open()
	first := true
	r.setFault(func(step string) error {
		if step == spool.StepUnlink && first {
			first = false
			return &fs.PathError{Op: "remove", Path: "photo", Err: unix.EIO}
		}
		return nil
	})
	if n, err := q.Drop(all[0].ID, all[1].ID, all[2].ID); n != 2 || err != nil {
		t.Errorf("Drop = %d, %v, want 2 deleted, 1 to come", n, err)
	}
	left := func() int {
		files, err := filepath.Glob(filepath.Join(r.shard(1), "*.jpg"))
		r.do("glob", err)
		return len(files)
	}
	if left() != 2 {
		t.Errorf("%d files are left, want 2", left())
	}
	r.check()
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Removed != 1 || left() != 1 {
		t.Errorf("Sweep = %+v, %v, %d files are left, want the last deletion done", rec, err, left())
	}
	r.add()
	if rec := r.reopen().Recovery(); rec.Removed+rec.Adopted+rec.Lost != 0 {
		t.Errorf("Recovery = %+v, want nothing", rec)
	}
}

// A start that can't carry a deletion out doesn't forget it.
func TestADeletionThatFailsAtAStartIsNotForgotten(t *testing.T) {
	r, all := filled(t, 3)
	q := r.open()
	bad := func(step string) error {
		if step == spool.StepUnlink {
			return &fs.PathError{Op: "remove", Path: "photo", Err: unix.EIO}
		}
		return nil
	}
	r.setFault(bad)
	if n, err := q.Drop(all[0].ID); n != 0 || !errors.Is(err, unix.EIO) {
		t.Errorf("Drop = %d, %v, want 0, %v", n, err, unix.EIO)
	}
	if rec := r.reopen().Recovery(); rec.Removed != 0 || rec.Unadopted == 0 {
		t.Errorf("Recovery = %+v, want the deletion left", rec)
	}
	r.setFault(nil)
	if rec := r.reopen().Recovery(); rec.Removed != 1 || rec.Adopted != 0 {
		t.Errorf("Recovery = %+v, want the deletion done", rec)
	}
}
