package queue_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// filled is a closed queue of n waiting photos.
func filled(t testing.TB, n int) (*rig, []photo.Meta) {
	r := newRig(t)
	r.open()
	var all []photo.Meta
	for range n {
		all = append(all, r.add())
	}
	r.close()
	return r, all
}

// allWait fails the test unless exactly these photos are there, waiting and whole.
func (r *rig) allWait(want []photo.Meta) {
	r.Helper()
	r.check()
	got := r.states()
	if len(got) != len(want) {
		r.Errorf("%d photos, want %d", len(got), len(want))
	}
	for _, m := range want {
		if got[m.ID] != queue.Waiting {
			r.Errorf("photo %s is %q, want it waiting", m.ID, got[m.ID])
		}
		r.intact(m)
		if !r.q.Accounted(m.Slot) {
			r.Errorf("slot %s is not accounted for", m.Slot)
		}
	}
	if at, _ := r.q.LastSlot(); !at.Equal(want[len(want)-1].Slot) {
		r.Errorf("LastSlot = %s, want %s", at, want[len(want)-1].Slot)
	}
}

// flip changes one byte of a file; its size and attributes stay.
func (r *rig) flip(path string, at int64) {
	r.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	r.do("open", err)
	b := make([]byte, 1)
	_, err = f.ReadAt(b, at)
	r.do("read", err)
	b[0] ^= 0x10
	_, err = f.WriteAt(b, at)
	r.do("flip", errors.Join(err, f.Close()))
}

func TestMissingAndShortFilesAreLostAndTold(t *testing.T) {
	r, all := filled(t, 4)
	r.do("remove", os.Remove(r.file(all[1])))
	q := r.open()
	if rec := q.Recovery(); rec.Lost != 1 {
		t.Errorf("Recovery.Lost = %d, want 1", rec.Lost)
	}
	item, err := q.Item(all[1].ID)
	if err != nil || item.State != queue.Lost || item.Reason == "" || item.Since.IsZero() {
		t.Errorf("Item = %+v, %v, want it lost, with reason and time", item, err)
	}
	// Two more go while the queue is open.
	r.do("remove", os.Remove(r.file(all[2])))
	if _, err := q.Open(all[2]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v, want %v", err, fs.ErrNotExist)
	}
	r.do("truncate", os.Truncate(r.file(all[3]), 10))
	if _, err := q.Open(all[3]); !errors.Is(err, queue.ErrDamaged) {
		t.Errorf("Open = %v, want %v", err, queue.ErrDamaged)
	}
	if _, err := os.Stat(r.damaged(filepath.Base(r.file(all[3])))); err != nil {
		t.Errorf("the short photo is not kept: %v", err)
	}
	if got := q.Stats(); got.Lost != 3 || got.Waiting != 1 {
		t.Errorf("Stats = %+v, want 3 lost, 1 waiting", got)
	}
	if m, ok, err := q.Next(queue.Select{}); err != nil || !ok || m.ID != all[0].ID {
		t.Errorf("Next = %s, %t, %v, want %s", m.ID, ok, err, all[0].ID)
	}
	for _, m := range all {
		if !q.Accounted(m.Slot) {
			t.Errorf("slot %s is not accounted for", m.Slot)
		}
	}
}

func TestLostPhotoThatComesBackWaitsAgain(t *testing.T) {
	r, all := filled(t, 2)
	away := filepath.Join(r.dir, "away")
	r.do("rename", os.Rename(r.file(all[0]), away))
	r.reopen()
	r.close()
	r.do("rename", os.Rename(away, r.file(all[0])))
	if rec := r.open().Recovery(); rec.Found != 1 {
		t.Errorf("Recovery.Found = %d, want 1", rec.Found)
	}
	r.allWait(all)
}

// A photo that lost its metadata is still known by its record.
func TestPhotoWithoutMetadataIsSentAllTheSame(t *testing.T) {
	r, all := filled(t, 3)
	r.stripMeta(all[1])
	q := r.open()
	if err := q.Verify(all[1]); err != nil {
		t.Errorf("Verify = %v, want the photo whole", err)
	}
	if s, err := q.Scrub(t.Context(), queue.ScrubOptions{}); err != nil || s.Mended != 1 || s.Lost != 0 {
		t.Errorf("Scrub = %+v, %v, want one mended", s, err)
	}
	r.check()
	// What the record doesn't know, such as the camera, is gone.
	if item, err := q.Item(all[1].ID); err != nil || item.State != queue.Waiting || item.SHA256 != all[1].SHA256 || item.Session != "day" {
		t.Errorf("Item = %+v, %v, want %+v", item, err, all[1])
	}
}

