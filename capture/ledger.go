package capture

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

const (
	// maxPending bounds the ranges of missed slots that wait for the store.
	maxPending = 64
	// maxRefused is how many of them the store may refuse in one turn before the
	// rest has to wait for the next: a card that fails takes its time for each.
	maxRefused = 4
	// maxListed is how many slots of one range are told one by one: a month at
	// the shortest interval of 5 s, years at the usual ones. To go through so many
	// takes a small board some seconds. More are a span: only a clock that is off
	// by years calls them slots, or a board that lay in a drawer.
	maxListed = 31 * 17_280
	// maxCounted is how far back the slots of a long range are counted. The span
	// is whole, its number is of the last five years. No longer range is listed.
	maxCounted = 5 * 366 * 24 * time.Hour
	// maxBatch is how many misses are handed to the store together, unless one
	// day has more.
	maxBatch = 64
)

// joined is the detail of a span that stands for several ranges. Its number of
// slots is right, but which they were is not known any more: photos can have been
// taken between them.
const joined = "ranges joined, because the store took none for long"

// ledger keeps missed slots until the store has them.
type ledger struct {
	store Store
	sched *schedule.Schedule
	// pending are ranges of consecutive slots, of whatever sessions.
	pending []missed
}

// missed is all slots from From to To. Every and Session are not set.
type missed struct {
	photo.Miss
	// joined: only some of them, and nobody knows which.
	joined bool
}

// isSpan tells whether the slots cannot be listed.
func (m *missed) isSpan() bool {
	return m.From.Before(m.To) && (m.joined || m.Slots > maxListed || m.To.Sub(m.From) > maxCounted)
}

// add takes a range that follows all those before.
func (l *ledger) add(m photo.Miss) { l.insert(len(l.pending), m) }

// insert puts a range in the place n. It is joined to the one before where it
// goes on with that and has the same cause, or where there are too many.
func (l *ledger) insert(n int, m photo.Miss) {
	m.Every, m.Session = 0, ""
	if n > 0 {
		p := &l.pending[n-1]
		switch {
		case p.Cause == m.Cause && p.Detail == m.Detail && l.adjoins(p, m.From):
		case len(l.pending) >= maxPending:
			p.Detail, p.joined = joined, true
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
	l.pending = slices.Insert(l.pending, n, missed{Miss: m})
}

// adjoins tells whether the slot at from is the next one after the range.
func (l *ledger) adjoins(p *missed, from time.Time) bool {
	next, ok := l.sched.Next(schedule.Capture, p.To)
	return ok && next.At.Equal(from)
}

// unwritten is how many ranges wait.
func (l *ledger) unwritten() int { return len(l.pending) }

// flush hands the ranges to the store, in order, and keeps those that it refuses.
// One that is never taken does not hold up the others.
func (l *ledger) flush() (err error) {
	refused := 0
	for refused < min(maxRefused, len(l.pending)) {
		if merr := l.write(&l.pending[refused]); merr != nil {
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

// write hands one range to the store, whole days at a time, and on an error
// leaves in it what the store does not have.
func (l *ledger) write(m *missed) error {
	if m.isSpan() {
		return l.store.Miss(m.Miss)
	}
	var batch []photo.Miss
	for day := range days(l.sched, m.Miss) {
		if len(batch)+len(day) > maxBatch && len(batch) > 0 {
			if err := l.hand(m, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, day...)
	}
	return l.hand(m, batch)
}

// hand hands the next slots of the range to the store, which takes all of them or
// none.
func (l *ledger) hand(m *missed, batch []photo.Miss) error {
	if len(batch) == 0 {
		return nil
	}
	if err := l.store.Miss(batch...); err != nil {
		m.From = batch[0].From
		return err
	}
	for _, b := range batch {
		m.Slots -= b.Slots
	}
	return nil
}
