package queue_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// filled is a closed queue of n waiting photos whose index is probed in a child.
func filled(t *testing.T, n int) (*rig, []photo.Meta) {
	r := newRig(t)
	r.probe = probeInChild
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

func TestDamagedIndexIsSetAsideAndRebuilt(t *testing.T) {
	damages := map[string]func(r *rig){
		"zero bytes": func(r *rig) { r.do("truncate", os.Truncate(r.index(), 0)) },
		"garbage": func(r *rig) {
			r.do("write", os.WriteFile(r.index(), []byte(strings.Repeat("garbage ", 9000)), 0o644))
		},
		"half a page": func(r *rig) { r.do("truncate", os.Truncate(r.index(), 2048)) },
		"truncated":   func(r *rig) { r.do("truncate", os.Truncate(r.index(), 5*4096)) },
		"directory": func(r *rig) {
			r.do("remove", os.Remove(r.index()))
			r.do("mkdir", os.Mkdir(r.index(), 0o755))
		},
		"other program": func(r *rig) {
			r.do("remove", os.Remove(r.index()))
			db, err := bbolt.Open(r.index(), 0o644, nil)
			r.do("open", err)
			r.do("update", db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("mail")); return err }))
			r.do("close", db.Close())
		},
		"wrong counters": func(r *rig) {
			r.edit(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("counters"), make([]byte, 64)) })
		},
		"bucket gone": func(r *rig) {
			r.edit(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("slots")) })
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			r, all := filled(t, 5)
			damage(r)
			rec := r.open().Recovery()
			if rec.Damage == "" || !rec.Rebuilt || rec.Adopted != len(all) {
				t.Errorf("Recovery = %+v, want damage and %d adopted", rec, len(all))
			}
			if _, err := os.Lstat(rec.SetAside); err != nil || filepath.Dir(rec.SetAside) != filepath.Join(r.dir, "damaged") {
				t.Errorf("set aside at %q: %v", rec.SetAside, err)
			}
			r.allWait(all)
			if m := r.add(); m.Seq() != all[4].Seq()+1 {
				t.Errorf("next number = %d, want %d", m.Seq(), all[4].Seq()+1)
			}
		})
	}
}

func TestSecondDamageKeepsTheFirst(t *testing.T) {
	r, all := filled(t, 1)
	for range 3 {
		r.do("truncate", os.Truncate(r.index(), 0))
		r.reopen()
		r.close()
	}
	names, err := filepath.Glob(filepath.Join(r.dir, "damaged", "queue-*.db"))
	if err != nil || len(names) != 3 {
		t.Errorf("damaged/ has %v (%v), want 3 databases", names, err)
	}
	r.open()
	r.allWait(all)
}

// edit changes the index as bbolt, behind the queue's back.
func (r *rig) edit(f func(tx *bbolt.Tx) error) {
	r.Helper()
	db, err := bbolt.Open(r.index(), 0o644, nil)
	r.do("open", err)
	r.do("update", db.Update(f))
	r.do("close", db.Close())
}

// Whatever byte of the index flips, the queue opens with every photo.
func TestFlippedByteInIndexLosesNoPhoto(t *testing.T) {
	r, all := filled(t, 4)
	sound, err := os.ReadFile(r.index())
	r.do("read", err)
	// bbolt grows its file ahead: only the pages up to the mark in the newer of
	// the two meta pages mean something. The mark is at 16+40 of each.
	mark := max(binary.NativeEndian.Uint64(sound[16+40:]), binary.NativeEndian.Uint64(sound[4096+16+40:]))
	const tries = 24
	used := int(mark) * 4096
	for n := range tries {
		at := n * used / tries
		at += n * 37 % 97 // headers as well as contents
		if at >= used {
			continue
		}
		broken := append([]byte(nil), sound...)
		broken[at] ^= 1 << (n % 8)
		r.do("write", os.WriteFile(r.index(), broken, 0o644))
		r.open()
		r.allWait(all)
		r.close()
	}
}

