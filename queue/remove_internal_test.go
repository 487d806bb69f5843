package queue

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// unlinking is how many deletions the index has yet to forget.
func unlinking(t *testing.T, q *Queue) (n int) {
	t.Helper()
	if err := q.view(func(t txn) error {
		n = t.bucket(bucketUnlinking).Stats().KeyN
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// In a winter without photos Trim deletes the backlog: what it remembers of that
// stays little.
func TestDeletionsAreForgottenWithoutAnAdd(t *testing.T) {
	q := tiny(t, 1<<20)
	var seqs []uint64
	for n := range 400 {
		m, err := shoot(q, n)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, m.Seq())
	}
	if err := q.Acknowledge(seqs...); err != nil {
		t.Fatal(err)
	}
	for deleted := 0; deleted < 399; {
		n, _, err := q.trimOnce(room{card: 1 << 30})
		if err != nil || n == 0 {
			t.Fatalf("trimOnce = %d, %v", n, err)
		}
		deleted += n
		if got := unlinking(t, q); got > trimBatch || len(q.unlinked) > trimBatch {
			t.Errorf("after %d deletions, %d in the index and %d in memory are to be forgotten, want at most %d", deleted, got, len(q.unlinked), trimBatch)
		}
	}
	if _, err := shoot(q, 400); err != nil {
		t.Fatal(err)
	}
	if got := unlinking(t, q); got != 0 || len(q.unlinked) != 0 {
		t.Errorf("after an Add, %d in the index and %d in memory are to be forgotten", got, len(q.unlinked))
	}
}

// A transaction that fails leaves the deletions to the next.
func TestFailedAddForgetsNoDeletion(t *testing.T) {
	q := tiny(t, 1<<20)
	for n := range 3 {
		if _, err := shoot(q, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Acknowledge(1, 2); err != nil {
		t.Fatal(err)
	}
	if n, _, err := q.trimOnce(room{card: 1 << 30}); n != 2 || err != nil {
		t.Fatalf("trimOnce = %d, %v, want 2", n, err)
	}
	broken := errors.New("broken")
	for _, step := range []string{StepIndexAdd, StepIndexDrop} {
		q.o.Fault = func(s string) error {
			if s == step {
				return broken
			}
			return nil
		}
		if _, err := shoot(q, 3); step == StepIndexAdd && !errors.Is(err, broken) {
			t.Errorf("Add = %v, want %v", err, broken)
		}
		if step == StepIndexAdd && (unlinking(t, q) != 2 || len(q.unlinked) != 2) {
			t.Errorf("%d in the index and %d in memory are to be forgotten, want 2", unlinking(t, q), len(q.unlinked))
		}
	}
	q.o.Fault = func(string) error { return nil }
	if got := unlinking(t, q); got != 0 {
		t.Errorf("%d are to be forgotten after an Add that succeeded, want none", got)
	}
}

// The index is short, not the card: photos that wait on elsewhere stay here, since
// the index would gain nothing by their files' end.
func TestShortIndexSendsNoPhotoAway(t *testing.T) {
	q := tiny(t, 1<<20)
	var seqs []uint64
	for n := range 10 {
		m, err := shoot(q, n)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, m.Seq())
	}
	if err := errors.Join(q.Copied(seqs...), q.Acknowledge(4)); err != nil {
		t.Fatal(err)
	}
	q.o.Copies = func(string) bool { return true }
	if err := q.SetDisk("disk-a"); err != nil {
		t.Fatal(err)
	}
	if err := q.Copied(seqs...); err != nil {
		t.Fatal(err)
	}
	victims := func(lack room) (all []uint64) {
		if err := q.view(func(t txn) (err error) {
			free, copied, err := q.victims(t, lack, "disk-a")
			all = free
			for _, m := range copied {
				all = append(all, m.Seq())
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, c := range []struct {
		lack room
		want []uint64
	}{
		{room{index: 1}, []uint64{4}}, {room{index: 1, card: -5}, []uint64{4}}, {room{card: 1}, []uint64{4}},
		{room{card: 3}, []uint64{4, 1, 2}}, {room{card: 3, index: 1}, []uint64{4, 1, 2}},
		{room{card: 100}, []uint64{4, 1, 2, 3, 5, 6, 7, 8, 9}}, {room{}, nil}, {room{card: -1, index: -1}, nil},
	} {
		if got := victims(c.lack); !slices.Equal(got, c.want) {
			t.Errorf("short of %+v: %d go, want %d", c.lack, got, c.want)
		}
	}
}

// Add and Trim at once, with the race detector: each deletion is forgotten once,
// and no photo goes that was not confirmed.
func TestAddBesideTrimLosesNothing(t *testing.T) {
	q := tiny(t, 1<<20)
	const photos = 150
	done := make(chan error, 2)
	go func() {
		var err error
		for n := range photos {
			m, errAdd := shoot(q, n)
			if err = errors.Join(err, errAdd); errAdd == nil && n%3 != 0 {
				err = errors.Join(err, q.Acknowledge(m.Seq()))
			}
		}
		done <- err
	}()
	go func() {
		for range photos / 2 {
			q.trimming <- struct{}{}
			_, _, err := q.trimOnce(room{card: 3})
			<-q.trimming
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	limit := time.After(5 * time.Minute)
	for range 2 {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-limit:
			t.Fatal("Add and Trim wait for each other")
		}
	}
	if got := q.Stats().Waiting; got != photos/3 {
		t.Errorf("%d wait, want %d", got, photos/3)
	}
}
