//go:build year

package agent_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

const (
	// settled is how long after a start, a fault or a change of the clock the next
	// slots must have their photos again: a camera takes seconds to start, an
	// attempt that hangs two minutes to end.
	settled = 4 * time.Minute
	// photoTime is how long a photo takes at the most where nothing is wrong.
	photoTime = 20 * time.Second
	// fullTime is how far from a moment without room on the card a slot may miss
	// its photo for that.
	fullTime = 3 * time.Minute
	// perPhoto is how long the backlog may take for each photo once the cloud is
	// back, beside drainTime: a request takes no time here, and a photo that fails
	// for reasons of its own waits among the others.
	perPhoto = time.Second
	// inFlow is how many photos may wait at any time though all is well: those
	// since the last session, and the one that is being taken.
	inFlow = 5
	// clearTime is how long after all is well again the last condition may stay:
	// one that the next slot clears, at the longest interval, and the drain.
	clearTime = 2 * time.Hour
)

// look notes what holds from now on. It is called whenever something has changed.
func (y *year) look() {
	now := time.Now()
	if len(y.starts) != y.booted { // also where nobody meant to start it
		y.booted = len(y.starts)
		y.endCalm(now)
		y.clear.from = time.Time{}
	}
	well := y.life != nil && len(y.ways.all)+len(y.slow.all)+len(y.faults.all)+len(y.pauses.all)+len(y.closed.all) == 0
	switch {
	case well && y.clear.from.IsZero():
		y.clear.from = now
		y.watchBacklog(now, y.waiting())
	case !well:
		y.clear.from = time.Time{}
	}
	calm := y.life != nil && y.right() && len(y.camera.all) == 0 && len(y.rooms.all) == 0
	switch {
	case calm && y.calm.from.IsZero():
		y.calm.from = now
	case !calm:
		y.endCalm(now)
	}
}

func (y *year) endCalm(now time.Time) {
	if from := y.calm.from; !from.IsZero() {
		if at, off := y.card.offSince(); off {
			now = at
		}
		y.calms = append(y.calms, period{y.wall(from.Add(settled)), y.wall(now.Add(-photoTime))})
	}
	y.calm.from = time.Time{}
}

func (y *year) waiting() int64 { return y.life.agent.Status().Queue.Waiting }

// watchBacklog wants what waits when the cloud can be reached again to be gone in
// time, unless that ends before.
func (y *year) watchBacklog(from time.Time, waiting int64) {
	bound := drainTime + time.Duration(waiting)*perPhoto
	still := func() bool { return y.clear.from.Equal(from) }
	y.in(bound, func() {
		if n := y.waiting; still() && n() > inFlow {
			y.Errorf("backlog: %d photos wait %v after the cloud could be reached again, when %d did: %+v", n(), bound, waiting, y.life.agent.Status().Upload)
		}
	})
	if waiting <= max(y.summary.backlog, 20) {
		return
	}
	y.summary.backlog, y.summary.drained = waiting, 0
	var poll func()
	poll = func() {
		switch {
		case !still() || y.summary.backlog != waiting || y.summary.drained != 0:
		case y.waiting() <= inFlow:
			y.summary.drained = time.Since(from)
		default:
			y.in(20*time.Second, poll)
		}
	}
	y.in(20*time.Second, poll)
}

// expect wants the condition to be reported after so long, where the daemon has
// run all the time and nothing else interferes by then.
func (y *year) expect(after time.Duration, name health.Name, sure func() bool) {
	starts := len(y.starts)
	if y.life == nil {
		return
	}
	y.in(after, func() {
		if y.life == nil || len(y.starts) != starts || !sure() {
			return
		}
		if _, held := y.condition(name); !held {
			y.Errorf("conditions: %s is not reported after %v: %+v", name, after, y.life.agent.Status().Conditions)
		}
		y.summary.expected++
	})
}

// wasShut tells whether a maintenance window was open in the last d.
func (y *year) wasShut(d time.Duration) bool {
	now := y.truth()
	return slices.ContainsFunc(y.shut, func(p period) bool { return p.to.After(now.Add(-d)) })
}

// wantNoAlarm wants that nothing which began in a maintenance window is reported
// of the cloud.
func (y *year) wantNoAlarm(e happening) {
	if y.life == nil || !y.right() {
		return
	}
	for _, name := range []health.Name{health.CloudUnreachable, health.UploadFailing} {
		if c, held := y.condition(name); held && !c.First.Before(e.at) {
			y.Errorf("window: %s is reported at %v, in a maintenance window since %v: %+v", name, y.truth(), e.at, c)
		}
	}
}

