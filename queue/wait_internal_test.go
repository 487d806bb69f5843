package queue

import (
	"errors"
	"testing"
)

// A list that takes long keeps no photo waiting behind a compaction.
func TestCompactDoesNotWaitForAReader(t *testing.T) {
	t.Parallel()
	q := openBare(t, inMemory(t), 0, nil)
	const values = 500
	if err := errors.Join(q.fatten(0, values), q.slim(0, values), q.slim(0, values)); err != nil {
		t.Fatal(err)
	}
	returns(t, "Compact", func() {
		if err := q.view(func(txn) error {
			done, err := q.Compact(t.Context())
			if done {
				t.Error("the index was replaced under a reader")
			}
			return err
		}); err != nil {
			t.Errorf("Compact = %v", err)
		}
	})
	if done, err := q.Compact(t.Context()); !done || err != nil {
		t.Errorf("Compact without a reader = %t, %v, want it done", done, err)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}

// From the first wait on, a revival must leave its file alone.
func TestAnAddHasItsNumberBeforeItWaitsForRoom(t *testing.T) {
	t.Parallel()
	var q *Queue
	asked, writing := 0, 0
	q, err := Open(t.Context(), Options{
		Dir: inMemory(t), Device: "cam-1", Config: Default(),
		FreeBytes: func(string) (uint64, error) {
			if q != nil {
				q.mu.Lock()
				defer q.mu.Unlock()
				asked, writing = asked+1, len(q.writing)
			}
			return 1 << 40, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shoot(q, 1); err != nil {
		t.Fatal(err)
	}
	if asked == 0 || writing != 1 {
		t.Errorf("asked %d times for room, the last with %d photos being written, want 1", asked, writing)
	}
	if len(q.writing) != 0 {
		t.Error("a photo is being written after its Add")
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}
