package capture

import (
	"cmp"
	"fmt"
	"slices"

	"fieldcam/capture/photo"
)

// maxPending bounds the ranges of missed slots that wait for the store.
const maxPending = 64

// maxRefused is how many of them the store may refuse in one turn before the
// rest has to wait for the next: a card that fails takes its time for each.
const maxRefused = 4

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

// flush hands the ranges to the store, in order, and keeps those that it refuses.
// One that is never taken does not hold up the others.
func (l *ledger) flush() (err error) {
	refused := 0
	for refused < min(maxRefused, len(l.pending)) {
		if merr := l.store.Miss(l.pending[refused]); merr != nil {
			err = cmp.Or(err, merr)
			refused++
			continue
		}
		l.pending = slices.Delete(l.pending, refused, refused+1)
	}
	if err != nil {
		return fmt.Errorf("write missed slots: %w", err)
	}
	return nil
}
