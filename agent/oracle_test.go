package agent_test

import (
	"slices"
	"time"

	"fieldcam/agent/message"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue"
)

const (
	// drainTime is how long the backlog may take once all is well: a photo that
	// failed for a reason of its own waits up to 15 minutes, and so once more.
	drainTime = 45 * time.Minute
	// linkTime is how long the control link may take once the broker is well: a
	// connection that is found dead after a minute, the longest wait before the
	// next, and a handshake.
	linkTime = time.Minute + 2*time.Minute + 30*time.Second
)

// verdict is what a world came to, for a test that wants more than the promises.
type verdict struct {
	taken  int                 // scheduled photos
	missed map[photo.Cause]int // slots
	late   time.Duration       // the latest photo after its slot
	metas  []photo.Meta        // of the photos on the card
}

// finish lets everything work again, waits until the queue is empty, stops the
// daemon, and holds the world to every promise.
func (w *world) finish() verdict {
	w.Helper()
	w.card.cutAt("", 0)
	w.card.set(plenty)
	w.cam.SetFaults(vc0706sim.Faults{})
	w.setRight()
	w.cloud.heal()
	w.mark()
	if w.life == nil {
		w.boot()
	}
	w.pass(time.Minute) // a step of the clock is noticed within 10 s
	w.retryRefused()
	w.drain()
	w.rest()
	w.wantStatus()
	w.stop()
	if link, ok := w.cloud.broker.Retained(message.Topic(device, message.KindLink)); !ok {
		w.Error("the broker retains no link message")
	} else if l, err := message.ParseLink(link.Payload); err != nil || l.Up {
		w.Errorf("retained link after the stop: %s (%v), want up false", link.Payload, err)
	}
	w.wantHeartbeats()
	w.wantEvents()
	q := w.openQueue()
	defer q.Close()
	return w.judge(q)
}

