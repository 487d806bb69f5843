package queue_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

const indexPage = 4096

func TestDamagedIndexIsSetAsideAndRebuilt(t *testing.T) {
	damages := map[string]func(r *rig){
		"zero bytes": func(r *rig) { r.do("truncate", os.Truncate(r.index(), 0)) },
		"garbage": func(r *rig) {
			r.do("write", os.WriteFile(r.index(), []byte(strings.Repeat("garbage ", 9000)), 0o644))
		},
		"half a page": func(r *rig) { r.do("truncate", os.Truncate(r.index(), 2048)) },
		"truncated":   func(r *rig) { r.do("truncate", os.Truncate(r.index(), 2*indexPage)) },
		"directory": func(r *rig) {
			r.do("remove", os.Remove(r.index()))
			r.do("mkdir", os.MkdirAll(filepath.Join(r.index(), "x"), 0o755))
		},
		"link to nowhere": func(r *rig) {
			r.do("remove", os.Remove(r.index()))
			r.do("symlink", os.Symlink("nowhere", r.index()))
		},
		"other program": func(r *rig) {
			r.do("remove", os.Remove(r.index()))
			db, err := bbolt.Open(r.index(), 0o644, nil)
			r.do("open", err)
			r.do("update", db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("mail")); return err }))
			r.do("close", db.Close())
		},
		"wrong counters": func(r *rig) { r.breakCounters() },
		"bucket gone": func(r *rig) {
			r.edit(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("days")) })
		},
		"schema gone": func(r *rig) {
			r.edit(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("schema")) })
		},
		"rubbish beside it": func(r *rig) {
			r.do("truncate", os.Truncate(r.index(), 0))
			r.do("mkdir", os.MkdirAll(r.index()+".new/x", 0o755))
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
	names, err := filepath.Glob(r.damaged("queue-*.db"))
	if err != nil || len(names) != 3 {
		t.Errorf("damaged/ has %v (%v), want 3 databases", names, err)
	}
	r.open()
	r.allWait(all)
}

func TestNewerIndexIsRefusedUntouched(t *testing.T) {
	r, _ := filled(t, 2)
	version := func(n uint64) {
		r.edit(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, n))
		})
	}
	version(3)
	before, err := os.ReadFile(r.index())
	r.do("read", err)
	for name, open := range map[string]func(context.Context, queue.Options) error{
		"Open":    func(ctx context.Context, o queue.Options) error { _, err := queue.Open(ctx, o); return err },
		"Rebuild": func(ctx context.Context, o queue.Options) error { _, err := queue.Rebuild(ctx, o); return err },
	} {
		if err := open(t.Context(), r.options()); !errors.Is(err, queue.ErrNewer) {
			t.Errorf("%s = %v, want %v", name, err, queue.ErrNewer)
		}
	}
	after, err := os.ReadFile(r.index())
	if err != nil || string(after) != string(before) {
		t.Errorf("the index was changed (%v)", err)
	}
	version(2)
}

// history leaves a closed queue with photos in every state, and says in which.
func history(t testing.TB) (*rig, map[photo.ID]queue.State, map[photo.ID]photo.Meta) {
	r := newRig(t)
	r.with = both
	q := r.open()
	states, metas := map[photo.ID]queue.State{}, map[photo.ID]photo.Meta{}
	var all []photo.Meta
	for i := range 12 {
		m, err := q.Add(r.shot(), picture(i, 3000+i))
		r.do("Add", err)
		all, states[m.ID], metas[m.ID] = append(all, m), queue.Waiting, m
	}
	r.do("Acknowledge", q.Acknowledge(1, 2, 3, 4))
	r.do("Refuse", q.Refuse(5, "415"))
	_, err := q.Hold(all[5].ID)
	r.do("Hold", err)
	_, err = q.Drop(all[6].ID)
	r.do("Drop", err)
	from := r.shot().Slot
	r.do("Miss", q.Miss(photo.Miss{From: from, To: from, Slots: 1, Cause: photo.CameraFault, Session: "day"}))
	r.close()
	for _, m := range all[:4] {
		states[m.ID] = queue.Confirmed
	}
	states[all[4].ID], states[all[5].ID] = queue.Refused, queue.Held
	delete(states, all[6].ID)
	return r, states, metas
}

// survived checks what no damage of the index may touch: every photo is there
// once, whole, under its name, and none that was to wait is taken for confirmed.
func (r *rig) survived(what string, states map[photo.ID]queue.State, metas map[photo.ID]photo.Meta) {
	r.Helper()
	r.check()
	got := r.states()
	for id, want := range states {
		switch s := got[id]; {
		case s == want:
		case s == queue.Waiting: // not known any more: sent again
		default:
			r.Errorf("%s: photo %s is %q, want %q", what, id, s, want)
		}
		r.intact(metas[id])
		if _, err := os.Lstat(r.file(metas[id])); err != nil {
			r.Errorf("%s: %v", what, err)
		}
	}
	if len(got) != len(states) {
		r.Errorf("%s: %d photos, want %d", what, len(got), len(states))
	}
}

