package queue

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Of the damaged indexes the newest three are kept, and no other file is touched.
func TestOldDamagedIndexesGiveWay(t *testing.T) {
	q := tiny(t, 1<<20)
	dir := q.path(damagedName)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	keep := []string{
		"00000000000000000002-20261121T070316Z-000002-9f3ac1.jpg", "queue-20250101T000000Z.db.txt", "my-queue-20250101T000000Z.db",
		"queue-19700101T000001Z.db", // the one set aside now, by a clock that isn't set
		"queue-20261121T070000Z-10.db", "queue-20261121T070000Z-9.db",
	}
	for _, name := range append([]string{"queue-20261121T070000Z.db", "queue-20261121T070000Z-2.db", "queue-20251121T070000Z-11.db"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("index"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	q.recovery.SetAside = filepath.Join(dir, "queue-19700101T000001Z.db")
	q.pruneAside()
	var left []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	slices.Sort(keep)
	if !slices.Equal(left, keep) {
		t.Errorf("left are\n%q, want\n%q", left, keep)
	}
}

// A page of an older transaction can still say that a photo was held.
func TestASalvagedPhotoThatWaitsIsNotHeld(t *testing.T) {
	q := tiny(t, 1<<20)
	m, err := shoot(q, 1)
	if err != nil {
		t.Fatal(err)
	}
	stale := make([]byte, setBytes)
	stale[setHeader] = 1 << (m.Seq() % 8)
	key := string(seqKey(0))
	old := &salvage{values: map[string]map[string][]byte{string(Held): {key: stale}, string(Waiting): {key: stale}}}
	for state, values := range map[State]map[string]map[string][]byte{
		Waiting: {string(Held): {key: stale}, string(Waiting): {key: stale}},
		Held:    {string(Held): {key: stale}},
	} {
		old.values = values
		if err := q.update(StepIndexAdopt, func(tx txn) error {
			s, r, err := tx.state(m.Seq())
			if err != nil {
				return err
			}
			if err := tx.forget(m.Seq(), s, r); err != nil {
				return err
			}
			return old.accept(q, tx, m)
		}); err != nil {
			t.Fatal(err)
		}
		if item, err := q.Item(m.ID); err != nil || item.State != state {
			t.Errorf("it is %s, %v, want %s", item.State, err, state)
		}
	}
}

// An order of a person for many photos doesn't keep an Add waiting: it goes in
// batches.
func TestNamedPhotosChangeInBatches(t *testing.T) {
	q := tiny(t, 1<<20)
	var seqs []uint64
	for seq := range uint64(2*handsBatch + 1) {
		seqs = append(seqs, seq+1)
	}
	batches := 0
	q.o.Fault = func(step string) error {
		if step == StepIndexHand {
			batches++
		}
		return nil
	}
	if _, err := q.changeBatches(seqs, func(txn, uint64, State, record) (State, bool) { return Held, true }); err != nil || batches != 3 {
		t.Errorf("%d batches, %v, want 3", batches, err)
	}
}
