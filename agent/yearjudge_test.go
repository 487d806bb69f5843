//go:build year

package agent_test

import (
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
	// byNight is how many may at a site that uploads by night: in an event each of
	// the day's sessions leaves one.
	byNight = inFlow + 24*4
	// clearTime is how long after all is well again the last condition may stay:
	// one that the next slot clears, at the longest interval, and the drain.
	clearTime = 2 * time.Hour
	// longestInterval is that of any plan: so long after midnight a day may have its
	// first slot.
	longestInterval = time.Hour
)

// look notes what holds from now on. It is called whenever something has changed.
func (y *year) look() {
	now := time.Now()
	if len(y.starts) != y.booted { // also where nobody meant to start it
		y.booted = len(y.starts)
		y.endCalm(now)
		y.clear.from = time.Time{}
	}
	well := y.life != nil && len(y.ways.all)+len(y.slow.all)+len(y.faults.all)+len(y.closed.all) == 0 && y.unpaused()
	switch {
	case well && y.clear.from.IsZero():
		y.clear.from = now
		y.watchBacklog(now, y.waiting())
	case !well:
		y.clear.from = time.Time{}
	}
	if !y.right() {
		y.wrong = y.truth()
	}
	calm := y.life != nil && y.right() && len(y.camera.all) == 0 && len(y.rooms.all) == 0 && len(y.holds.all) == 0
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

// unpaused tells whether uploads and captures go on, by the schedule and a person.
func (y *year) unpaused() bool { return len(y.pauses.all)+len(y.holds.all) == 0 }

func (y *year) waiting() int64 { return y.life.agent.Status().Queue.Waiting }

// watchBacklog wants what waits when the cloud can be reached again to be gone in
// time, unless that ends before.
func (y *year) watchBacklog(from time.Time, waiting int64) {
	bound, flow := drainTime+time.Duration(waiting)*perPhoto, int64(inFlow)
	if y.nightly() {
		bound, flow = bound+24*time.Hour, byNight
	}
	still := func() bool { return y.clear.from.Equal(from) }
	y.in(bound, func() {
		if n := y.waiting; still() && n() > flow {
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
	// A clock that was wrong when the cloud was lost knows of no window.
	if y.life == nil || !y.right() || y.wrong.After(e.at.Add(-time.Hour)) {
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
		y.judgeTold(q, func(day time.Time, l *message.Ledger) (early bool) {
			l.Deleted = 0 // not news, once a day is settled
			if y.truth().Sub(day) < 30*time.Hour {
				*l = message.Ledger{} // a photo comes each quarter of an hour
			}
			return y.truth().Sub(day) < longestInterval+tellTime
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

// gaveWay tells whether the ledger says that the camera did not get done.
func gaveWay(entries []queue.Entry) bool {
	return len(entries) == 1 && (entries[0].Cause == photo.CameraFault || entries[0].Cause == photo.Busy)
}

// wantPhotos wants each slot to have its photo that nothing stood in the way of. Of a
// shot beside another slot, nearer than a photo takes, the camera may have to be taken
// away: the next slot comes on time.
func (y *year) wantPhotos(q *queue.Queue) {
	for _, p := range y.calms {
		all := slices.Collect(y.due(p.from, p.to.Add(photoTime)))
		for i, slot := range all {
			hurried := i+1 < len(all) && all[i+1].At.Sub(slot.At) < photoTime
			if !slot.At.Before(p.to) || q.Taken(slot.At) || y.noRoom(slot.At) {
				continue
			}
			entries, err := q.Ledger(slot.At, slot.At.Add(1))
			if hurried && gaveWay(entries) && (q.Taken(all[i+1].At) || y.noRoom(all[i+1].At)) {
				continue
			}
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
