package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// life is what is known of the whole life of some photos in one store.
type life struct {
	kind  store.Kind
	trace trace // nil without strace
	found lived
	whole blockdev.Written // from before the mount to after the unmount
}

// lives leads photos through each store.
func lives(ctx context.Context, l *lab, o lifeOrder) ([]life, error) {
	var all []life
	for _, k := range store.Kinds() {
		l.say("%d photos of %s MB in and out: %s", o.Photos, figure.Number(float64(o.Bytes)/megabyte), k.What)
		a := life{kind: k}
		r, err := l.enter(ctx, k.Name, imageBytes)
		if err != nil {
			return nil, err
		}
		o.Store, o.Dir, o.Stat = k.Name, r.dir, ""
		if r.loop != nil {
			o.Stat = r.loop.Stat()
		}
		a.found, a.trace, err = callTraced[lived](ctx, l, r.dir, partLive, o)
		whole, left := r.leave()
		if err := errors.Join(err, left); err != nil {
			return nil, err
		}
		a.whole = whole
		all = append(all, a)
	}
	return all, nil
}

// errNoStrace is why there are no calls.
var errNoStrace = figure.UnavailableError{Why: errors.New("there is no strace")}

// table makes a figure of the product's value, with the floor's beside, and a row
// for each peer. missing is why there are no values; nil where there are.
func table(all []life, unit string, value func(life) float64, missing error) (figure.Outcome, error) {
	if missing != nil {
		return figure.Outcome{}, missing
	}
	var o figure.Outcome
	for _, a := range all {
		switch v := value(a); a.kind.Name {
		case store.Product:
			o.Value = v
		case store.Bare:
			o.Beside = "floor " + figure.Number(v) + ": " + strings.TrimPrefix(a.kind.What, "floor: ")
		default:
			o.More = append(o.More, figure.Row{What: a.kind.What, Measured: figure.Number(v) + " " + unit})
		}
	}
	return o, nil
}

func (l *lab) noStrace() error {
	if l.strace == "" {
		return errNoStrace
	}
	return nil
}

// measureLives takes the figures of photos of the usual size.
func measureLives(ctx context.Context, l *lab, f *findings) error {
	n := float64(l.lifePhotos)
	order := lifeOrder{Photos: l.lifePhotos, Bytes: l.lifeBytes, Batch: l.lifeBatch}
	all, err := lives(ctx, l, order)
	if err != nil {
		return err
	}
	o, err := table(all, "calls", func(a life) float64 { return float64(a.trace[phasePut].syncs) / n }, l.noStrace())
	if err == nil {
		o.More = append(o.More, figure.Row{What: "fieldcam: the first of 1,000, which makes their directory", Measured: fmt.Sprint(all[0].trace[phaseFirst].syncs, " calls")})
	}
	f.found(enqueueSyncs, o, err)
	o, err = table(all, "flushes", func(a life) float64 { return float64(a.found.Put.Flushes) / n }, l.noDevice)
	f.found(enqueueFlushes, o, err)
	o, err = table(all, "ratio", func(a life) float64 { return float64(a.whole.Bytes) / float64(order.all()) / float64(l.lifeBytes) }, l.noDevice)
	if err == nil {
		o.More = append(o.More, figure.Row{What: fmt.Sprintf("%d photos, drained by %d", order.all(), l.lifeBatch), Beside: "ext4 on a loop device, its counters, mount and unmount included"})
	}
	f.found(lifeBytes, o, err)
	return nil
}

// measureDrains takes the figures of a backlog that is sent.
func measureDrains(ctx context.Context, l *lab, f *findings) error {
	n := float64(l.backlog)
	all, err := lives(ctx, l, lifeOrder{Photos: l.backlog - 1, Bytes: l.backlogBytes, Batch: l.drainBatch})
	if err != nil {
		return err
	}
	o, err := table(all, "calls", func(a life) float64 { return float64(a.trace[phaseDrain].syncs) / n }, l.noStrace())
	if err == nil {
		o.More = append(o.More, figure.Row{What: fmt.Sprintf("%d photos of %s KB", l.backlog, figure.Number(float64(l.backlogBytes)/kilobyte)), Beside: fmt.Sprintf("confirmed by %d where the store can; deletion included", l.drainBatch)})
	}
	f.found(drainSyncs, o, err)
	o, err = table(all, "KB", func(a life) float64 { return float64(a.trace[phaseDrain].indexBytes) / n / kilobyte }, l.noStrace())
	f.found(drainBytes, o, err)
	return nil
}
