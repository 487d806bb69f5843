package queue_test

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func (r *rig) indexBytes() int64 {
	r.Helper()
	st, err := os.Stat(r.index())
	r.do("stat", err)
	return st.Size()
}

func TestCompactGivesBackWhatIsFree(t *testing.T) {
	r, states, metas := history(t)
	r.bloat()
	q := r.open()
	if done, err := q.Compact(t.Context()); !done || err != nil {
		t.Errorf("Compact = %t, %v, want it done", done, err)
	}
	if got := r.indexBytes(); got > 512<<10 {
		t.Errorf("the index has %d bytes, want 512 KiB at most", got)
	}
	r.survived("compacted", states, metas)
	r.add()
	if done, err := q.Compact(t.Context()); done || err != nil {
		t.Errorf("second Compact = %t, %v, want nothing done", done, err)
	}
	if rec := r.reopen().Recovery(); rec.Damage != "" || rec.Adopted+rec.Lost != 0 {
		t.Errorf("Recovery = %+v, want nothing", rec)
	}
}

func TestACutCompactionKeepsEverything(t *testing.T) {
	r, states, metas := history(t)
	r.bloat()
	q := r.open()
	r.cutAt(queue.StepIndexCompact, 1, func() {})
	if _, err := q.Compact(t.Context()); !errors.Is(err, errCut) {
		t.Errorf("Compact = %v, want %v", err, errCut)
	}
	r.setFault(nil)
	r.survived("after a compaction that failed", states, metas)
	r.close()
	// What a cut leaves beside the index is no index.
	r.do("write", os.WriteFile(r.index()+".new", []byte("half a database"), 0o644))
	q = r.open()
	r.survived("after the cut", states, metas)
	if done, err := q.Compact(t.Context()); !done || err != nil {
		t.Errorf("Compact = %t, %v, want it done", done, err)
	}
	r.survived("after the second", states, metas)
}

func TestCompactWaitsForNoPictureAndEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	r.open()
	r.close()
	r.bloat()
	q := r.open()
	_, err := q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
		if done, err := q.Compact(t.Context()); done || err != nil {
			t.Errorf("Compact beside an Add = %t, %v, want nothing done", done, err)
		}
		return picture(1, 100)(w)
	})
	r.do("Add", err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if done, err := q.Compact(ctx); done || !errors.Is(err, context.Canceled) {
		t.Errorf("Compact = %t, %v, want %v", done, err, context.Canceled)
	}
}
