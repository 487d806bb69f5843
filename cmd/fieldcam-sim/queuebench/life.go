package main

import (
	"context"
	"errors"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// lifeOrder asks for the whole life of some photos in a new store.
type lifeOrder struct {
	Store  string
	Dir    string
	Stat   string // the counters of Dir's device; empty where there are none
	Photos int    // beside the first, which is on its own: it may make directories
	Bytes  int64  // of each
	Batch  int    // photos that are drained at once
}

// all is how many photos there are.
func (o lifeOrder) all() int { return 1 + o.Photos }

// The phases of a life.
const (
	phaseFirst = "first"
	phasePut   = "put"
	phaseDrain = "drain"
	phaseEnd   = "end"
)

// lived is what the photos but the first wrote to the device, on their way in.
type lived struct{ Put blockdev.Written }

// live is the part that puts photos into a store, drains it and deletes them.
func live(ctx context.Context, o lifeOrder) (l lived, err error) {
	m, err := newMarker()
	if err != nil {
		return l, err
	}
	defer m.close()
	counters := func() (blockdev.Written, error) {
		if o.Stat == "" {
			return blockdev.Written{}, nil
		}
		return blockdev.Read(o.Stat, blockdev.ParseStat)
	}
	s, err := store.Open(ctx, o.Store, o.Dir)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := errors.Join(m.begin(phaseFirst), s.Put(ctx, 0, o.Bytes)); err != nil {
		return l, err
	}
	before, err := counters()
	if err = errors.Join(err, m.begin(phasePut)); err != nil {
		return l, err
	}
	for i := 1; i < o.all(); i++ {
		if err := errors.Join(ctx.Err(), s.Put(ctx, i, o.Bytes)); err != nil {
			return l, err
		}
	}
	middle, err := counters()
	if err = errors.Join(err, m.begin(phaseDrain)); err != nil {
		return l, err
	}
	for left := o.all(); left > 0; left -= o.Batch {
		if err := errors.Join(ctx.Err(), s.Drain(ctx, min(o.Batch, left))); err != nil {
			return l, err
		}
	}
	if err := s.Delete(ctx); err != nil {
		return l, err
	}
	l.Put = middle.Since(before)
	return l, m.begin(phaseEnd)
}
