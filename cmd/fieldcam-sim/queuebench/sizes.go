package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// tinyOptions make room for a million photos in a gigabyte: inodes that take
// metadata and picture, and enough of them.
func tinyOptions(photos int) []string {
	const others = 10_000 // directories, one for each 1,000 photos, and a few files
	return []string{"-I", "1024", "-O", "inline_data", "-N", fmt.Sprint(photos + others)}
}

// sizes is what measureSizes has seen so far.
type sizes struct {
	l      *lab
	f      *findings
	empty  resident
	commit figure.Outcome // of commitBytes, so far
}

// measureSizes takes the figures of queues of three sizes: each is filled once.
func measureSizes(ctx context.Context, l *lab, f *findings) error {
	s := &sizes{l: l, f: f}
	for _, step := range []struct {
		photos  int
		name    string
		options []string
		also    []string // further figures that need it
		more    func(context.Context, *room) error
	}{
		{l.few, openSmall, nil, []string{commitBytes}, nil},
		{l.many, openMiddle, nil, []string{commitBytes, rebuildRate}, s.rebuild},
		{l.most, openLarge, tinyOptions(l.most), []string{commitBytes, nextPhoto, memoryWaiting, indexAfter}, s.most},
	} {
		if !l.wants(append(step.also, step.name)...) {
			continue
		}
		if err := s.measure(ctx, step.photos, step.name, step.options, step.more); err != nil {
			return err
		}
	}
	if l.wants(commitBytes) {
		f.found(commitBytes, s.commit, l.noStrace())
	}
	return nil
}

// measure fills a queue and measures at that size.
func (s *sizes) measure(ctx context.Context, photos int, name string, options []string, more func(context.Context, *room) error) (err error) {
	l := s.l
	r, err := l.enter(ctx, name, imageBytes, options...)
	if err != nil {
		return err
	}
	defer func() {
		_, left := r.leave()
		err = errors.Join(err, left)
	}()
	order := fillOrder{Dir: r.dir, Bytes: l.tinyBytes, Batch: l.outBatch}
	if s.empty == (resident{}) {
		if _, err := call[timed](ctx, l, partFill, order); err != nil {
			return err
		}
		none, err := call[opened](ctx, l, partOpen, openOrder{Store: store.Product, Dir: r.dir})
		if err != nil {
			return err
		}
		s.empty = none.Memory
	}
	l.say("%d photos of %d bytes into the queue, by Add; the kernel answers its syncs at once", photos, l.tinyBytes)
	order.Photos = photos
	took, err := call[timed](ctx, l, partFill, order)
	if err != nil {
		return err
	}
	how := fmt.Sprintf("filled by Add at %s photos/s, syncs answered at once", figure.Number(float64(photos)/took.Seconds))
	if err := r.refresh(); err != nil {
		return err
	}
	l.say("%s: open", name)
	if err := s.open(ctx, r, photos, name, how); err != nil {
		return err
	}
	if more != nil {
		if err := more(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// open takes the figures of one size: of opening, of adding, and of the largest
// also of asking and of memory.
func (s *sizes) open(ctx context.Context, r *room, photos int, name, how string) error {
	l := s.l
	order := openOrder{Store: store.Product, Dir: r.dir, Photos: photos, Next: l.nexts}
	var took []float64
	var last opened
	for range l.opens + 1 { // the first, with nothing in memory, is told beside
		o, err := call[opened](ctx, l, partOpen, order)
		if err != nil {
			return err
		}
		took, last = append(took, o.Milliseconds), o
	}
	cold, warm := took[0], slices.Sorted(slices.Values(took[1:]))
	m := last.Memory
	o := figure.Outcome{
		Value:  warm[len(warm)/2],
		Beside: fmt.Sprintf("median of %d; the first, %s: %s ms", len(warm), r.fresh(), figure.Number(cold)),
		More: []figure.Row{
			{What: "memory then: anonymous, the program's pages, the index's", Measured: figure.Number(m.Anonymous) + ", " + figure.Number(m.Files-m.Index) + ", " + figure.Number(m.Index) + " MB", Beside: how},
		},
	}
	peers, err := s.peers(ctx, photos)
	if err != nil {
		return err
	}
	o.More = append(o.More, peers...)
	s.f.found(name, o, nil)
	if photos == l.most {
		s.next(last.Next)
		s.f.found(memoryWaiting, figure.Outcome{
			Value:  m.own() - s.empty.own(),
			Beside: fmt.Sprintf("%s MB with them, %s without; besides, the index's mapped pages: %s MB", figure.Number(m.own()), figure.Number(s.empty.own()), figure.Number(m.Index)),
		}, nil)
	}
	return s.add(ctx, r, photos)
}

// next takes the figure of the worst order.
func (s *sizes) next(all []asked) {
	worst := slices.MaxFunc(all, func(a, b asked) int { return compare(a.P99, b.P99) })
	o := figure.Outcome{Value: worst.P99, Beside: worst.Order}
	for _, a := range all {
		o.More = append(o.More, figure.Row{What: a.Order, Measured: figure.Number(a.P99) + " ms", Beside: fmt.Sprintf("median %s, the first call %s ms", figure.Number(a.Median), figure.Number(a.First))})
	}
	s.f.found(nextPhoto, o, nil)
}

func compare(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

// peers sees how the peer that is nearest opens with as many: bbolt with an item
// for each photo, by either of its ways to keep its list of free pages.
func (s *sizes) peers(ctx context.Context, photos int) (rows []figure.Row, err error) {
	for _, kind := range []struct{ name, what string }{
		{store.Item, "bbolt, an item for each photo"},
		{store.ItemUnlisted, "bbolt, an item for each photo, NoFreelistSync"},
	} {
		r, err := s.l.enter(ctx, kind.name+fmt.Sprint(photos), imageBytes)
		if err != nil {
			return nil, err
		}
		found, err := s.peer(ctx, r, kind.name, photos)
		_, left := r.leave()
		if err := errors.Join(err, left); err != nil {
			return nil, err
		}
		rows = append(rows, figure.Row{What: kind.what, Measured: figure.Number(found.Milliseconds) + " ms", Beside: "filled by 1,000 in a transaction, without photos"})
	}
	return rows, nil
}

func (s *sizes) peer(ctx context.Context, r *room, name string, photos int) (found opened, err error) {
	if _, err := call[timed](ctx, s.l, partRecords, recordsOrder{Store: name, Dir: r.dir, Records: photos}); err != nil {
		return found, err
	}
	for range 2 { // the second, with all in memory, is comparable
		if found, err = call[opened](ctx, s.l, partOpen, openOrder{Store: name, Dir: r.dir}); err != nil {
			return found, err
		}
	}
	return found, nil
}

// rebuild takes the figure of making the index anew.
func (s *sizes) rebuild(ctx context.Context, r *room) error {
	l := s.l
	if !l.wants(rebuildRate) {
		return nil
	}
	l.say("rebuild the index of %d photos", l.many)
	var rates [2]float64
	for i, floor := range []bool{true, false} {
		if err := r.refresh(); err != nil {
			return err
		}
		took, err := call[timed](ctx, l, partRebuild, rebuildOrder{r.dir, floor})
		if err != nil {
			return err
		}
		rates[i] = float64(l.many) / took.Seconds
	}
	s.f.found(rebuildRate, figure.Outcome{
		Value:  rates[1],
		Beside: fmt.Sprintf("floor %s: names and attributes alone; both %s", figure.Number(rates[0]), r.fresh()),
	}, nil)
	return nil
}