func TestNewerIndexIsRefusedUntouched(t *testing.T) {
	r, _ := filled(t, 2)
	r.edit(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, 2))
	})
	before, err := os.ReadFile(r.index())
	r.do("read", err)
	_, err = queue.Open(t.Context(), r.options())
	if !errors.Is(err, queue.ErrNewer) {
		t.Errorf("Open = %v, want %v", err, queue.ErrNewer)
	}
	after, err := os.ReadFile(r.index())
	if err != nil || string(after) != string(before) {
		t.Errorf("the index was changed (%v)", err)
	}
	r.edit(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, 1))
	})
}

func TestProbeThatCouldNotRunLeavesTheIndex(t *testing.T) {
	r, all := filled(t, 1)
	r.probe = func(context.Context, string) error { return queue.ErrNotProbed }
	if _, err := queue.Open(t.Context(), r.options()); !errors.Is(err, queue.ErrNotProbed) {
		t.Errorf("Open = %v, want %v", err, queue.ErrNotProbed)
	}
	r.probe = probeInChild
	if rec := r.open().Recovery(); rec.Damage != "" {
		t.Errorf("Recovery.Damage = %q, want none", rec.Damage)
	}
	r.allWait(all)
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
	if _, err := os.Stat(filepath.Join(r.dir, "damaged", filepath.Base(r.file(all[3])))); err != nil {
		t.Errorf("the short photo is not kept: %v", err)
	}
	if got := q.Stats(); got.Lost != 3 || got.Waiting != 1 {
		t.Errorf("Stats = %+v, want 3 lost, 1 waiting", got)
	}
	if m, ok, err := q.Newest(nil); err != nil || !ok || m.ID != all[0].ID {
		t.Errorf("Newest = %s, %t, %v, want %s", m.ID, ok, err, all[0].ID)
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

func TestDamagedPhotosAreSetAsideByRebuild(t *testing.T) {
	r, all := filled(t, 4)
	f, err := os.OpenFile(r.file(all[1]), os.O_WRONLY, 0)
	r.do("open", err)
	_, err = f.WriteAt([]byte{0x55}, 1234)
	r.do("write", errors.Join(err, f.Close()))
	r.do("write", os.WriteFile(filepath.Join(r.dir, "spool", "00000000000000000077-20261121T070316Z-000077-9f3ac1.jpg"), []byte("no metadata"), 0o644))
	rec, err := queue.Rebuild(t.Context(), r.options())
	if err != nil || rec.Adopted != 3 || rec.Damaged != 2 || rec.Unread != 0 {
		t.Errorf("Rebuild = %+v, %v, want 3 adopted, all read, 2 damaged", rec, err)
	}
	r.open()
	r.allWait([]photo.Meta{all[0], all[2], all[3]})
	if m := r.add(); m.Seq() != 78 {
		t.Errorf("next number = %d, want 78: damaged photos have numbers too", m.Seq())
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

func TestForeignFilesAreLeftAloneAndTold(t *testing.T) {
	r, all := filled(t, 2)
	spool := filepath.Join(r.dir, "spool")
	foreign := []string{"DCIM0001.JPG", ".hidden", "000-x.jpg", "00000000000000000001-../../x.jpg\n", strings.Repeat("9", 20) + "-" + string(all[0].ID) + ".jpg"}
	r.do("mkdir", os.Mkdir(filepath.Join(spool, "lost+found"), 0o755))
	for _, name := range foreign {
		name = strings.ReplaceAll(name, "/", "_")
		r.do("write", os.WriteFile(filepath.Join(spool, name), []byte("mine"), 0o644))
	}
	rec := r.open().Recovery()
	if rec.Foreign != len(foreign)+1 || len(rec.ForeignNames) != len(foreign)+1 {
		t.Errorf("Recovery = %+v, want %d foreign", rec, len(foreign)+1)
	}
	r.allWait(all)
	for _, name := range foreign {
		if b, err := os.ReadFile(filepath.Join(spool, strings.ReplaceAll(name, "/", "_"))); err != nil || string(b) != "mine" {
			t.Errorf("foreign file %q: %q, %v", name, b, err)
		}
	}
}
