package session

import (
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

const (
	// fairShare: of so many photos one is the oldest that waits, where that is
	// older than fairAge, counted over all sessions. Newest first alone would leave
	// it for ever where a link carries no more than what comes.
	fairShare = 8
	fairAge   = 24 * time.Hour
)

// pick is the photo to send next in j.
func (r *Runner) pick(j *job) (m photo.Meta, ok bool, err error) {
	which := j.which
	waits := func(seq uint64) bool { return r.acks.has(seq) || r.delays.holds(seq) }
	if r.oldIsDue(j) {
		old := queue.Select{Order: queue.OldestFirst, From: which.From, To: r.o.Clock.Now().Add(-fairAge), Skip: waits}
		if !which.To.IsZero() && which.To.Before(old.To) {
			old.To = which.To
		}
		if m, ok, err = r.o.Queue.Next(old); ok || err != nil {
			r.sinceOld, r.bulky = 0, false
			return m, ok, err
		}
	}
	if seq, ok := r.stopper.stands(); ok {
		which.Skip = func(s uint64) bool { return s == seq || waits(s) }
		m, ok, err = r.o.Queue.Next(which)
		if ok || err != nil {
			return m, ok, err
		}
	}
	which.Skip = waits
	return r.o.Queue.Next(which)
}

// oldIsDue tells whether the next photo of j should be the oldest one. A session
// of so many of the newest begins with the newest all the same, unless the oldest
// is too large to be another; and one that a person asked for has nothing else.
func (r *Runner) oldIsDue(j *job) bool {
	if j.which.Order != queue.NewestFirst || r.sinceOld < fairShare-1 {
		return false
	}
	return j.photos == 0 || !j.manual && (j.sent > 0 || r.bulky)
}

// putOff notes that m, which was picked, was too large for what is left of j.
func (r *Runner) putOff(j *job, m photo.Meta) {
	if m.Taken.Before(r.o.Clock.Now().Add(-fairAge)) && r.sinceOld == 0 { // it was the oldest's turn
		r.sinceOld, r.bulky = fairShare-1, m.Size > j.bytes
	}
}