// finish lets everything work again and holds the year to every promise.
func (y *year) finish() {
	y.endCalm(time.Now())
	for d := time.Duration(0); y.life == nil || y.card.isOff(); d += time.Minute {
		if d > 24*time.Hour {
			y.Fatal("the power does not come back")
		}
		if y.life != nil {
			y.kill()
		}
		time.Sleep(time.Minute)
		y.setRight()
		y.card.powerOn()
		y.cloud.powerOn()
		y.card.cutAt("", 0)
		y.boot()
	}
	y.settle()
	y.wantNoConditions()
	y.pass(tellTime)
	y.rest()
	y.conclude(func(q *queue.Queue) {
		v := y.judge(q)
		y.wantPhotos(q)
		y.wantPictures()
		y.wantCleared()
		y.judgeTold(q, func(day time.Time, l *message.Ledger) {
			l.Deleted = 0 // not news, once a day is settled
			if y.truth().Sub(day) < 30*time.Hour {
				*l = message.Ledger{} // a photo comes each quarter of an hour
			}
		})
		y.tell(q, v)
	})
}

// wantNoConditions wants all that was reported to be over soon.
func (y *year) wantNoConditions() {
	for began := time.Now(); ; y.pass(time.Minute) {
		left := slices.DeleteFunc(y.life.agent.Status().Conditions, func(c control.Condition) bool { return lasting(c.Name) })
		if len(left) == 0 {
			y.rest()
			return
		}
		if time.Since(began) > clearTime {
			y.Errorf("conditions: %v after everything works again: %+v", clearTime, left)
			return
		}
	}
}

// lasting tells whether a condition stays until the next start.
func lasting(name health.Name) bool {
	return name == health.IndexRebuilt || name == health.PhotoDamaged
}

// wantPhotos wants each slot to have its photo that nothing stood in the way of.
func (y *year) wantPhotos(q *queue.Queue) {
	for _, p := range y.calms {
		for slot := range y.due(p.from, p.to) {
			if q.Taken(slot.At) || y.noRoom(slot.At) {
				continue
			}
			entries, err := q.Ledger(slot.At, slot.At.Add(1))
			y.Errorf("calm: slot %v has no photo, though nothing was wrong from %v to %v: %+v (%v)", slot.At, p.from, p.to, entries, err)
		}
	}
}

// noRoom tells whether the card was full about then.
func (y *year) noRoom(at time.Time) bool {
	i, _ := slices.BinarySearchFunc(y.card.full, at.Add(-fullTime), func(full, at time.Time) int { return y.wall(full).Compare(at) })
	return i < len(y.card.full) && y.wall(y.card.full[i]).Before(at.Add(fullTime))
}

// wantPictures wants what the cloud has to be what the camera gave, each picture
// once.
func (y *year) wantPictures() {
	for id, s := range y.cloud.receiver.Stored() {
		if n := y.album.sums[s.SHA256]; n != 1 {
			y.Errorf("picture: photo %s in the cloud has SHA-256 %s, which the camera gave %d times, want once", id, s.SHA256, n)
		}
		y.album.sums[s.SHA256] = 0
	}
}

// wantCleared wants each condition that the cloud heard of to be over by its last
// word.
func (y *year) wantCleared() {
	last := map[string]bool{}
	for _, m := range y.cloud.broker.On(message.Topic(device, message.KindCondition)) {
		c, err := message.ParseCondition(m.Payload)
		if err != nil {
			y.Fatal(err)
		}
		if last[c.Name] = c.Raised; c.Raised {
			y.summary.conditions[c.Name]++
		}
	}
	for name, raised := range last {
		if raised && !lasting(health.Name(name)) {
			y.summary.open = append(y.summary.open, name)
		}
	}
	slices.Sort(y.summary.open)
}

