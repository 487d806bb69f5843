package queue_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"fieldcam/queue"
)

// fullUntilDeleted lets the migration find no room before the one photo of schema1
// that the cloud has is gone.
func (r *rig) fullUntilDeleted() (file string) {
	r.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "spool", "00000000000000000003-*.jpg"))
	if err != nil || len(files) != 1 {
		r.Fatalf("photo 3 is %q, %v", files, err)
	}
	r.setFault(func(step string) error {
		if _, err := os.Stat(files[0]); step == queue.StepIndexMigrate && err == nil {
			return unix.ENOSPC
		}
		return nil
	})
	return files[0]
}

func TestMigrationOnAFullCardDeletesWhatTheCloudHas(t *testing.T) {
	r := schema1(t)
	r.fullUntilDeleted()
	q := r.open()
	if rec := q.Recovery(); rec.Damage != "" || rec.Lost != 0 {
		t.Errorf("Recovery = %+v, want nothing lost", rec)
	}
	if got := q.Stats(); got.Confirmed != 0 || got.Lost != 1 || got.Waiting != 7 || got.Refused != 1 {
		t.Errorf("Stats = %+v, want all but the confirmed photo", got)
	}
	r.check()
	if m := r.add(); m.Seq() != 13 {
		t.Errorf("next number = %d, want 13", m.Seq())
	}
}

// Where that doesn't help, the old index stays as it is, for a start with room; a
// photo that was deleted for it isn't missed.
func TestMigrationWithoutRoomLeavesTheOldIndex(t *testing.T) {
	r := schema1(t)
	r.setFault(func(step string) error {
		if step == queue.StepIndexMigrate {
			return unix.ENOSPC
		}
		return nil
	})
	if _, err := queue.Open(t.Context(), r.options()); !errors.Is(err, queue.ErrCardFull) {
		t.Errorf("Open = %v, want %v", err, queue.ErrCardFull)
	}
	r.isSchema1()
	r.setFault(nil)
	if rec := r.open().Recovery(); rec.Damage != "" || rec.Lost != 0 {
		t.Errorf("Recovery = %+v, want nothing lost", rec)
	}
	if got := r.q.Stats(); got.Confirmed != 0 || got.Lost != 1 || got.Waiting != 7 {
		t.Errorf("Stats = %+v, want all but the confirmed photo", got)
	}
}

func (r *rig) isSchema1() {
	r.Helper()
	r.edit(func(tx *bbolt.Tx) error {
		if tx.Bucket([]byte("items")) == nil || tx.Bucket([]byte("records")) != nil {
			r.Error("the index is not of schema 1 any more")
		}
		return nil
	})
}

// ending is a context that ends when it was asked so many times.
type ending struct {
	context.Context
	left atomic.Int64
}

func (e *ending) Err() error {
	if e.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestMigrationEndsWithItsContext(t *testing.T) {
	r := schema1(t)
	for asks := range int64(20) { // 10 photos are read twice
		ctx := &ending{Context: t.Context()}
		ctx.left.Store(asks)
		if q, err := queue.Open(ctx, r.options()); !errors.Is(err, context.Canceled) {
			if err == nil {
				q.Close()
			}
			t.Fatalf("Open that was asked to end after %d photos = %v, want %v", asks, err, context.Canceled)
		}
		r.isSchema1()
	}
	r.open()
	r.isMigrated()
}
