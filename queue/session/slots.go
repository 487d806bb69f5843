package session

import (
	"iter"
	"slices"
	"time"

	"fieldcam/capture/schedule"
)

const (
	// farBack is how far back slots are looked for whose block may last: a block
	// has a day at the most, and one hour where daylight saving ends.
	farBack = 25 * time.Hour
	// maxSlots bounds the slots that are looked at for those that have come: of one
	// each 5 s all in farBack, so that a long block behind them is found. They are
	// looked at one by one: together they would be larger than all else in memory.
	maxSlots = 20_000
	// maxOthers bounds the slots in which others of a block are looked for.
	maxOthers = 2048
	// clockStep is from how much on the wall clock has stepped.
	clockStep = time.Minute
)

// collect makes sessions of the slots that have come up to now, wall time.
func (w *waiter) collect(now time.Time) {
	blind := w.mono.IsZero() || now.Sub(w.wall)-time.Since(w.mono) > clockStep
	w.wall, w.mono = now, time.Now()
	if now.Before(w.after) { // the clock stepped back
		w.after = now
	}
	for s := range w.passed(now) {
		if !w.r.o.Paused(s.At) {
			w.claim(s, now, blind)
		}
	}
	w.after = now
}

// passed are the slots since w.after up to now, in order: the last maxSlots of them.
func (w *waiter) passed(now time.Time) iter.Seq[schedule.Slot] {
	plan, end := w.r.o.Schedule, now.Add(1)
	begin := laterOf(w.after, now.Add(-farBack)).Add(1)
	if plan.Count(schedule.Upload, begin, end) > maxSlots {
		begin = end
		for range maxSlots {
			if s, ok := plan.Last(schedule.Upload, begin); ok {
				begin = s.At
			}
		}
	}
	return plan.Between(schedule.Upload, begin, end)
}

// claim makes a session of a slot that has come. blind: nobody watched since; a
// block that has ended may have had its session.
func (w *waiter) claim(slot schedule.Slot, now time.Time, blind bool) {
	j := jobOf(slot)
	if j.over(now) {
		if ends, returns, ok := w.r.o.Quiet(slot.At); ok && ends.After(slot.At) {
			if j.ends.Before(returns) {
				returns = j.ends
			}
			j.owe(returns.Sub(slot.At))
		} else if blind {
			return
		}
	}
	// It takes the place of an earlier one, and with that its turn, and its memory:
	// a day's slots are thousands.
	var taken *job
	place := -1
	kept := w.jobs[:0]
	for _, o := range w.jobs {
		if !w.replaced(o, &j) {
			kept = append(kept, o)
			continue
		}
		if o.terms == j.terms && o.missed() {
			j.inherit(o)
		}
		if place < 0 {
			taken, place = o, len(kept)
		}
	}
	clear(w.jobs[len(kept):])
	if taken == nil {
		taken, place = new(job), len(kept)
	}
	*taken = j
	w.jobs = slices.Insert(kept, place, taken)
}

// replaced tells whether j, of a slot that has come, takes the place of o.
func (w *waiter) replaced(o, j *job) bool {
	if o.terms != j.terms {
		return o.kept && o.terms.Session == j.terms.Session // the next one begins
	}
	// One that is merely waiting for its next turn goes on, too.
	inTurn := !o.began.IsZero() && !o.idle && o.ready.IsZero() && w.broken.IsZero()
	return o.missed() || !inTurn
}

// endOfDay tells whether j is End of Day Uploading: a session with a choice of its
// own, or the only one of its block.
func (w *waiter) endOfDay(j *job) bool {
	if j.terms.Choice != (schedule.Choice{}) {
		return true
	}
	of := func(s schedule.Slot) bool { return s.Session == j.terms.Session && s.Ends.Equal(j.terms.Ends) }
	at := j.at
	for range maxOthers {
		s, ok := w.r.o.Schedule.Next(schedule.Upload, at)
		if !ok || s.At.After(j.terms.Ends) {
			break
		}
		if of(s) {
			return false
		}
		at = s.At
	}
	at = j.at
	for range maxOthers {
		s, ok := w.r.o.Schedule.Last(schedule.Upload, at)
		if !ok || s.At.Before(j.at.Add(-farBack)) {
			break
		}
		if of(s) {
			return false
		}
		at = s.At
	}
	return true
}
