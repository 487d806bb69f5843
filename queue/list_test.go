package queue_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func equal(a, b []uint64) bool { return slices.Equal(a, b) }

// page lists all of f's photos, in pages of limit.
func (r *rig) page(f queue.Filter, limit int) (all []uint64) {
	r.Helper()
	f.Limit = limit
	for {
		items, err := r.q.List(f)
		r.do("List", err)
		if len(items) > limit {
			r.Fatalf("%d items, want at most %d", len(items), limit)
		}
		if len(items) == 0 {
			return all
		}
		for _, i := range items {
			all = append(all, i.Seq())
		}
		if last := all[len(all)-1]; f.Oldest {
			f.After = last
		} else {
			f.Before = last
		}
	}
}

func TestListPagesThroughAllBothWays(t *testing.T) {
	r := newRig(t)
	q := r.open()
	const photos = 27 // ends within a key of records
	waits := map[uint64]bool{}
	for n := range uint64(photos) {
		m := r.add()
		waits[m.Seq()] = n%3 != 0
		if !waits[m.Seq()] {
			r.do("Acknowledge", q.Acknowledge(m.Seq()))
		}
	}
	for _, f := range []queue.Filter{
		{}, {State: queue.Waiting}, {State: queue.Confirmed}, {State: queue.Lost},
		{After: 7, Before: 17}, {After: 8, Before: 16, State: queue.Waiting}, {After: 26}, {Before: 2}, {After: 27}, {Before: 1},
		{After: 5, Before: 6}, {After: 1 << 63}, {Before: 1 << 63},
		{From: at(8, 0), To: at(9, 0)}, {From: at(8, 0), State: queue.Waiting}, {To: at(8, 0).AddDate(9000, 0, 0)},
	} {
		var want []uint64
		for seq := uint64(1); seq <= photos; seq++ {
			taken := at(7, 0).Add(time.Duration(seq)*15*time.Minute + time.Second)
			if seq > f.After && (f.Before == 0 || seq < f.Before) &&
				(f.State == "" || f.State == queue.Waiting && waits[seq] || f.State == queue.Confirmed && !waits[seq]) &&
				(f.From.IsZero() || !taken.Before(f.From)) && (f.To.IsZero() || taken.Before(f.To)) {
				want = append(want, seq)
			}
		}
		for _, limit := range []int{2, 8, 1000} {
			f.Oldest = true
			if got := r.page(f, limit); !equal(got, want) {
				t.Errorf("oldest first, pages of %d, %+v: %d, want %d", limit, f, got, want)
			}
			f.Oldest = false
			got := r.page(f, limit)
			if slices.Reverse(got); !equal(got, want) {
				t.Errorf("newest first, pages of %d, %+v: %d reversed, want %d", limit, f, got, want)
			}
		}
	}
	if _, err := q.List(queue.Filter{State: "gone"}); err == nil {
		t.Error("List took a state that there is none of")
	}
}

func TestItemTellsAllOfAPhoto(t *testing.T) {
	r := newRig(t)
	q := r.open()
	shot := r.shot()
	shot.Session = "night/ü \n\"x\""
	m, err := q.Add(shot, picture(1, 100))
	r.do("Add", err)
	r.do("SetUploadURL", q.SetUploadURL(m.Seq(), "https://hub/1"))
	for range 2 {
		i, err := q.Item(m.ID)
		r.do("Item", err)
		if want := (queue.Item{Meta: m, State: queue.Waiting, UploadURL: "https://hub/1"}); i != want {
			t.Errorf("Item = %+v, want %+v", i, want)
		}
		q = r.reopen()
	}
	other := photo.MakeID(m.Taken, m.Seq(), [3]byte{1, 2, 3})
	for _, id := range []photo.ID{other, "", "x", photo.MakeID(m.Taken, 99, [3]byte{})} {
		if i, err := q.Item(id); !errors.Is(err, queue.ErrUnknown) || i != (queue.Item{}) {
			t.Errorf("Item(%q) = %+v, %v, want %v", id, i, err, queue.ErrUnknown)
		}
	}
}
