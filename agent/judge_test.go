package agent_test

import (
	"iter"
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue"
	"fieldcam/queue/upload/tustest"
)

// judge holds the queue and the cloud to the promises. All is over.
func (w *world) judge(q *queue.Queue) verdict {
	w.Helper()
	if err := q.Check(); err != nil {
		w.Error(err)
	}
	v := verdict{missed: map[photo.Cause]int{}}
	slots := w.judgeLedger(q, &v)
	w.judgeDays(q)
	w.judgeCloud(q, slots, &v)
	return v
}

// judgeLedger wants one account of each slot. It returns the slot of each photo,
// by its number.
func (w *world) judgeLedger(q *queue.Queue, v *verdict) map[uint64]time.Time {
	w.Helper()
	entries := w.ledger(q)
	accounts := map[int64]queue.Entry{} // by Unix nanoseconds
	var spans []queue.Entry
	slots := map[uint64]time.Time{}
	for _, e := range entries {
		if e.From.Before(e.To) {
			spans = append(spans, e)
			w.judgeSpan(e)
			continue
		}
		if other, ok := accounts[e.From.UnixNano()]; ok {
			w.Errorf("slot %v has two accounts: %+v and %+v", e.From, other, e)
		}
		accounts[e.From.UnixNano()] = e
		w.judgeEntry(e)
		for _, seq := range e.Photos {
			slots[seq] = e.From
		}
	}
	for slot := range w.due(w.since(entries), w.truth()) {
		e, ok := accounts[slot.At.UnixNano()]
		if !ok {
			e, ok = spanned(spans, slot.At)
		}
		switch {
		case !ok:
			w.Errorf("slot %v is not in the ledger", slot.At)
		case len(e.Photos) > 1 && !w.in(w.repeated, slot.At):
			w.Errorf("slot %v has %d photos, though its time came once: %+v", slot.At, len(e.Photos), e)
		}
		if v.taken += len(e.Photos); ok && len(e.Photos) == 0 {
			v.missed[e.Cause]++
		}
		if got := q.Accounted(slot.At); got != ok {
			w.Errorf("slot %v: Accounted is %t, but the ledger has %+v", slot.At, got, e)
		}
		if got := q.Taken(slot.At); got != (len(e.Photos) > 0) {
			w.Errorf("slot %v: Taken is %t, but the ledger has %+v", slot.At, got, e)
		}
	}
	return slots
}

// judgeEntry wants the account to be of a slot, and to say what became of it.
func (w *world) judgeEntry(e queue.Entry) {
	w.Helper()
	if !w.isSlot(e.From, e.Session) {
		w.Errorf("ledger has %+v: there is no such slot", e)
	}
	if e.Slots != 1 || len(e.Photos) == 0 && e.Cause == "" || len(e.Photos) > 0 && e.Cause.Gap() {
		w.Errorf("ledger has %+v, want it with a photo, or why there is none", e)
	}
}

// judgeSpan wants a span to begin and end with a slot.
func (w *world) judgeSpan(e queue.Entry) {
	w.Helper()
	n := w.count(e.From, e.To)
	if w.count(e.From, e.From) != 1 || w.count(e.To, e.To) != 1 || e.Slots < 1 || e.Slots > n || e.Cause == "" {
		w.Errorf("ledger has %+v: there are %d slots", e, n)
	}
}