// drain waits until the cloud has every photo.
func (w *world) drain() {
	w.Helper()
	for began := time.Now(); ; w.pass(20 * time.Second) {
		s := w.life.agent.Status()
		if s.Queue.Waiting == 0 {
			return
		}
		if time.Since(began) > drainTime {
			w.Fatalf("%v after everything works again: %d photos wait: %+v", drainTime, s.Queue.Waiting, s.Upload)
		}
		if !s.Upload.Running {
			if err := w.life.agent.Upload(0); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// rest waits until the control link is up and no slot is in hand or near, so
// that the end is unambiguous.
func (w *world) rest() {
	w.Helper()
	for began := time.Now(); ; {
		w.pass(15 * time.Second)
		now := w.truth()
		next, ok := w.plan.Next(schedule.Capture, now.Add(-20*time.Second))
		s := w.life.agent.Status()
		if !s.Broker.Connected && time.Since(began) > linkTime {
			w.Fatalf("the control link is down %v after everything works again", linkTime)
		}
		if s.Broker.Connected && s.Capture.Shooting == nil && !s.Upload.Running && s.Queue.Waiting == 0 &&
			(!ok || next.At.Sub(now) > time.Second) {
			return
		}
	}
}

func (w *world) openQueue() *queue.Queue {
	w.Helper()
	q, err := queue.Open(w.Context(), queue.Options{Dir: w.dir, Device: device, Config: w.cfg.Queue, FreeBytes: w.card.freeBytes})
	if err != nil {
		w.Fatal(err)
	}
	return q
}

// judge holds the queue and the cloud to the promises. All is over.
func (w *world) judge(q *queue.Queue) verdict {
	w.Helper()
	if err := q.Check(); err != nil {
		w.Error(err)
	}
	v := verdict{missed: map[photo.Cause]int{}}
	slots := w.judgeLedger(q, &v)
	w.judgeCloud(q, slots, &v)
	return v
}

// judgeLedger wants each slot accounted for, once. It returns the slot of each
// photo.
func (w *world) judgeLedger(q *queue.Queue, v *verdict) map[photo.ID]time.Time {
	w.Helper()
	entries := w.ledger(q)
	slots := map[photo.ID]time.Time{}
	for _, e := range entries {
		for _, id := range e.Photos {
			slots[id] = e.From
		}
		for _, m := range e.Misses {
			if n := w.count(m.From, m.To); n != m.Slots || n == 0 {
				w.Errorf("miss %+v: there are %d slots", m, n)
			}
		}
		for _, end := range []time.Time{e.From, e.To} {
			if w.count(end, end) != 1 {
				w.Errorf("ledger at %v: there is no such slot", end)
			}
		}
	}
	for slot := range w.plan.Between(schedule.Capture, w.since(entries), w.truth()) {
		w.judgeSlot(slot.At, entries, v)
		if !q.Accounted(slot.At) && !w.in(w.excused, slot.At) {
			w.Errorf("slot %v is not accounted for", slot.At)
		}
	}
	return slots
}

// ledger is the whole ledger.
func (w *world) ledger(q *queue.Queue) []queue.Entry {
	w.Helper()
	const century = 100 * 365 * 24 * time.Hour
	entries, err := q.Ledger(monday().Add(-century), monday().Add(century))
	if err != nil {
		w.Fatal(err)
	}
	return entries
}

// since is from when on slots are accounted for: the start of the daemon that
// made the first entry. Before it there is no ledger, and nothing was due (see
// package capture): an earlier start that the power ended before its first slot
// was written has left nothing. Entries of a clock that was not set don't count.
func (w *world) since(entries []queue.Entry) time.Time {
	since := w.wall(w.starts[0])
	for _, e := range entries {
		if unset(e.From) {
			continue
		}
		for _, s := range w.starts {
			if at := w.wall(s); !at.After(e.From) {
				since = at
			}
		}
		break
	}
	return since
}

// unset tells whether a time is of a clock that was not set. The ledger does not
// keep such slots for long.
func unset(at time.Time) bool { return at.Year() < 2000 }

// judgeSlot wants the slot in the ledger once; more often only where the clock
// showed its time more than once, and never only where it was excused.
func (w *world) judgeSlot(at time.Time, entries []queue.Entry, v *verdict) {
	w.Helper()
	// A gap is what the clock says; a photo or a failure of the slot is what was
	// seen, and stands above it.
	photos, misses, gaps := 0, 0, 0
	var found []queue.Entry
	for _, e := range entries {
		if at.Before(e.From) || at.After(e.To) {
			continue
		}
		found = append(found, e)
		photos += len(e.Photos)
		for _, m := range e.Misses {
			if m.Cause == photo.NotRunning || m.Cause == photo.ClockStep {
				gaps++
			} else {
				misses++
			}
			v.missed[m.Cause]++
		}
	}
	v.taken += photos
	n := photos + misses
	if n == 0 {
		n = gaps
	}
	switch {
	case n == 1, n == 0 && w.in(w.excused, at), n > 1 && w.in(w.repeated, at):
	default:
		w.Errorf("slot %v is in the ledger %d times (%d photos, %d failures, %d gaps), want once: %+v", at, n, photos, misses, gaps, found)
	}
}

func (w *world) in(periods []period, at time.Time) bool {
	return slices.ContainsFunc(periods, func(p period) bool { return p.holds(at) })
}

// count is how many slots are in [from, to].
func (w *world) count(from, to time.Time) int {
	return w.plan.Count(schedule.Capture, from, to.Add(1))
}

// judgeCloud wants each photo of the queue in the cloud, once and whole, and no
// other there.
func (w *world) judgeCloud(q *queue.Queue, slots map[photo.ID]time.Time, v *verdict) {
	w.Helper()
	stored := w.cloud.receiver.Stored()
	want := map[photo.ID]string{} // SHA-256, empty where the card has it no more
	for id := range slots {
		want[id] = ""
	}
	for id := range w.known {
		want[id] = ""
	}
	for before := uint64(0); ; {
		items, err := q.List(queue.Filter{Before: before})
		if err != nil {
			w.Fatal(err)
		}
		if len(items) == 0 {
			break
		}
		before = items[len(items)-1].Seq()
		for _, i := range items {
			want[i.ID] = i.SHA256
			v.metas = append(v.metas, i.Meta)
			if i.State != queue.Confirmed {
				w.Errorf("photo %s is %s (%s), want confirmed", i.ID, i.State, i.Reason)
			}
			if i.Trigger == photo.Scheduled {
				v.late = max(v.late, i.Taken.Sub(i.Slot))
			}
		}
	}
	for id, sum := range want {
		s, ok := stored[string(id)]
		switch {
		case !ok:
			w.Errorf("photo %s is not in the cloud", id)
		case s.Times != 1:
			w.Errorf("photo %s came to the cloud %d times", id, s.Times)
		case sum != "" && s.SHA256 != sum:
			w.Errorf("photo %s has SHA-256 %s in the cloud, want %s", id, s.SHA256, sum)
		case s.Metadata["device"] != device:
			w.Errorf("photo %s is of device %q in the cloud", id, s.Metadata["device"])
		}
		at, err := time.Parse(time.RFC3339Nano, s.Metadata["slot"])
		if slot, ok := slots[id]; ok && (err != nil || !at.Equal(slot)) {
			w.Errorf("photo %s is of slot %q in the cloud, want %v", id, s.Metadata["slot"], slot)
		}
	}
	trimmed := w.card.steps()[queue.StepIndexTrim] > 0
	for id, s := range stored {
		at, _ := time.Parse(time.RFC3339Nano, s.Metadata["slot"])
		if trimmed && (s.Metadata["trigger"] == string(photo.Manual) || unset(at)) {
			continue // deleted after its confirmation, and in no ledger (any more)
		}
		if _, ok := want[photo.ID(id)]; !ok {
			w.Errorf("the cloud has photo %s, which the controller does not know", id)
		}
	}
}
