package queue_test

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// rot overwrites a part of the index in place, while it is open: bbolt sees that
// in its memory map.
func (r *rig) rot(from, to int64, with byte) {
	r.Helper()
	f, err := os.OpenFile(r.index(), os.O_WRONLY, 0)
	r.do("open", err)
	b := make([]byte, to-from)
	for i := range b {
		b[i] = with
	}
	_, err = f.WriteAt(b, from)
	r.do("rot", errors.Join(err, f.Close()))
}

// used is where the index's pages in use end.
func (r *rig) used() int64 {
	r.Helper()
	b, err := os.ReadFile(r.index())
	r.do("read", err)
	return int64(max(binary.LittleEndian.Uint64(b[16+40:]), binary.LittleEndian.Uint64(b[indexPage+16+40:]))) * indexPage
}

// The card rots under a running daemon: it goes on, with all photos.
func TestAnIndexDamagedInUseIsMadeAnew(t *testing.T) {
	for name, call := range map[string]func(r *rig) error{
		"by a capture":          func(r *rig) error { _, err := r.q.Add(r.shot(), picture(1, 100)); return err },
		"by an acknowledgement": func(r *rig) error { return r.q.Acknowledge(2) },
		"by a look":             func(r *rig) error { _, _, err := r.q.Next(queue.Select{}); return err },
		"by a list":             func(r *rig) error { _, err := r.q.List(queue.Filter{}); return err },
		"by a miss": func(r *rig) error {
			slot := r.shot().Slot
			return r.q.Miss(photo.Miss{From: slot, To: slot, Slots: 1, Cause: photo.Busy})
		},
	} {
		for how, with := range map[string]byte{"zeros": 0, "ones": 0xff} {
			t.Run(name+"/"+how, func(t *testing.T) {
				r, states, metas := history(t)
				q := r.open()
				r.rot(2*indexPage, r.used(), with)
				if err := call(r); err != nil {
					t.Errorf("the call that met the damage = %v, want it done on a new index", err)
				}
				if rec := q.Recovery(); rec.Damage == "" || rec.SetAside == "" || !rec.Rebuilt {
					t.Errorf("Recovery = %+v, want the index rebuilt", rec)
				}
				r.check()
				got := r.states()
				for id := range states {
					if got[id] == gone || got[id] == queue.Lost {
						t.Errorf("photo %s is %q", id, got[id])
					}
					r.intact(metas[id])
				}
				if m := r.add(); m.Seq() <= 12 {
					t.Errorf("number %d came again", m.Seq())
				}
				if rec := r.reopen().Recovery(); rec.Damage != "" || rec.Adopted+rec.Lost != 0 {
					t.Errorf("Recovery of the next start = %+v, want nothing", rec)
				}
			})
		}
	}
}

// The index dies while pictures are being taken, and one more is decided on:
// neither is mixed up with what the new index finds.
func TestAPictureSurvivesTheIndexThatDiesBesideIt(t *testing.T) {
	r := newRig(t)
	q := r.open()
	first := r.add()
	m, err := q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(1, 100_000)(w)
		r.rot(2*indexPage, r.used(), 0)
		second, errAdd := q.Add(r.shot(), picture(2, 100))
		if second.Seq() != 3 {
			t.Errorf("the second photo has number %d, want 3", second.Seq())
		}
		return e, errors.Join(err, errAdd, q.Check())
	})
	r.do("Add", err)
	if got := r.states(); len(got) != 3 || m.Seq() != 2 {
		t.Errorf("states = %v, the slow photo has number %d, want 3 photos, 2", got, m.Seq())
	}
	r.intact(m)
	r.intact(first)
}

// A card that damages each new index is not written to without end.
func TestRevivalsAreAMinuteApart(t *testing.T) {
	dir := scratch(t)
	synctest.Test(t, func(t *testing.T) {
		r := rigAt(t, dir+"/state")
		q := r.open()
		r.add()
		damage := func() error {
			r.rot(2*indexPage, r.used(), 0)
			_, _, err := q.Next(queue.Select{})
			return err
		}
		r.do("first", damage())
		if err := damage(); !errors.Is(err, queue.ErrDamaged) {
			t.Errorf("Next after a second damage = %v, want %v", err, queue.ErrDamaged)
		}
		if got := q.Stats(); got.Waiting != 0 {
			t.Errorf("Stats of a damaged index = %+v", got)
		}
		time.Sleep(time.Minute)
		if _, ok, err := q.Next(queue.Select{}); !ok || err != nil {
			t.Errorf("Next a minute later = %t, %v, want the photo", ok, err)
		}
		r.check()
		r.close()
	})
}

// Where the card has no room for a new index, the queue tries again.
func TestARevivalThatFailsIsTriedAgain(t *testing.T) {
	dir := scratch(t)
	synctest.Test(t, func(t *testing.T) {
		r := rigAt(t, dir+"/state")
		q := r.open()
		m := r.add()
		r.rot(2*indexPage, r.used(), 0)
		r.setFault(func(step string) error {
			if step == queue.StepIndexCreate {
				return errCut
			}
			return nil
		})
		if _, _, err := q.Next(queue.Select{}); err == nil {
			t.Error("Next on no index gave no error")
		}
		if _, err := q.Add(r.shot(), picture(1, 100)); !errors.Is(err, queue.ErrNoIndex) {
			t.Errorf("Add = %v, want %v", err, queue.ErrNoIndex)
		}
		r.setFault(nil)
		time.Sleep(time.Minute)
		if got, ok, err := q.Next(queue.Select{}); !ok || err != nil || got.ID != m.ID {
			t.Errorf("Next a minute later = %s, %t, %v, want %s", got.ID, ok, err, m.ID)
		}
		r.check()
		r.close()
	})
}

func TestAnIndexCutShortInUseIsMadeAnew(t *testing.T) {
	r, states, metas := history(t)
	q := r.open()
	r.do("truncate", os.Truncate(r.index(), indexPage)) // the memory map faults
	if _, err := q.Add(r.shot(), picture(1, 100)); err != nil {
		t.Errorf("Add = %v, want the index made anew", err)
	}
	r.check()
	if got := len(r.states()); got != len(states)+1 {
		t.Errorf("%d photos, want %d", got, len(states)+1)
	}
	for id := range states {
		r.intact(metas[id])
	}
}