// spanned is the newest of the spans that hold the slot.
func spanned(spans []queue.Entry, slot time.Time) (queue.Entry, bool) {
	for _, e := range slices.Backward(spans) {
		if !slot.Before(e.From) && !slot.After(e.To) {
			return e, true
		}
	}
	return queue.Entry{}, false
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
// was written has left nothing. Entries of a clock that was not set don't count,
// nor what was brought.
func (w *world) since(entries []queue.Entry) time.Time {
	since := w.wall(w.starts[0])
	for _, e := range entries {
		if unset(e.From) || e.From.Before(w.brought) {
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

func (w *world) in(periods []period, at time.Time) bool {
	return slices.ContainsFunc(periods, func(p period) bool { return p.holds(at) })
}

// count is how many slots are in [from, to], of any plan.
func (w *world) count(from, to time.Time) (n int) {
	for _, e := range w.eras {
		n += e.plan.Count(schedule.Capture, from, to.Add(1))
	}
	return n
}

// due are the slots from from on and before to, each by the plan of its time.
func (w *world) due(from, to time.Time) iter.Seq[schedule.Slot] {
	return func(yield func(schedule.Slot) bool) {
		for i, e := range w.eras {
			first, end := later(e.from, from), to
			if i+1 < len(w.eras) && w.eras[i+1].since.Before(to) {
				end = w.eras[i+1].since.Add(1)
			}
			for slot := range e.plan.Between(schedule.Capture, first, end) {
				if !yield(slot) {
					return
				}
			}
		}
	}
}

// isSlot tells whether there is such a slot: by the plan of its time, or by any
// where that time came more than once.
func (w *world) isSlot(at time.Time, session string) bool {
	again := unset(at) || w.in(w.repeated, at)
	for i, e := range w.eras {
		if !again && (at.Before(e.since) || i+1 < len(w.eras) && at.After(w.eras[i+1].from)) {
			continue
		}
		if slot, ok := e.plan.Next(schedule.Capture, at.Add(-1)); ok && slot.At.Equal(at) && slot.Session == session {
			return true
		}
	}
	return false
}

// judgeCloud wants each photo of the queue in the cloud, once and whole, and no
// other there. slots are those that the ledger has of photos, by number.
func (w *world) judgeCloud(q *queue.Queue, slots map[uint64]time.Time, v *verdict) {
	w.Helper()
	want := map[uint64]queue.Item{} // without an ID where the card has it no more
	for seq := range slots {
		want[seq] = queue.Item{}
	}
	for seq := range w.known {
		want[seq] = queue.Item{}
	}
	for _, i := range w.items(q, "") {
		want[i.Seq()] = i
		v.metas = append(v.metas, i.Meta)
		if i.State != queue.Confirmed && string(i.State) != w.gone[i.Seq()] {
			w.Errorf("photo %s is %s (%s), want confirmed", i.ID, i.State, i.Reason)
		}
		if i.Trigger == photo.Scheduled {
			v.late = max(v.late, i.Taken.Sub(i.Slot))
		}
	}
	stored := map[uint64]tustest.Stored{}
	trimmed := w.card.steps()[queue.StepIndexTrim] > 0
	for id, s := range w.cloud.receiver.Stored() {
		seq := photo.ID(id).Seq()
		if other, ok := stored[seq]; ok {
			w.Errorf("the cloud has two photos of number %d: %+v and %+v", seq, other.Metadata, s.Metadata)
		}
		stored[seq] = s
		if _, ok := want[seq]; ok {
			continue
		}
		at, _ := time.Parse(time.RFC3339Nano, s.Metadata["slot"])
		if !trimmed || s.Metadata["trigger"] != string(photo.Manual) && !unset(at) {
			w.Errorf("the cloud has photo %s, which the controller does not know", id)
		} // else deleted after its confirmation, and in no ledger (any more)
	}
	for seq, i := range want {
		s, ok := stored[seq]
		switch {
		case !ok && w.isGone(q, seq):
			continue
		case !ok:
			w.Errorf("photo %d (%s) of slot %v is not in the cloud", seq, i.ID, slots[seq])
		case s.Times != 1:
			w.Errorf("photo %d of slot %v came to the cloud %d times", seq, slots[seq], s.Times)
		case i.ID != "" && s.SHA256 != i.SHA256:
			w.Errorf("photo %s has SHA-256 %s in the cloud, want %s", i.ID, s.SHA256, i.SHA256)
		case s.Metadata["device"] != device:
			w.Errorf("photo %d is of device %q in the cloud", seq, s.Metadata["device"])
		}
		at, err := time.Parse(time.RFC3339Nano, s.Metadata["slot"])
		if slot, ok := slots[seq]; ok && (err != nil || !at.Equal(slot)) {
			w.Errorf("photo %d is of slot %q in the cloud, want %v", seq, s.Metadata["slot"], slot)
		}
	}
}

// isGone tells whether the queue says of the photo what the test expects.
func (w *world) isGone(q *queue.Queue, seq uint64) bool {
	w.Helper()
	words, err := q.Account(seq)
	if err != nil {
		w.Fatal(err)
	}
	return len(words) == 1 && words[0] == w.gone[seq]
}
