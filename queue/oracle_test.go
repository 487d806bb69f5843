package queue_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

const gone queue.State = ""

// promise is what the queue's callers were told, and what a call that the power
// cut short may have done besides: all of it, or nothing.
type promise struct {
	states map[photo.ID]queue.State // of every photo ever
	metas  map[photo.ID]photo.Meta
	slots  []time.Time // accounted for

	after    map[photo.ID]queue.State // what the call cut short would change
	extra    bool                     // it may have brought one more photo
	deadSlot time.Time                // of that
}

func newPromise() *promise {
	return &promise{states: map[photo.ID]queue.State{}, metas: map[photo.ID]photo.Meta{}, after: map[photo.ID]queue.State{}}
}

func (p *promise) clone() *promise {
	return &promise{
		states: maps.Clone(p.states), metas: maps.Clone(p.metas), slots: slices.Clone(p.slots),
		after: maps.Clone(p.after), extra: p.extra, deadSlot: p.deadSlot,
	}
}

// both is for a queue that keeps RAW files for a second copy.
func both(o *queue.Options) {
	o.Config.Upload = photo.KindJPEG
	o.Copies = func(string) bool { return true }
	o.OpenCopy = func(photo.Meta) (io.ReadSeekCloser, error) { return nil, errUnplugged }
	o.CopyDisk = func() string { return "disk-a" }
	o.MissingCopies = func(string, []photo.Meta) ([]uint64, error) { return nil, nil }
}

func (p *promise) add(r *rig, shot photo.Shot, format string) (photo.Meta, error) {
	p.extra, p.deadSlot = true, shot.Slot
	m, err := r.q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(7, 100_000)(w)
		e.Format = format
		return e, err
	})
	if err == nil {
		p.extra = false
		p.states[m.ID], p.metas[m.ID] = queue.Waiting, m
		if format != "jpg" {
			p.states[m.ID] = queue.Kept
		}
		if shot.Trigger == photo.Scheduled {
			p.slots = append(p.slots, shot.Slot)
		}
	}
	return m, err
}

// change is a call that gives photos another state.
func (p *promise) change(to queue.State, call func() error, all ...photo.Meta) error {
	for _, m := range all {
		p.after[m.ID] = to
	}
	err := call()
	if err == nil {
		maps.Copy(p.states, p.after)
		clear(p.after)
	}
	return err
}

// run makes every kind of change to r's queue until one fails.
func (p *promise) run(r *rig) error {
	var m [8]photo.Meta
	for i := range m {
		shot, format := r.shot(), "jpg"
		switch i {
		case 2:
			shot.Trigger = photo.Manual
		case 5: // the RAW file of the shot before; the camera was said to deliver a JPEG
			shot.Slot, shot.Taken, shot.Of, format = m[4].Slot, m[4].Taken, m[4].ID, "nef"
		}
		var err error
		if m[i], err = p.add(r, shot, format); err != nil {
			return err
		}
	}
	for _, step := range p.script(r, m) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// script is what run does with its first photos.
func (p *promise) script(r *rig, m [8]photo.Meta) []func() error {
	ctx, q := context.Background(), r.q
	seqs := func(all ...photo.Meta) (seqs []uint64) {
		for _, m := range all {
			seqs = append(seqs, m.Seq())
		}
		return seqs
	}
	from := r.shot().Slot
	miss := []photo.Miss{
		{From: from, To: from, Slots: 1, Cause: photo.CameraFault, Session: "day"},
		{From: from.Add(time.Hour), To: from.Add(2 * time.Hour), Every: 15 * time.Minute, Slots: 5, Cause: photo.NotRunning, Session: "day"},
		{From: from.Add(3 * time.Hour), To: from.AddDate(0, 0, 3), Slots: 99, Cause: photo.NotRunning},
	}
	return []func() error{
		func() error { return q.SetUploadURL(m[0].Seq(), "https://hub.example/files/1") },
		func() error {
			return p.change(queue.Refused, func() error { return q.Refuse(m[1].Seq(), "too ugly") }, m[1])
		},
		func() error { return q.Miss(miss...) },
		func() error {
			p.slots = append(p.slots, from, miss[1].From, miss[1].To, miss[2].From.Add(time.Hour))
			return p.change(queue.Held, func() error { _, err := q.Hold(m[4].ID); return err }, m[4])
		},
		func() error { return q.Copied(seqs(m[0], m[1])...) },
		func() error { return q.SetDisk("disk-b") },
		func() error { return q.SetDisk("disk-a") },
		func() error { return q.Copied(seqs(m[0], m[2], m[3], m[5])...) },
		func() error {
			return p.change(queue.Confirmed, func() error { return q.Acknowledge(seqs(m[0], m[2], m[3])...) }, m[0], m[2], m[3])
		},
		func() error { // four photos of 100,000 bytes must go: three confirmed, one that has a second copy
			r.setFree(511_650_000)
			return p.change(gone, func() error { _, err := q.Trim(ctx); return err }, m[0], m[2], m[3], m[5])
		},
		func() error {
			r.setFree(10 << 30)
			return p.change(queue.Waiting, func() error { _, err := q.Retry(); return err }, m[1])
		},
		func() error {
			return p.change(queue.Waiting, func() error { _, err := q.Release(); return err }, m[4])
		},
		func() error { return p.change(gone, func() error { _, err := q.Drop(m[6].ID); return err }, m[6]) },
		func() error { return q.SetProved(from.Truncate(24 * time.Hour)) },
		func() error { _, err := q.Scrub(ctx, queue.ScrubOptions{}); return err },
		func() error { _, err := q.Compact(ctx); return err },
		func() error { _, err := q.Sweep(ctx); return err },
		func() error {
			p.after[m[7].ID] = queue.Lost
			os.Remove(r.file(m[7]))
			_, err := q.Open(m[7])
			if errors.Is(err, errCut) || !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			p.states[m[7].ID] = queue.Lost
			return nil
		},
		func() error { _, err := p.add(r, r.shot(), "jpg"); return err },
	}
}

// verify compares what was promised with what is there.
func (p *promise) verify(r *rig) {
	r.Helper()
	r.check()
	got := r.states()
	before, after := true, true
	for id, want := range p.states {
		to, changed := p.after[id]
		back := want == queue.Lost && got[id] == queue.Waiting // a disk brings it back
		if got[id] != want && (!changed || got[id] != to) && !back {
			r.Errorf("photo %s is %q, want %q or %q", id, got[id], want, to)
		}
		if changed && want != to && to != queue.Lost {
			before, after = before && got[id] == want, after && got[id] == to
		}
		if got[id] != gone && got[id] != queue.Lost {
			r.intact(p.metas[id])
		}
	}
	if !before && !after {
		r.Errorf("states are %v: half of %v was done", got, p.after)
	}
	for _, item := range r.list() {
		if _, ok := p.states[item.ID]; !ok {
			if !p.extra || !item.Slot.Equal(p.deadSlot) || item.State != queue.Waiting && item.State != queue.Kept {
				r.Errorf("photo %s (%s) of slot %s came from nowhere", item.ID, item.State, item.Slot)
			}
			p.extra = false // once
			r.intact(item.Meta)
		}
	}
	for _, slot := range p.slots {
		if !r.q.Accounted(slot) {
			r.Errorf("slot %s is not accounted for", slot)
		}
	}
	last := uint64(0)
	for id := range p.states {
		last = max(last, id.Seq())
	}
	if m := r.add(); m.Seq() <= last {
		r.Errorf("number %d came again, %d was given out before", m.Seq(), last)
	}
}
