package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// most takes the figure of an index that all photos have left.
func (s *sizes) most(ctx context.Context, r *room) (err error) {
	l := s.l
	if !l.wants(indexAfter) {
		return nil
	}
	before, err := os.Stat(store.Index(r.dir))
	if err != nil {
		return err
	}
	waiting := l.most
	if l.wants(commitBytes) && l.strace != "" {
		waiting += l.adds
	}
	l.say("%d photos out of the queue", waiting)
	large, err := s.emptied(ctx, r, waiting)
	if err != nil {
		return err
	}
	other, err := l.enter(ctx, "after-few", imageBytes)
	if err != nil {
		return err
	}
	defer func() {
		_, left := other.leave()
		err = errors.Join(err, left)
	}()
	order := fillOrder{Dir: other.dir, Photos: l.few, Bytes: l.tinyBytes}
	if _, err := call[timed](ctx, l, partFill, order); err != nil {
		return err
	}
	small, err := s.emptied(ctx, other, l.few)
	if err != nil {
		return err
	}
	kb := func(n int64) string { return figure.Number(float64(n)/kilobyte) + " KB" }
	s.f.found(indexAfter, figure.Outcome{
		Value:  float64(large) / float64(small),
		Beside: fmt.Sprintf("%s and %s; with all waiting %s; drained by %d", kb(large), kb(small), kb(before.Size()), l.outBatch),
	}, nil)
	return nil
}

// emptied is the size of the index after all photos have left and it was
// compacted.
func (s *sizes) emptied(ctx context.Context, r *room, waiting int) (int64, error) {
	order := fillOrder{Dir: r.dir, Out: waiting, Batch: s.l.outBatch, Existing: true}
	if _, err := call[timed](ctx, s.l, partFill, order); err != nil {
		return 0, err
	}
	after, err := os.Stat(store.Index(r.dir))
	if err != nil {
		return 0, err
	}
	return after.Size(), nil
}
