package queue_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// breakCounters damages the index in a value that Open needs and salvage doesn't.
func (r *rig) breakCounters() {
	r.Helper()
	r.edit(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("counters"), []byte("rotten")) })
}

func TestWhatADamagedIndexStillTellsIsKept(t *testing.T) {
	r, states, metas := history(t)
	r.open()
	before, err := r.q.Ledger(at(0, 0), at(23, 59))
	r.do("Ledger", err)
	days, err := r.q.Days(at(0, 0), at(23, 59))
	r.do("Days", err)
	r.close()
	r.breakCounters()
	q := r.open()
	if rec := q.Recovery(); rec.Damage == "" || !rec.Rebuilt {
		t.Errorf("Recovery = %+v, want the index rebuilt", rec)
	}
	r.survived("salvage", states, metas)
	for id, want := range states {
		if want == queue.Refused { // which may have been another answer since
			states[id] = queue.Waiting
		}
	}
	if got := r.states(); !maps.Equal(got, states) {
		t.Errorf("states = %v, want %v", got, states)
	}
	after, err := q.Ledger(at(0, 0), at(23, 59))
	r.do("Ledger", err)
	if len(after) != len(before) || len(after) != 13 {
		t.Fatalf("%d slots in the ledger, want %d, of 12 photos and a miss", len(after), len(before))
	}
	for i, e := range after {
		if e.Session != before[i].Session || e.Cause != before[i].Cause || len(e.Photos) != len(before[i].Photos) {
			t.Errorf("ledger has %+v, want %+v", e, before[i])
		}
	}
	again, err := q.Days(at(0, 0), at(23, 59))
	if err != nil || len(again) != 1 || again[0].Dropped != 1 || again[0].Uploaded != days[0].Uploaded || string(again[0].Proof) != string(days[0].Proof) {
		t.Errorf("Days = %+v, %v, want %+v", again, err, days)
	}
}

// A number whose photo was deleted must not come again: the ledger, and the
// memory of what was dropped, would be about another photo then.
func TestNumbersOfDeletedPhotosSurviveDamage(t *testing.T) {
	r, all := filled(t, 4)
	q := r.open()
	_, err := q.Drop(all[2].ID, all[3].ID)
	r.do("Drop", err)
	r.close()
	r.breakCounters()
	r.open()
	if m := r.add(); m.Seq() != 5 {
		t.Errorf("next number = %d, want 5", m.Seq())
	}
	r.check()
	if got := r.states(); len(got) != 3 || got[all[3].ID] != gone {
		t.Errorf("states = %v, want the dropped photos gone", got)
	}
}

// A deletion that was decided stays so: the cloud has the photo, or a person
// wanted it.
func TestDecidedDeletionsSurviveDamage(t *testing.T) {
	r, all := filled(t, 3)
	q := r.open()
	r.do("Acknowledge", q.Acknowledge(1))
	r.setFree(0)
	r.cutAt(spool.StepUnlink, 1, func() {})
	if _, err := q.Trim(t.Context()); !errors.Is(err, errCut) {
		t.Errorf("Trim = %v, want %v", err, errCut)
	}
	r.setFault(nil)
	r.setFree(10 << 30)
	r.close()
	r.breakCounters()
	r.open()
	if got := r.states(); len(got) != 2 || got[all[0].ID] != gone {
		t.Errorf("states = %v, want the first gone", got)
	}
	if _, err := os.Lstat(r.file(all[0])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of a photo that was to be deleted: %v", err)
	}
}

func TestPhotosOfTheSecondCopySurviveDamage(t *testing.T) {
	r := newRig(t)
	r.with = both
	q := r.open()
	var all []photo.Meta
	for range 4 {
		all = append(all, r.add())
	}
	r.do("Copied", q.Copied(1, 2))
	_, err := q.Hold(all[1].ID)
	r.do("Hold", err)
	r.setFree(0)
	if n, err := q.Trim(t.Context()); n != 2 || err != nil {
		t.Errorf("Trim = %d, %v, want 2", n, err)
	}
	r.setFree(10 << 30)
	r.close()
	r.do("remove", os.Remove(r.file(all[2])))
	r.reopen() // it is lost
	r.close()
	r.breakCounters()
	q = r.open()
	r.check()
	want := []struct {
		state        queue.State
		copied, away bool
	}{{queue.Waiting, true, true}, {queue.Held, true, true}, {queue.Lost, false, false}, {queue.Waiting, false, false}}
	for i, m := range all {
		item, err := q.Item(m.ID)
		if err != nil || item.State != want[i].state || item.Copied != want[i].copied || item.Away != want[i].away {
			t.Errorf("photo %d: %s, copied %t, away %t (%v), want %+v", i+1, item.State, item.Copied, item.Away, err, want[i])
		}
	}
}

func TestARebuildKeepsTheLedgerOfYears(t *testing.T) {
	r := newRig(t)
	q := r.open()
	year := func(n int) time.Time { return at(8, 0).AddDate(-n, 0, 0) }
	for n := range 4 {
		r.do("Miss", q.Miss(
			photo.Miss{From: year(n), To: year(n), Slots: 1, Cause: photo.Busy, Detail: "still busy", Session: "day"},
			photo.Miss{From: year(n).Add(24 * time.Hour), To: year(n).Add(72 * time.Hour), Slots: 9, Cause: photo.NotRunning}))
	}
	r.add()
	r.close()
	rec, err := queue.Rebuild(t.Context(), r.options())
	if err != nil || rec.Adopted != 1 || rec.SetAside == "" {
		t.Errorf("Rebuild = %+v, %v, want one adopted", rec, err)
	}
	q = r.open()
	for n := range 4 {
		all, err := q.Ledger(year(n), year(n).Add(30*time.Hour))
		if err != nil || len(all) < 2 || all[0].Cause != photo.Busy || all[0].Detail != "still busy" || all[len(all)-1].Slots != 9 {
			t.Errorf("Ledger of %d years ago = %+v, %v, want the miss and the span", n, all, err)
		}
	}
}
