package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// unread is a probe that finds nothing, as the true one does with old items.
func unread(context.Context, string) error { return nil }

// spoil changes the index entries of photos behind the queue's back.
func (r *rig) spoil(bucket string, change func(v []byte) []byte, all ...photo.Meta) {
	r.Helper()
	r.edit(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		for _, m := range all {
			k := fmt.Appendf(nil, "%c%c%c%c%c%c%c%c", 0, 0, 0, 0, 0, 0, 0, m.Seq())
			if err := b.Put(k, change(bytes.Clone(b.Get(k)))); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestDamagedItemsAreMendedFromTheirPhotos(t *testing.T) {
	for name, change := range map[string]func(v []byte) []byte{
		"no JSON":     func(v []byte) []byte { v[len(v)-1] = 'x'; return v },
		"wrong ID":    func(v []byte) []byte { v[len(`{"id":"2026`)] ^= 1; return v },
		"wrong photo": func(v []byte) []byte { return bytes.Replace(v, []byte("-00000"), []byte("-00001"), 1) },
		"empty":       func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			r, all := filled(t, 4)
			r.probe = unread
			q := r.open()
			r.do("Refuse", q.Refuse(all[1].Seq(), "415"))
			r.close()
			r.spoil("items", change, all[1], all[3])
			if name != "wrong ID" { // nothing tells then that it is wrong
				r.spoil("items", change, all[2])
			}
			r.do("remove", os.Remove(r.file(all[2])))
			q = r.open()
			if m, ok, err := q.Newest(nil); err != nil || !ok || m != all[3] {
				t.Errorf("Newest = %+v, %t, %v, want %+v", m, ok, err, all[3])
			}
			r.check()
			items := r.list()
			for _, item := range items {
				if item.Meta != all[item.Seq()-1] {
					t.Errorf("item = %+v, want %+v", item.Meta, all[item.Seq()-1])
				}
			}
			if got := r.states(); got[all[1].ID] != queue.Refused || got[all[2].ID] == queue.Waiting || got[all[0].ID] != queue.Waiting {
				t.Errorf("states = %v, want the second refused still, the third not waiting", got)
			}
			r.do("Acknowledge", q.Acknowledge(1, 2, 3, 4))
			r.setFree(0)
			if _, err := q.Trim(t.Context()); err != nil {
				t.Errorf("Trim = %v", err)
			}
		})
	}
}

// What the probe doesn't see and Open can't mend is damage of the index.
func TestDamageMetByOpenItselfRebuildsTheIndex(t *testing.T) {
	r, all := filled(t, 3)
	r.probe = unread
	r.spoil("waiting", func(v []byte) []byte { return v[:3] }, all[0])
	if rec := r.open().Recovery(); rec.Damage == "" || !rec.Rebuilt || rec.Adopted != 3 {
		t.Errorf("Recovery = %+v, want damage and 3 adopted", rec)
	}
	r.allWait(all)
}

func TestVerifyLosesOnlyWhatIsDamagedOnTheCard(t *testing.T) {
	r, all := filled(t, 3)
	q := r.open()
	if err := q.Verify(all[0]); err != nil {
		t.Errorf("Verify of a whole photo = %v", err)
	}
	f, err := os.OpenFile(r.file(all[1]), os.O_WRONLY, 0)
	r.do("open", err)
	_, err = f.WriteAt([]byte{0x55}, 1234) // the size stays
	r.do("write", errors.Join(err, f.Close()))
	r.do("remove", os.Remove(r.file(all[2])))
	if err := q.Verify(all[1]); !errors.Is(err, queue.ErrDamaged) {
		t.Errorf("Verify = %v, want %v", err, queue.ErrDamaged)
	}
	if err := q.Verify(all[2]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Verify = %v, want %v", err, fs.ErrNotExist)
	}
	if got := r.states(); got[all[0].ID] != queue.Waiting || got[all[1].ID] != queue.Lost || got[all[2].ID] != queue.Lost {
		t.Errorf("states = %v, want the first waiting, the others lost", got)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "damaged", filepath.Base(r.file(all[1])))); err != nil {
		t.Errorf("the damaged photo is not kept: %v", err)
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
