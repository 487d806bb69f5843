package queue

import (
	"encoding/hex"
	"os"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

// A backlog of months comes and goes: the index doesn't stay as large as it was.
// 20,000 photos go through in transactions of 1,000.
func TestTheIndexIsSmallAfterABacklogIsGone(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/dev/shm", "queue")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	q, err := Open(t.Context(), Options{Dir: dir, Device: "cam-1", Config: Default()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}()
	slot := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	bytes := func() int64 {
		st, err := os.Stat(q.path(indexName))
		if err != nil {
			t.Fatal(err)
		}
		return st.Size()
	}
	var after1000, last uint64
	through := func(photos, batch int) {
		t.Helper()
		first := last + 1
		for n := 0; n < photos; n += batch {
			if err := q.update(StepIndexAdopt, func(tx txn) error {
				for range batch {
					last++
					slot = slot.Add(15 * time.Minute)
					m := photo.Meta{
						ID: photo.MakeID(slot, last, [3]byte{1, 2, 3}), Device: "cam-1", Slot: slot, Taken: slot, Session: "day",
						Trigger: photo.Scheduled, ClockSynced: true, Size: 5 << 20, SHA256: hex.EncodeToString(make([]byte, 32)),
						Exposure: photo.Exposure{Format: "jpg"},
					}
					if err := q.accepted(tx, m); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		for seq := first; seq <= last; seq += uint64(batch) {
			if err := q.update(StepIndexTrim, func(tx txn) error {
				for n := seq; n < seq+uint64(batch); n++ {
					s, r, err := tx.state(n)
					if err != nil {
						return err
					}
					if err := tx.forget(n, s, r); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	through(1000, 50)
	after1000 = uint64(bytes())
	through(19_000, 1000)
	full := bytes()
	done, err := q.Compact(t.Context())
	if !done || err != nil {
		t.Errorf("Compact = %t, %v, want it done", done, err)
	}
	if got := uint64(bytes()); got > 2*after1000 {
		t.Errorf("the index has %d bytes, want at most twice the %d after 1,000 photos", got, after1000)
	}
	t.Logf("%d bytes after 1,000 in and out, %d after 20,000, %d compacted", after1000, full, bytes())
	if got := q.Stats(); got.Waiting != 0 {
		t.Errorf("Stats = %+v, want none waiting", got)
	}
	if days, err := q.Days(slot, slot.Add(1)); err != nil || len(days) != 1 || days[0].Taken == 0 {
		t.Errorf("Days = %+v, %v, want the last day still told", days, err)
	}
}
