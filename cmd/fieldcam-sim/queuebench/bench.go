package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// The names of the figures.
const (
	enqueueSyncs   = "enqueue-syncs"
	enqueueFlushes = "enqueue-flushes"
	lifeBytes      = "life-bytes"
	drainSyncs     = "drain-syncs"
	drainBytes     = "drain-index-bytes"
	openSmall      = "open-1000"
	openMiddle     = "open-100000"
	openLarge      = "open-1000000"
	commitBytes    = "commit-index-bytes"
	nextPhoto      = "next-photo"
	memoryWaiting  = "memory-1000000"
	indexAfter     = "index-after-1000000"
	rebuildRate    = "rebuild"
)

// figures are the promises of the queue, in the order of the table.
func figures() []figure.Figure {
	return []figure.Figure{
		{Name: enqueueSyncs, What: "sync calls per enqueued photo of 5 MB", Unit: "calls", Reach: figure.AtMost(4)},
		{Name: enqueueFlushes, What: "flushes of the device per enqueued photo", Unit: "flushes", Reach: figure.AtMost(4.5)},
		{Name: lifeBytes, What: "bytes on the device per byte of photo, whole life", Unit: "ratio", Reach: figure.AtMost(1.015)},
		{Name: drainSyncs, What: "sync calls per drained photo", Unit: "calls", Reach: figure.AtMost(0.25)},
		{Name: drainBytes, What: "bytes to the index per drained photo", Unit: "KB", Reach: figure.AtMost(2.5)},
		{Name: openSmall, What: "open with 1,000 waiting", Unit: "ms", Reach: figure.AtMost(10)},
		{Name: openMiddle, What: "open with 100,000 waiting", Unit: "ms", Reach: figure.AtMost(50)},
		{Name: openLarge, What: "open with 1,000,000 waiting", Unit: "ms", Reach: figure.AtMost(200)},
		{Name: commitBytes, What: "bytes to the index per photo added, worst of these", Unit: "KB", Reach: figure.AtMost(40)},
		{Name: nextPhoto, What: "next photo to send, worst order, 1,000,000 waiting, p99", Unit: "ms", Reach: figure.AtMost(1)},
		{Name: memoryWaiting, What: "memory of 1,000,000 waiting, above none", Unit: "MB", Reach: figure.AtMost(20)},
		{Name: indexAfter, What: "index after 1,000,000 in and out / after 1,000", Unit: "ratio", Reach: figure.AtMost(2)},
		{Name: rebuildRate, What: "rebuild of an index of 100,000 photos", Unit: "photos/s", Reach: figure.AtLeast(5000)},
	}
}

func names() []string {
	var all []string
	for _, f := range figures() {
		all = append(all, f.Name)
	}
	return all
}

// findings are the outcomes of measurements, by the figures' names.
type findings struct {
	outcomes map[string]figure.Outcome
	errs     map[string]error
}

// found takes an outcome; err is why there is none.
func (f *findings) found(name string, o figure.Outcome, err error) {
	f.outcomes[name] = o
	if err != nil {
		f.errs[name] = err
	}
}

// group measures some figures in one go: those named.
type group struct {
	names   []string
	measure func(context.Context, *lab, *findings) error
}

func groups() []group {
	return []group{
		{[]string{enqueueSyncs, enqueueFlushes, lifeBytes}, measureLives},
		{[]string{drainSyncs, drainBytes}, measureDrains},
		{[]string{openSmall, openMiddle, openLarge, commitBytes, nextPhoto, memoryWaiting, indexAfter, rebuildRate}, measureSizes},
	}
}

var errNotReached = errors.New("a measurement before it went wrong")

// bench measures and prints. Its error tells of measurements that went wrong,
// after the rest was printed. owner is the process that a person started.
func bench(ctx context.Context, owner int, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	o.owner = owner
	l, err := openLab(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(l.room())
	found := findings{map[string]figure.Outcome{}, map[string]error{}}
	for _, g := range groups() {
		if !l.wants(g.names...) {
			continue
		}
		err := g.measure(ctx, l, &found)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, name := range g.names {
			if _, ok := found.outcomes[name]; !ok && l.wants(name) {
				found.found(name, figure.Outcome{}, errNotReached)
			}
		}
		if err != nil {
			l.say("%v", err)
			i := slices.IndexFunc(g.names, func(n string) bool { return found.errs[n] == errNotReached })
			if i < 0 {
				return err
			}
			found.errs[g.names[i]] = err
		}
	}
	var results []figure.Result
	for _, f := range figures() {
		if l.wants(f.Name) {
			results = append(results, figure.Result{Figure: f, Outcome: found.outcomes[f.Name], Err: found.errs[f.Name]})
		}
	}
	if err := l.print(results); err != nil {
		return err
	}
	if err := figure.Failures(results); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	return nil
}

func (l *lab) print(results []figure.Result) error {
	switch {
	case l.json:
		return figure.ReportJSON(os.Stdout, results)
	case l.small:
		return figure.Table(os.Stdout, results)
	}
	return figure.Report(os.Stdout, results)
}
