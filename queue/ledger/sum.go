package ledger

import (
	"iter"

	"fieldcam/capture/photo"
)

// Counts sums up a day: Due is Taken and all of Failed and Skipped.
type Counts struct {
	Due   int // slots that have an account
	Taken int // slots that have a photo
	// Failed and Skipped are the slots without one, by cause: those where a
	// failure was seen, and gaps. nil for none.
	Failed, Skipped map[photo.Cause]int
}

// Counts sums up the day.
func (d *Day) Counts() Counts {
	c := Counts{Due: d.slots}
	for i := range d.runs {
		r := &d.runs[i]
		switch {
		case r.photos:
			c.Taken += r.count
		case r.cause.Gap():
			count(&c.Skipped, r)
		default:
			count(&c.Failed, r)
		}
	}
	return c
}

func count(by *map[photo.Cause]int, r *run) {
	if *by == nil {
		*by = map[photo.Cause]int{}
	}
	(*by)[r.cause] += r.count
}

// Photos is the sequence numbers of the day's photos as ranges of consecutive
// ones: the first number and how many. They come in the order of the slots, so
// that after a step of the clock numbers can go down; an ordinary day is one
// range. The day must not change meanwhile.
func (d *Day) Photos() iter.Seq2[uint64, uint64] {
	return func(yield func(first, count uint64) bool) {
		var first, n uint64
		for i := range d.runs {
			for from, count := range d.runs[i].ranges() {
				if n > 0 && from == first+n {
					n += count
					continue
				}
				if n > 0 && !yield(first, n) {
					return
				}
				first, n = from, count
			}
		}
		if n > 0 {
			yield(first, n)
		}
	}
}

// ranges is the numbers of the run's photos, in pieces of consecutive ones.
func (r *run) ranges() iter.Seq2[uint64, uint64] {
	return func(yield func(first, count uint64) bool) {
		if !r.photos {
			return
		}
		per := uint64(r.perSlot())
		dense := per == 1 || r.more[per-2] == r.first+per-1
		if dense && (r.count == 1 || r.stride == per) {
			yield(r.first, per*uint64(r.count))
			return
		}
		for n := range r.count {
			shift := uint64(n) * r.stride
			if dense {
				if !yield(r.first+shift, per) {
					return
				}
				continue
			}
			if !yield(r.first+shift, 1) {
				return
			}
			for _, seq := range r.more {
				if !yield(seq+shift, 1) {
					return
				}
			}
		}
	}
}
