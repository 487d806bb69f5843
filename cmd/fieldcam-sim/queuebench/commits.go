package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// add sees what a photo more costs the index.
func (s *sizes) add(ctx context.Context, r *room, photos int) error {
	l := s.l
	if !l.wants(commitBytes) || l.strace == "" {
		return nil
	}
	all, err := s.commits(ctx, r, store.Product, photos)
	if err != nil {
		return err
	}
	s.commit.Value = max(s.commit.Value, all[len(all)-1])
	s.commit.More = append(s.commit.More, commitRow(fmt.Sprintf("with %d waiting", photos), all))
	if photos != l.most {
		return nil
	}
	return s.peerCommit(ctx)
}

// commits are the bytes to the index, in KB, of each photo that is put into a
// store of so many; in ascending order.
func (s *sizes) commits(ctx context.Context, r *room, name string, photos int) ([]float64, error) {
	order := addOrder{Store: name, Dir: r.dir, First: photos, Photos: s.l.adds, Bytes: s.l.tinyBytes}
	_, t, err := callTraced[struct{}](ctx, s.l, r.dir, partAdd, order)
	if err != nil {
		return nil, err
	}
	var all []float64
	for i := range s.l.adds {
		all = append(all, float64(t[addPhase(i)].indexBytes)/kilobyte)
	}
	slices.Sort(all)
	return all, nil
}

func commitRow(what string, all []float64) figure.Row {
	return figure.Row{
		What: what, Measured: figure.Number(all[len(all)-1]) + " KB",
		Beside: fmt.Sprintf("the worst of %d, their median %s", len(all), figure.Number(all[len(all)/2])),
	}
}

// peerCommit sees what the nearest peer writes for an item, with its list of
// free pages in the file, once most of a backlog has left.
func (s *sizes) peerCommit(ctx context.Context) (err error) {
	l := s.l
	r, err := l.enter(ctx, "peer-commit", imageBytes)
	if err != nil {
		return err
	}
	defer func() {
		_, left := r.leave()
		err = errors.Join(err, left)
	}()
	out := l.most / 10 * 9
	if _, err := call[timed](ctx, l, partRecords, recordsOrder{Store: store.Item, Dir: r.dir, Records: l.most, Out: out}); err != nil {
		return err
	}
	all, err := s.commits(ctx, r, store.Item, l.most)
	if err != nil {
		return err
	}
	s.commit.More = append(s.commit.More, commitRow(fmt.Sprintf("bbolt, an item for each photo, %d of %d gone", out, l.most), all))
	return nil
}
