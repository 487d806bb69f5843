package capture

import (
	"fmt"
	"slices"

	"fieldcam/capture/photo"
)

// maxPending bounds the ranges of missed slots that wait for the store.
const maxPending = 64

// joined is the detail of a range that stands for several. Its number of slots
// is right, but photos can have been taken between them.
const joined = "ranges joined, because the store took none for long"

// ledger keeps missed slots until the store has them.
type ledger struct {
	store   Store
	pending []photo.Miss
	// parted: a slot that is not missed, or not yet, follows the last range.
	parted bool
}

// add takes a range that follows all those before.
func (l *ledger) add(m photo.Miss) {
	l.insert(len(l.pending), m)
	l.parted = false
}

// part says that what is added next does not adjoin what was added last.
func (l *ledger) part() { l.parted = true }

// insert puts a range in the place n. It is joined to the one before where it
// adjoins that and has the same cause, or where there are too many.
func (l *ledger) insert(n int, m photo.Miss) {
	if n > 0 {
		p := &l.pending[n-1]
		adjoins := n == len(l.pending) && !l.parted && m.From.After(p.To)
		switch {
		case adjoins && p.Cause == m.Cause && p.Detail == m.Detail:
		case len(l.pending) >= maxPending:
			p.Detail = joined
		default:
			p = nil
		}
		if p != nil {
			if m.From.Before(p.From) {
				p.From = m.From
			}
			if m.To.After(p.To) {
				p.To = m.To
			}
			p.Slots += m.Slots
			return
		}
	}
	l.pending = slices.Insert(l.pending, n, m)
}

// unwritten is how many ranges wait.
func (l *ledger) unwritten() int { return len(l.pending) }

// flush hands the ranges to the store, in order, up to the first that fails.
func (l *ledger) flush() error {
	for len(l.pending) > 0 {
		if err := l.store.Miss(l.pending[0]); err != nil {
			return fmt.Errorf("write missed slots: %w", err)
		}
		l.pending = slices.Delete(l.pending, 0, 1)
	}
	return nil
}
