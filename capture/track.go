package capture

import (
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal"
)

const (
	// onTime is how late a slot's photo is begun on a busy board. Config.Late
	// is never less.
	onTime = time.Second
	// stepMin is the least difference between the clock and package time that
	// is a step. NTP slews by 0.5 ms per second at most, 5 ms in maxSleep.
	stepMin = time.Second
	// smallStep is the largest step back after which slots are not taken again.
	smallStep = time.Minute
	// maxSearched is how many slots are looked up in the ledger at a start.
	maxSearched = 1000
	// maxCounted is how far back the slots of a long gap are counted. The range
	// of such a Miss is whole, its number is of the last five years.
	maxCounted = 5 * 366 * 24 * time.Hour
)

// unsetBefore is the time before which no clock is right: boards without one
// begin in 1970, GPS receivers and FAT in 1980.
var unsetBefore = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// track follows the clock, and knows up to where slots are accounted for.
type track struct {
	// cursor: all slots up to here are handled.
	cursor time.Time
	// The slots in (since, until] are accounted for, in the store or by this
	// loop. It holds more than the cursor after a step back. Since is zero
	// where the store has a ledger.
	since, until time.Time
	// noLedger: before the start nothing was due.
	noLedger bool

	began time.Time // by package time
	// The last turn by the clock and by package time, and how far the clock
	// stepped between it and this one.
	wall, mono time.Time
	step       time.Duration
}

func startTrack(clock hal.Clock, store Store, sched *schedule.Schedule) track {
	now := clock.Now()
	t := track{began: time.Now(), mono: time.Now(), wall: now}
	last, ok := store.LastSlot()
	switch {
	case !ok || last.Before(unsetBefore):
		// A slot that is due at this very instant counts.
		t.noLedger = true
		t.cursor = now.Add(-1)
		t.since, t.until = t.cursor, t.cursor
	case !now.Before(last.Add(-smallStep)):
		t.cursor, t.until = last, last
	case !clock.Synced():
		// The clock is wrong; the ledger counts again once it is right.
		t.cursor, t.until = now.Add(-1), last
	default:
		// The ledger's end is wrong.
		t.cursor = lastBefore(now, store, sched)
		t.since, t.until = t.cursor, t.cursor
	}
	return t
}

// lastBefore is the newest slot up to now that the store accounts for; now where
// none of the last maxSearched slots is.
func lastBefore(now time.Time, store Store, sched *schedule.Schedule) time.Time {
	before := now.Add(1)
	for range maxSearched {
		slot, ok := sched.Last(schedule.Capture, before)
		if !ok {
			break
		}
		if store.Accounted(slot.At) {
			return slot.At
		}
		before = slot.At
	}
	return now.Add(-1)
}

// notice compares the clock with package time and returns by how much it has
// stepped since the last turn; 0 for no step. After a large step back the
// cursor follows.
func (t *track) notice(now time.Time) time.Duration {
	passed := time.Since(t.mono)
	t.step = now.Sub(t.wall) - passed
	if t.step.Abs() < stepMin {
		t.step = 0
	}
	if now.Before(t.cursor.Add(-smallStep)) {
		t.cursor = now.Add(-1)
		if t.cursor.Before(t.since) {
			t.since, t.until = t.cursor, t.cursor
		}
	}
	return t.step
}

// open is the time [from, to) whose slots are not handled yet: up to now.
func (t *track) open(now time.Time) (from, to time.Time) {
	return t.cursor.Add(1), now.Add(1)
}

// accounted tells whether the store has the slot from before.
func (t *track) accounted(slot time.Time) bool {
	return slot.After(t.since) && !slot.After(t.until)
}

// close makes now the end of what is handled.
func (t *track) close(now time.Time) {
	t.mono = time.Now()
	t.wall = now
	if now.After(t.cursor) {
		t.cursor = now
	}
	if t.cursor.After(t.until) {
		t.until = t.cursor
	}
}

// part is a stretch of time [from, to) whose slots were missed for one cause.
type part struct {
	from, to time.Time
	cause    photo.Cause
	detail   string
}

// causes says why the slots of [from, to) were missed. Slots that are accounted
// for, or were never due, are left out.
func (t *track) causes(from, to, now time.Time, busy bool) []part {
	var parts []part
	cut := func(end time.Time, cause photo.Cause, detail string) {
		if end.After(to) {
			end = to
		}
		if !from.Before(end) {
			return
		}
		if cause != "" {
			parts = append(parts, part{from, end, cause, detail})
		}
		from = end
	}
	if !from.After(t.until) {
		cut(t.until.Add(1), "", "")
	}
	// By the clock as it is now, the service began then.
	began := now.Add(-time.Since(t.began))
	if t.noLedger {
		cut(began, "", "")
	} else {
		cut(began, photo.NotRunning, "fieldcam was not running")
	}
	// Where the clock would be without a step: what lies behind it was jumped
	// over.
	unstepped := to
	if t.step > 0 {
		unstepped = now.Add(-t.step)
	}
	if busy {
		cut(unstepped, photo.Busy, "the camera was at an earlier photo")
	} else {
		cut(unstepped, photo.NotRunning, "fieldcam was held up")
	}
	cut(to, photo.ClockStep, "the clock jumped over it")
	return parts
}
