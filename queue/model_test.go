package queue_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// held is what a queue must hold of one photo.
type held struct {
	meta         photo.Meta
	state        queue.State
	copied, away bool
}

// world is what a queue must be, kept in memory. A call makes a new one; a call
// that the power cut short leaves the old one or the new one, nothing between.
type world struct {
	photos map[uint64]held
	slots  map[time.Time]bool // accounted for, and whether with a photo
	mark   uint64             // the highest number accepted
}

func newWorld() world { return world{photos: map[uint64]held{}, slots: map[time.Time]bool{}} }

func (w world) clone() world {
	return world{maps.Clone(w.photos), maps.Clone(w.slots), w.mark}
}

// numbers lists the photos in one of the states, ascending; none named: all.
func (w world) numbers(states ...queue.State) (all []uint64) {
	for _, seq := range slices.Sorted(maps.Keys(w.photos)) {
		if len(states) == 0 || slices.Contains(states, w.photos[seq].state) {
			all = append(all, seq)
		}
	}
	return all
}

func (w world) accept(m photo.Meta) world {
	w = w.clone()
	state := queue.Waiting
	if m.Format != "jpg" {
		state = queue.Kept
	}
	w.photos[m.Seq()] = held{meta: m, state: state}
	w.mark = max(w.mark, m.Seq())
	if m.Trigger == photo.Scheduled {
		w.slots[m.Slot] = true
	}
	return w
}

// each changes photos; a state of gone forgets one.
func (w world) each(seqs []uint64, change func(h held) held) world {
	w = w.clone()
	for _, seq := range seqs {
		if h, ok := w.photos[seq]; ok {
			if h = change(h); h.state == gone {
				delete(w.photos, seq)
			} else {
				w.photos[seq] = h
			}
		}
	}
	return w
}

func to(state queue.State, from ...queue.State) func(held) held {
	return func(h held) held {
		if slices.Contains(from, h.state) {
			h.state = state
		}
		return h
	}
}

func acknowledged(h held) held {
	if h.state == queue.Lost || h.away {
		h.state = gone
	} else {
		h.state = queue.Confirmed
	}
	return h
}

// lost is what a photo is whose file vanished.
func lost(h held) held {
	if h.away || h.state == queue.Lost {
		return h
	}
	switch {
	case h.state == queue.Confirmed, h.copied && h.state == queue.Kept:
		h.state = gone
	case h.copied:
		h.away = true
	default:
		h.state = queue.Lost
	}
	return h
}

func copied(there bool) func(held) held {
	return func(h held) held {
		h.copied = there && !h.away || h.away
		return h
	}
}

// trimmed is the world after a Trim for want of need bytes: photos go that the
// cloud has and the second copy needn't wait for, then the rest that the cloud has,
// then those that the second copy has.
func (w world) trimmed(need int64) world {
	var victims []uint64
	take := func(fits func(h held) bool) {
		for _, seq := range w.numbers() {
			h := w.photos[seq]
			if need > 0 && seq != w.mark && !slices.Contains(victims, seq) && fits(h) {
				victims, need = append(victims, seq), need-h.meta.Size
			}
		}
	}
	take(func(h held) bool { return h.state == queue.Confirmed && h.copied })
	take(func(h held) bool { return h.state == queue.Confirmed })
	take(func(h held) bool {
		return h.copied && !h.away && h.state != queue.Confirmed && h.state != queue.Lost
	})
	return w.each(victims, func(h held) held {
		if h.state == queue.Confirmed || h.state == queue.Kept {
			h.state = gone
		}
		h.away = true
		return h
	})
}

// rebuilt is the world after a new index from the spool and what the old one tells.
func (w world) rebuilt() world {
	return w.each(w.numbers(), func(h held) held {
		if h.state == queue.Refused {
			if h.state = queue.Waiting; h.meta.Format != "jpg" {
				h.state = queue.Kept
			}
		}
		h.copied = h.away
		return h
	})
}

// is tells whether the queue is in the world w; what is different where not.
func (w world) is(r *rig) string {
	r.Helper()
	got := map[uint64]held{}
	for _, item := range r.list() {
		if _, twice := got[item.Seq()]; twice {
			return "photo " + string(item.ID) + " comes twice"
		}
		got[item.Seq()] = held{item.Meta, item.State, item.Copied, item.Away}
	}
	for seq, want := range w.photos {
		h, ok := got[seq]
		if ok && (want.away || want.state == queue.Lost) { // without its file less is known of it
			want.meta.Camera, want.meta.Attempts, want.meta.Shot = h.meta.Camera, h.meta.Attempts, h.meta.Shot
			want.meta.Session = h.meta.Session
		}
		if !ok || h != want {
			return "photo " + string(want.meta.ID) + " is " + describe(h) + ", want " + describe(want)
		}
	}
	if len(got) != len(w.photos) {
		return "there are more photos than should be"
	}
	for slot, taken := range w.slots {
		if !r.q.Accounted(slot) || r.q.Taken(slot) != taken {
			return fmt.Sprintf("slot %s: accounted %t, taken %t, want true, %t", slot, r.q.Accounted(slot), r.q.Taken(slot), taken)
		}
	}
	return ""
}

func describe(h held) string {
	s := string(h.state)
	if h.copied {
		s += ", copied"
	}
	if h.away {
		s += ", away"
	}
	return s + " " + string(h.meta.ID) + " " + h.meta.SHA256
}

// compare checks the whole queue against the world.
func (w world) compare(t *rapid.T, r *rig) {
	if diff := w.is(r); diff != "" {
		t.Fatal(diff)
	}
	waiting := w.numbers(queue.Waiting)
	if got := r.q.Stats(); got.Waiting != int64(len(waiting)) {
		t.Fatalf("Stats.Waiting = %d, want %d", got.Waiting, len(waiting))
	}
	for order, i := range map[queue.Order]int{queue.NewestFirst: len(waiting) - 1, queue.OldestFirst: 0} {
		m, ok, err := r.q.Next(queue.Select{Order: order})
		if err != nil || ok != (len(waiting) > 0) || ok && m.Seq() != waiting[i] {
			t.Fatalf("Next = %v, %t, %v, of %v", m.ID, ok, err, waiting)
		}
	}
}

// intact reads all photos that have a file.
func (w world) intact(r *rig) {
	r.Helper()
	for _, h := range w.photos {
		if !h.away && h.state != queue.Lost {
			r.intact(h.meta)
		}
	}
}

// trim is the call for trimmed.
func (r *rig) trim(need int64) error {
	r.setFree(uint64(queue.Default().KeepFreeMegabytes)*1_000_000 - uint64(need))
	defer r.setFree(10 << 30)
	_, err := r.q.Trim(context.Background())
	return err
}
