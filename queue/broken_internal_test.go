package queue

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"fieldcam/queue/ledger"
)

// hang is when a test says so: far above what a loaded machine takes.
const hang = 2 * time.Minute

// returns fails the test where f hangs.
func returns(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(hang):
		t.Fatalf("%s hangs", what)
	}
}

// openBare is a queue whose index takes so many bytes; the caller closes it.
func openBare(t *testing.T, dir string, maxIndex int, fault func(string) error) *Queue {
	t.Helper()
	q, err := Open(t.Context(), Options{
		Dir: dir, Device: "cam-1", Config: Default(), LockTimeout: 100 * time.Millisecond, maxIndex: maxIndex, Fault: fault,
		FreeBytes: func(string) (uint64, error) { return 1 << 40, nil },
	})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return q
}

// fatten puts values into the index that take a page each, and slim takes them out.
func (q *Queue) fatten(from, to int) error {
	const bytes = 3500
	return q.update(StepIndexAdopt, func(tx txn) error {
		for n := from; n < to; n++ {
			if err := tx.put(bucketNotes, seqKey(1<<40+uint64(n)), make([]byte, bytes)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *Queue) slim(from, to int) error {
	return q.update(StepIndexAdopt, func(tx txn) error {
		for n := from; n < to; n++ {
			if err := tx.bucket(bucketNotes).Delete(seqKey(1<<40 + uint64(n))); err != nil {
				return err
			}
		}
		return nil
	})
}

// A commit that must map more of the file waits for the readers that are there,
// and those that come wait for it.
func TestReadersAndAGrowingIndexNeverWaitForEachOther(t *testing.T) {
	t.Parallel()
	for range 4 {
		q := openBare(t, inMemory(t), 6<<20, nil) // mapped anew at 512 KiB, 1 MiB, 2 MiB
		stop := make(chan struct{})
		returns(t, "the queue", func() {
			var readers sync.WaitGroup
			for range 4 {
				readers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						if _, _, err := q.Next(Select{}); err != nil {
							t.Errorf("Next: %v", err)
							return
						}
						q.Stats()
					}
				})
			}
			for n := 0; n < 600; n += 5 {
				if err := q.fatten(n, n+5); err != nil {
					t.Errorf("%d values: %v", n, err)
				}
			}
			close(stop)
			readers.Wait()
		})
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
}

// bbolt keeps its locks where a transaction can't begin. One that is open then
// must end all the same.
func TestAReaderEndsBesideADatabaseThatBroke(t *testing.T) {
	t.Parallel()
	q := openBare(t, inMemory(t), 0, nil)
	m, err := shoot(q, 1)
	if err != nil {
		t.Fatal(err)
	}
	db := q.db
	open, blind := make(chan struct{}), make(chan error, 1)
	go func() {
		<-open
		f, err := os.OpenFile(q.path(indexName), os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteAt(make([]byte, 2*indexPage), 0) // both meta pages
			err = errors.Join(err, f.Close())
		}
		if err == nil {
			_, _, err = q.Next(Select{})
		}
		blind <- err
	}()
	returns(t, "the reader", func() {
		if err := q.view(func(txn) error {
			close(open)
			<-db.broken
			return nil
		}); err != nil {
			t.Errorf("the reader that was there = %v", err)
		}
		if err := <-blind; err != nil {
			t.Errorf("the reader that found the index broken = %v, want it made anew", err)
		}
	})
	if got, ok, err := q.Next(Select{}); !ok || err != nil || got.ID != m.ID {
		t.Errorf("Next = %s, %t, %v, want %s", got.ID, ok, err, m.ID)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}

// A write met damage that isn't in the file, as where the card gave a wrong page
// once.
func TestASoundIndexIsOpenedAgainAfterItWasGivenUp(t *testing.T) {
	t.Parallel()
	q := openBare(t, inMemory(t), 0, nil)
	m, err := shoot(q, 1)
	if err != nil {
		t.Fatal(err)
	}
	met := 0
	if err := q.update(StepIndexAck, func(txn) error {
		if met++; met == 1 {
			return ErrDamaged
		}
		return nil
	}); err != nil || met != 2 {
		t.Errorf("the write that met damage = %v after %d tries, want it done by the second", err, met)
	}
	if rec := q.Recovery(); rec.Rebuilt || rec.SetAside != "" || rec.Damage == "" {
		t.Errorf("Recovery = %+v, want the index as it was", rec)
	}
	if got, ok, err := q.Next(Select{}); !ok || err != nil || got != m {
		t.Errorf("Next = %+v, %t, %v, want %+v", got, ok, err, m)
	}
	if _, err := shoot(q, 2); err != nil {
		t.Errorf("Add = %v", err)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}

func TestAPhotoWithoutAStateHeals(t *testing.T) {
	t.Parallel()
	q := openBare(t, inMemory(t), 0, nil)
	var seqs []uint64
	for n := range 3 {
		m, err := shoot(q, n)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, m.Seq())
	}
	if err := q.update(StepIndexAdopt, func(tx txn) error {
		_, err := tx.mark(set(Waiting), seqs[1], 0, false)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := q.Acknowledge(seqs[1]); err != nil {
		t.Errorf("Acknowledge = %v, want the index made anew", err)
	}
	if rec := q.Recovery(); !rec.Rebuilt || rec.SetAside == "" {
		t.Errorf("Recovery = %+v, want the index rebuilt", rec)
	}
	if got := q.Stats(); got.Confirmed != 1 || got.Waiting != 2 {
		t.Errorf("Stats = %+v, want 1 confirmed, 2 waiting", got)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}

// A day of the ledger that proves itself and makes no sense: no start finds that.
func TestDamageThatNoStartFindsHealsTheSecondTime(t *testing.T) {
	t.Parallel()
	q := openBare(t, inMemory(t), 0, nil)
	m, err := shoot(q, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.update(StepIndexAdopt, func(tx txn) error {
		return tx.put(bucketDays, dayKey(midnight(m.Slot), m.Session), []byte("no day"))
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Decode(midnight(m.Slot), []byte("no day")); err == nil {
		t.Fatal("the ledger decodes what should be no day")
	}
	if _, err := shoot(q, 2); !errors.Is(err, ErrDamaged) {
		t.Errorf("the Add that met it = %v, want %v", err, ErrDamaged)
	}
	if _, err := shoot(q, 3); err != nil {
		t.Errorf("the next Add = %v, want the index made anew", err)
	}
	if rec := q.Recovery(); !rec.Rebuilt {
		t.Errorf("Recovery = %+v, want the index rebuilt", rec)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}

// In one process: a daemon that opens the queue again after an error.
func TestAQueueWithABrokenIndexCanBeOpenedAgain(t *testing.T) {
	t.Parallel()
	dir := inMemory(t)
	q := openBare(t, dir, 0, nil)
	if _, err := shoot(q, 1); err != nil {
		t.Fatal(err)
	}
	q.db.giveUp(ErrDamaged)
	if err := q.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	q = openBare(t, dir, 0, nil)
	if got := q.Stats(); got.Waiting != 1 {
		t.Errorf("Stats = %+v, want the photo waiting", got)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}

// t.Fatal in the hook of a test ends the goroutine within a transaction.
func TestCloseDoesNotWaitForACommitWhoseGoroutineEnded(t *testing.T) {
	t.Parallel()
	q := openBare(t, inMemory(t), 0, func(step string) error {
		if step == StepIndexAck {
			runtime.Goexit()
		}
		return nil
	})
	m, err := shoot(q, 1)
	if err != nil {
		t.Fatal(err)
	}
	returns(t, "Acknowledge", func() { q.Acknowledge(m.Seq()) })
	returns(t, "Close", func() {
		if err := q.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
}
