package session

import (
	"math"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue"
)

const (
	// leastSession is how long a session may last at the least: one at its block's
	// last instant would have no time at all.
	leastSession = 5 * time.Minute
	// longestOwed bounds what is made up for of a block.
	longestOwed = 24 * time.Hour
	// mostPhotos bounds the sum of the limits that a window cost: two of them fit
	// into 32 bits.
	mostPhotos = 1_000_000_000
)

// job is one session: what it may send, and what it has sent.
type job struct {
	terms  schedule.Slot // its slot without the instant; zero of a person's
	at     time.Time     // its slot, wall time
	manual bool
	which  queue.Select
	ends   time.Time // the last instant at which it begins a photo, wall time

	// The limits; 0 is none.
	photos int
	bytes  int64
	time   time.Duration
	// What is used of them, over all its turns.
	sent      int
	sentBytes int64
	spent     time.Duration

	began time.Time // its first turn, wall time; zero before
	turn  time.Time // the turn under way, package time; zero between turns
	// before is how many photos it had sent before this turn, or the last.
	before  int
	fetched bool // the camera was asked for its pictures

	// lost is since when a maintenance window keeps it from its work, wall time;
	// zero: it doesn't. owed is how much longer than until ends it may work.
	lost time.Time
	owed time.Duration
	// kept: nothing of it was sent in its block, and it waits for the next one.
	kept bool

	ready time.Time // when it may go on, package time
	// idle: it found nothing more. A photo that comes until wake makes it go on.
	idle bool
	wake time.Time // package time
}

func jobOf(slot schedule.Slot) job {
	c := slot.Choice
	which := queue.Select{From: c.From, To: c.To}
	if c.Oldest {
		which.Order = queue.OldestFirst
	}
	if c.LookBack > 0 {
		which.From = slot.At.Add(-c.LookBack)
	}
	ends := laterOf(slot.Ends, slot.At.Add(leastSession))
	if !slot.Ends.After(slot.At) {
		ends = laterOf(ends, slot.At.Add(slot.Time))
	}
	j := job{
		terms: slot, at: slot.At, which: which, ends: ends,
		photos: slot.Photos, bytes: slot.Bytes, time: slot.Time,
	}
	j.terms.At = time.Time{}
	return j
}

// missed tells whether a maintenance window has cost j something.
func (j *job) missed() bool { return !j.lost.IsZero() || j.owed > 0 && !j.kept }

// inherit adds what a window has cost old, an earlier session of the same block,
// to what j may send.
func (j *job) inherit(old *job) {
	if j.photos > 0 {
		j.photos = min(j.photos+old.photos, mostPhotos)
	}
	j.bytes, j.time = sum(j.bytes, old.bytes), time.Duration(sum(int64(j.time), int64(old.time)))
	j.sent, j.sentBytes, j.spent = old.sent, old.sentBytes, old.spent
	j.lost, j.owed, j.began = old.lost, max(j.owed, old.owed), old.began
	if !j.which.From.IsZero() && old.which.From.Before(j.which.From) {
		j.which.From = old.which.From
	}
}

// sum is a + b, at the most the largest there is. Neither is negative.
func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// full tells whether j has sent what it may.
func (j *job) full() bool {
	return j.photos > 0 && j.sent >= j.photos || j.bytes > 0 && j.sentBytes >= j.bytes
}

// fits tells whether j may send so many bytes more; the first photo always fits.
func (j *job) fits(size int64) bool {
	return j.bytes == 0 || j.sent == 0 || size <= j.bytes-j.sentBytes
}

// begin begins a turn of j at now, wall time. What a window took of its block is
// owed from now on.
func (j *job) begin(now time.Time) {
	if j.began.IsZero() {
		j.began = now
	}
	if !j.lost.IsZero() {
		until := now
		if j.ends.Before(until) {
			until = j.ends
		}
		j.owe(until.Sub(j.lost))
		j.lost = time.Time{}
	}
	j.turn, j.before = time.Now(), j.sent
}

// owe adds d to what is owed.
func (j *job) owe(d time.Duration) { j.owed = min(j.owed+max(d, 0), longestOwed) }

// worked is for how long the turn under way has lasted.
func (j *job) worked() time.Duration {
	if j.turn.IsZero() {
		return 0
	}
	return time.Since(j.turn)
}

// end ends a turn of j at now, wall time. One in which the cloud took nothing does
// not count.
func (j *job) end(now time.Time) {
	worked := j.worked()
	if j.sent == j.before {
		worked = 0
	}
	j.spent += worked
	j.owed = max(j.owed-min(worked, max(now.Sub(j.ends), 0)), 0)
	j.turn = time.Time{}
}

// over tells whether j may begin no other photo at now, wall time, since its block
// has ended or its minutes are used up.
func (j *job) over(now time.Time) bool {
	if j.manual {
		return false
	}
	worked := j.worked()
	if j.time > 0 && j.spent+worked >= j.time {
		return true
	}
	past := now.Sub(j.ends)
	return past > 0 && min(worked, past) >= j.owed
}

// laterOf is the later of two moments.
func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