// digest is the same for years that went the same way, to the cloud's eyes and the
// ledger's.
func (y *year) digest(q *queue.Queue) string {
	hash := sha256.New()
	var sum io.Writer = hash
	if file := os.Getenv(yearTrace); file != "" {
		f, err := os.Create(file)
		if err != nil {
			y.Fatal(err)
		}
		defer f.Close()
		sum = io.MultiWriter(hash, f)
	}
	for _, e := range y.ledger(q) {
		fmt.Fprintln(sum, e.From.UnixNano(), e.To.UnixNano(), e.Session, e.Cause, e.Photos)
	}
	for _, m := range y.cloud.broker.Messages() {
		fmt.Fprintln(sum, m.At.UnixNano(), m.Topic, string(m.Payload))
	}
	for _, id := range slices.Sorted(maps.Keys(y.cloud.receiver.Stored())) {
		fmt.Fprintln(sum, id)
	}
	return hex.EncodeToString(hash.Sum(nil)[:6])
}

// slots counts the slots of the year, and those that are missed, by cause.
func (y *year) tell(q *queue.Queue, v verdict) {
	s := &y.summary
	for _, n := range v.missed {
		s.slots += n
	}
	s.missed = v.missed
	for _, e := range y.ledger(q) {
		if len(e.Photos) > 0 {
			s.slots++
			s.taken += len(e.Photos)
		}
	}
	s.digest = y.digest(q)
	for _, st := range y.cloud.receiver.Stored() {
		s.bytes += st.Size
		s.stored++
	}
	steps := y.card.steps()
	for _, n := range steps {
		s.stepsMet += n
	}
	s.deleted = steps["spool.unlink"]
	s.messages = len(y.cloud.broker.Messages())
	s.connects = len(y.cloud.broker.Connects())
	s.starts = len(y.starts)
}

// summary is what a person wants to know of a year.
type summary struct {
	slots, taken, manual, stored    int
	missed                          map[photo.Cause]int
	cuts                            map[string]int // by the step, or at a moment
	outages, steps, restarts, plans int
	windows                         int // of maintenance
	longestOutage                   time.Duration
	updates, starts                 int
	backlog                         int64
	drained                         time.Duration
	conditions                      map[string]int // how often raised
	expected                        int            // how often one was expected and there
	open                            []string       // whose clearing the power took
	bytes                           int64
	stepsMet, deleted               int
	messages, connects              int
	digest                          string
}

func newSummary() summary { return summary{cuts: map[string]int{}, conditions: map[string]int{}} }

// numbers are those that a row of years adds up.
func (s summary) numbers() map[string]int {
	return map[string]int{
		"slots": s.slots, "photos": s.stored, "missed": total(s.missed), "cuts": total(s.cuts), "outages": s.outages,
		"starts": s.starts, "backlog": int(s.backlog), "steps": s.stepsMet,
	}
}

// lines is the summary for a person.
func (s summary) lines(h history) []string {
	cuts := 0
	for _, n := range s.cuts {
		cuts += n
	}
	return []string{
		fmt.Sprintf("%d days from %s, %s; %d things happen", h.days, h.dawn.Format(time.DateTime), h.zone, len(h.events)),
		fmt.Sprintf("slots      %d: %d with a photo, missed %s", s.slots, s.slots-total(s.missed), counts(s.missed)),
		fmt.Sprintf("photos     %d of slots, %d by hand; %d in the cloud, each once; %.1f MB", s.taken, s.manual, s.stored, float64(s.bytes)/1e6),
		fmt.Sprintf("power      %d cuts, %d of them at a durable step; %d starts in all, %d restarts, %d updates, %d other plans", cuts, cuts-s.cuts["at a moment"], s.starts, s.restarts, s.updates, s.plans),
		fmt.Sprintf("network    %d outages, the longest %v; %d maintenance windows; %d connections to the broker, %d messages", s.outages, s.longestOutage.Round(time.Minute), s.windows, s.connects, s.messages),
		fmt.Sprintf("backlog    %d photos at the longest, drained in %v", s.backlog, s.drained.Round(time.Second)),
		fmt.Sprintf("clock      %d steps", s.steps),
		fmt.Sprintf("conditions %s; %d expected and seen; clearing lost with the power: %v", counts(s.conditions), s.expected, s.open),
		fmt.Sprintf("card       %d durable steps, %d photos deleted for room", s.stepsMet, s.deleted),
		fmt.Sprintf("digest     %s", s.digest),
	}
}

func total[K comparable](of map[K]int) (n int) {
	for _, m := range of {
		n += m
	}
	return n
}

// counts is a list of how many of each, the most first.
func counts[K cmp.Ordered](of map[K]int) string {
	var keys []K
	for k := range of {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	text := ""
	for i, k := range keys {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d %v", of[k], k)
	}
	return cmp.Or(text, "none")
}