// stripMeta takes the photo's metadata away.
func (r *rig) stripMeta(m photo.Meta) {
	r.Helper()
	err := unix.Removexattr(r.file(m), "user.fieldcam.meta")
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENODATA) {
		err = os.Remove(r.file(m) + ".json")
	}
	r.do("strip", err)
}

func TestDamagedPhotosAreSetAsideByRebuild(t *testing.T) {
	r, all := filled(t, 4)
	r.flip(r.file(all[1]), 1234)
	stray := "00000000000000000007-20261121T070316Z-000007-9f3ac1.jpg"
	r.do("write", os.WriteFile(filepath.Join(r.shard(7), stray), []byte("no metadata"), 0o644))
	rec, err := queue.Rebuild(t.Context(), r.options())
	if err != nil || rec.Adopted != 3 || rec.Damaged != 2 || rec.Unread != 0 {
		t.Errorf("Rebuild = %+v, %v, want 3 adopted, all read, 2 damaged", rec, err)
	}
	r.open()
	got := r.states()
	if len(got) != 3 || got[all[1].ID] != "" {
		t.Errorf("states = %v, want all but the damaged", got)
	}
	if m := r.add(); m.Seq() != 8 {
		t.Errorf("next number = %d, want 8: damaged photos have numbers too", m.Seq())
	}
}

// A card full of photos can't be read at each damage of the index.
func TestRebuildOfLargeSpoolReadsOnlyTheNewest(t *testing.T) {
	r, all := filled(t, 40)
	r.do("remove", os.Remove(r.index()))
	rec := r.open().Recovery()
	if rec.Adopted != 40 || rec.Unread != 8 || !rec.Rebuilt {
		t.Errorf("Recovery = %+v, want 40 adopted, 8 of them unread", rec)
	}
	r.allWait(all)
}

func TestMissingShardLosesItsPhotosAlone(t *testing.T) {
	r, all := filled(t, 3)
	r.do("remove", os.RemoveAll(r.shard(1)))
	q := r.open()
	if rec := q.Recovery(); rec.Lost != 3 {
		t.Errorf("Recovery = %+v, want 3 lost", rec)
	}
	r.check()
	if m := r.add(); m.Seq() != all[2].Seq()+1 {
		t.Errorf("next number = %d, want %d", m.Seq(), all[2].Seq()+1)
	}
}

func TestForeignFilesAreLeftAloneAndTold(t *testing.T) {
	r, all := filled(t, 2)
	spool, shard := filepath.Join(r.dir, "spool"), r.shard(1)
	foreign := []string{
		filepath.Join(spool, "DCIM0001.JPG"),
		filepath.Join(spool, ".hidden"),
		filepath.Join(shard, "00000000000000000001-..\\..\\x.jpg\n"),
		filepath.Join(shard, strings.Repeat("9", 20)+"-"+string(all[0].ID)+".jpg"),
		filepath.Join(shard, "00000000000000000000-20261121T070316Z-000000-9f3ac1.jpg"),
		filepath.Join(shard, "18446744073709551615-20261121T070316Z-18446744073709551615-9f3ac1.jpg"),
		filepath.Join(r.shard(7000), "00000000000000000001-20261121T070316Z-000001-9f3ac1.jpg"), // another's shard
		filepath.Join(spool, "ünïcode \xff.jpg"),
	}
	r.do("mkdir", os.Mkdir(r.shard(7000), 0o755))
	for _, path := range foreign {
		r.do("write", os.WriteFile(path, []byte("mine"), 0o644))
	}
	odd := []string{
		filepath.Join(spool, "lost+found"), filepath.Join(shard, "folder"), filepath.Join(shard, "link"),
		filepath.Join(shard, "00000000000000000009-20261121T070316Z-000009-9f3ac1.jpg"),
	}
	r.do("mkdir", os.Mkdir(odd[0], 0o700))
	r.do("mkdir", os.Mkdir(odd[1], 0o755))
	r.do("symlink", os.Symlink(filepath.Base(r.file(all[0])), odd[2]))
	r.do("symlink", os.Symlink("nowhere", odd[3]))
	rec := r.open().Recovery()
	if want := len(foreign) + len(odd); rec.Foreign != want || len(rec.ForeignNames) != want {
		t.Errorf("Recovery = %+v, want %d foreign", rec, want)
	}
	if rec.Damaged+rec.Removed+rec.Adopted != 0 {
		t.Errorf("Recovery = %+v, want nothing done", rec)
	}
	r.allWait(all)
	for _, path := range foreign {
		if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
			t.Errorf("foreign file %q: %q, %v", path, b, err)
		}
	}
	for _, path := range odd {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("foreign entry: %v", err)
		}
	}
	if m := r.add(); m.Seq() != all[1].Seq()+1 {
		t.Errorf("next number = %d, want %d: foreign files have none", m.Seq(), all[1].Seq()+1)
	}
}