// Whatever a card does to the index, the queue opens with every photo.
func TestNoDamageOfTheIndexLosesAPhoto(t *testing.T) {
	t.Parallel()
	r, states, metas := history(t)
	sound, err := os.ReadFile(r.index())
	r.do("read", err)
	// bbolt grows its file ahead: only the pages up to the mark in the newer of
	// the two meta pages mean something. The mark is at 16+40 of each.
	mark := int(max(binary.LittleEndian.Uint64(sound[16+40:]), binary.LittleEndian.Uint64(sound[indexPage+16+40:])))
	rnd := rand.New(rand.NewPCG(3, 1))
	page := func(b []byte, n int) []byte { return b[n*indexPage:][:indexPage] }
	confirmed, runs := 0, 0
	for name, damage := range map[string]func(b []byte) []byte{
		"flipped byte": func(b []byte) []byte { b[rnd.IntN(mark*indexPage)] ^= 1 << rnd.IntN(8); return b },
		"flipped byte of a header": func(b []byte) []byte {
			b[rnd.IntN(mark)*indexPage+rnd.IntN(64)] ^= 1 << rnd.IntN(8)
			return b
		},
		"truncated":     func(b []byte) []byte { return b[:rnd.IntN(len(b))] },
		"zeroed page":   func(b []byte) []byte { clear(page(b, rnd.IntN(mark))); return b },
		"garbage page":  func(b []byte) []byte { copy(page(b, rnd.IntN(mark)), page(b, rnd.IntN(mark))); return b },
		"zeroed sector": func(b []byte) []byte { clear(b[rnd.IntN(mark*8)*512:][:512]); return b },
		"swapped pages": func(b []byte) []byte {
			one, other := page(b, rnd.IntN(mark)), page(b, rnd.IntN(mark))
			kept := string(one)
			copy(one, other)
			copy(other, kept)
			return b
		},
	} {
		for n := range 4 {
			r.do("write", os.WriteFile(r.index(), damage([]byte(string(sound))), 0o644))
			r.open()
			r.survived(fmt.Sprintf("%s %d", name, n), states, metas)
			runs++
			for id, s := range r.states() {
				if s == queue.Confirmed && states[id] == s {
					confirmed++
				}
			}
			r.close()
			r.do("clean", os.RemoveAll(r.damaged("")))
		}
	}
	// As a rule the damage is not in what tells of the cloud.
	if confirmed < runs*4*2/3 {
		t.Errorf("%d of %d confirmed photos are known after the damage", confirmed, runs*4)
	}
}

func TestOneBadMetaPageLosesNoPhoto(t *testing.T) {
	r, states, metas := history(t)
	sound, err := os.ReadFile(r.index())
	r.do("read", err)
	for n := range 2 {
		broken := []byte(string(sound))
		broken[n*indexPage+16+50] ^= 1 // of the transaction's number: the sum is wrong
		r.do("write", os.WriteFile(r.index(), broken, 0o644))
		if rec := r.open().Recovery(); rec.Damage != "" || rec.Damaged != 0 {
			t.Errorf("meta page %d: Recovery = %+v, want the older transaction used", n, rec)
		}
		r.survived(fmt.Sprintf("meta page %d", n), states, metas)
		r.add()
		r.check()
		r.close()
		for _, path := range r.photos()[len(states):] {
			r.do("remove", os.Remove(path))
		}
	}
	r.do("write", os.WriteFile(r.index(), sound, 0o644))
}

// The newest transaction is lost with its meta page: what it did to photos is
// told by the spool, however old they are.
func TestALostTransactionIsMadeUpFromAllOfTheSpool(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var all []photo.Meta
	for range 300 {
		m, err := q.Add(r.shot(), picture(len(all), 40))
		r.do("Add", err)
		all = append(all, m)
	}
	_, err := q.Drop(all[3].ID) // far behind what a start compares
	r.do("Drop", err)
	r.close()
	b, err := os.ReadFile(r.index())
	r.do("read", err)
	txid := func(n int) uint64 { return binary.LittleEndian.Uint64(b[n*indexPage+16+48:]) }
	newest := 0
	if txid(1) > txid(0) {
		newest = 1
	}
	clear(b[newest*indexPage+16:][:64])
	r.do("write", os.WriteFile(r.index(), b, 0o644))
	if rec := r.open().Recovery(); rec.Damage != "" || rec.Lost != 1 {
		t.Errorf("Recovery = %+v, want one lost", rec)
	}
	r.check()
}
