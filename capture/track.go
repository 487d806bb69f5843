package capture

import (
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/hal"
)

const (
	// onTime is how late a slot's photo is begun on a busy board. Config.Late
	// is never less.
	onTime = time.Second
	// stepMin is the least difference between the clock and package time that
	// is a step, where the clock has not gone on for long; see stepOver.
	stepMin = time.Second
	// slewShare: a clock that is slewed gains or loses less than this part of the time
	// that passes. The kernel slews by 0.5 ms per second, chrony by up to 83 (its
	// maxslewrate and the kernel's tick allow 100).
	slewShare = 10
	// smallStep is the largest step back after which slots are not taken again.
	smallStep = time.Minute
	// maxSearched is how many slots are looked up in the ledger where its end
	// tells nothing: more than a day at the shortest interval of 5 s.
	maxSearched = 20_000
	// maxDoubted is the longest gap that an unsynced clock is believed, where a
	// power cut would lose it otherwise: no battery is flat for longer before
	// somebody comes.
	maxDoubted = 31 * 24 * time.Hour
)

// unsetBefore is the time before which no clock is right: this software is not
// older. Boards without a clock begin in 1970, GPS receivers and FAT in 1980,
// clock chips that lost their battery in 2000 (DS1307, DS3231, PCF8523).
var unsetBefore = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// track follows the clock, and knows up to where slots are accounted for.
type track struct {
	store Store
	sched *schedule.Schedule

	// cursor: all slots up to here are handled, but for those that are held.
	cursor time.Time
	// The slots in (since, until] were handled while the service ran and the
	// clock went on. After a step back, until is after the cursor.
	since, until time.Time
	// Up to before all had been handled when that began. What lies between was
	// jumped over, or passed before the start, if the clock was right.
	before time.Time
	// jumped: it was jumped over, and that has been reported.
	jumped bool
	// held is a gap that is not reported yet, because nobody vouches for the
	// clock.
	held span
	// ahead: by the clock the store's ledger ends in the future.
	ahead bool
	// noLedger: before the start nothing was due.
	noLedger bool
	// vouched: the clock has been synced in this run, so that what it jumps over
	// from then on was due while the service ran.
	vouched bool

	began time.Time // by package time
	// The last turn by the clock and by package time, and how far the clock
	// stepped between it and this one.
	wall, mono time.Time
	step       time.Duration
	// anew: the clock is now where it was not before, so that time since the
	// start that is not handled was spent with the clock elsewhere.
	anew bool
}

// span is the time [from, to).
type span struct{ from, to time.Time }

func (s span) empty() bool { return !s.from.Before(s.to) }

func startTrack(clock hal.Clock, store Store, sched *schedule.Schedule) track {
	now := clock.Now()
	t := track{store: store, sched: sched, began: time.Now(), mono: time.Now(), wall: now}
	last, ok := store.LastSlot()
	t.noLedger = !ok || last.Before(unsetBefore)
	t.reckon(now, t.anchor(now))
	t.anew = false
	return t
}

// anchor is up to where slots are accounted for by what the store says. Where
// that is nothing, a slot that is due at this very instant counts.
func (t *track) anchor(now time.Time) time.Time {
	last, ok := t.store.LastSlot()
	known := ok && !last.Before(unsetBefore)
	t.ahead = known && now.Before(last.Add(-smallStep))
	switch {
	case !known:
		return now.Add(-1)
	case t.ahead:
		return t.lastBefore(now)
	}
	return last
}

// lastBefore is the newest slot up to now that the store accounts for; now where
// none of the last maxSearched slots is, or the clock is not set. A range of
// missed slots that ends in the future is of a wrong clock: where there is one,
// only photos count.
func (t *track) lastBefore(now time.Time) time.Time {
	before := now.Add(1)
	if now.Before(unsetBefore) {
		return now.Add(-1)
	}
	next, ok := t.sched.Next(schedule.Capture, now)
	photosOnly := ok && t.store.Accounted(next.At) && !t.store.Taken(next.At)
	for range maxSearched {
		slot, ok := t.sched.Last(schedule.Capture, before)
		if !ok {
			break
		}
		if t.store.Taken(slot.At) || !photosOnly && t.store.Accounted(slot.At) {
			return slot.At
		}
		before = slot.At
	}
	return now.Add(-1)
}

// reckon makes the slots from after the given time to now open.
func (t *track) reckon(now, after time.Time) {
	t.cursor, t.before = after, after
	t.since, t.until = now.Add(-1), now.Add(-1)
	if t.held.to.After(after) {
		t.held.to = after
	}
	t.jumped, t.anew = false, true
}

// notice compares the clock with package time and returns by how much it has
// stepped since the last turn; 0 for no step. After a large step back the
// cursor follows.
func (t *track) notice(now time.Time) time.Duration {
	passed := time.Since(t.mono)
	t.step = now.Sub(t.wall) - passed
	if t.step.Abs() < stepOver(passed) {
		t.step = 0
	}
	t.anew = false
	switch {
	case now.Before(t.cursor.Add(-smallStep)):
		t.back(now)
	case t.ahead && t.step > smallStep:
		// The clock was behind until now, as far as anybody knows.
		t.reckon(now, t.anchor(now))
	}
	return t.step
}

// stepOver is the least difference between the clock and package time that is a step
// where so much time has passed: more than a slew makes, and never more than smallStep.
func stepOver(passed time.Duration) time.Duration {
	return min(max(stepMin, passed/slewShare), smallStep)
}

// back follows the clock after a large step back.
func (t *track) back(now time.Time) {
	switch {
	case now.After(t.since):
		t.cursor = now.Add(-1)
		return
	case now.Before(t.before.Add(-smallStep)):
		t.reckon(now, t.anchor(now))
	case t.jumped:
		t.reckon(now, now.Add(-1)) // the clock did jump over these
	default:
		// The gap before since was too long, or never was.
		t.reckon(now, t.before)
	}
	t.vouched = false // who vouched for the clock was wrong
}

// even tells whether the clock has gone on since the last turn and nothing is held, so
// that a time without slots needs no look.
func (t *track) even() bool { return t.step == 0 && !t.anew && t.held.empty() }

// open is the time [from, to) whose slots are not handled yet: up to now.
func (t *track) open(now time.Time) (from, to time.Time) {
	return t.cursor.Add(1), now.Add(1)
}

// close makes now, by a clock that is synced or not, the end of what is handled.
func (t *track) close(now time.Time, synced bool) {
	if t.step > smallStep && !t.anew && now.After(t.until) {
		// Slots before the first start of all were not due, so not reported.
		due := !t.noLedger || t.vouched || !t.until.Before(now.Add(-time.Since(t.began)))
		t.before, t.since, t.jumped = t.until, now.Add(-1), due && t.held.empty()
	}
	if synced && !t.vouched {
		t.vouched = true
		if t.before.Before(unsetBefore) {
			t.before = t.since // what an unset clock showed was never due
		}
	}
	t.mono = time.Now()
	t.wall = now
	if now.After(t.cursor) {
		t.cursor = now
	}
	if t.cursor.After(t.until) {
		t.until = t.cursor
	}
}
