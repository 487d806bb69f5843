package queue_test

import (
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// next gives all that Next would send, each once.
func (r *rig) next(s queue.Select) (all []uint64) {
	r.Helper()
	seen := map[uint64]bool{}
	skip := s.Skip
	s.Skip = func(seq uint64) bool { return seen[seq] || skip != nil && skip(seq) }
	for {
		m, ok, err := r.q.Next(s)
		r.do("Next", err)
		if !ok {
			return all
		}
		if seen[m.Seq()] {
			r.Fatalf("Next gave %d, which was to be skipped", m.Seq())
		}
		seen[m.Seq()] = true
		all = append(all, m.Seq())
	}
}

func TestNextNeedsNoSkip(t *testing.T) {
	r := newRig(t)
	q := r.open()
	if m, ok, err := q.Next(queue.Select{}); ok || err != nil || m != (photo.Meta{}) {
		t.Errorf("Next of an empty queue = %+v, %t, %v", m, ok, err)
	}
	first, last := r.add(), r.add()
	if m, ok, err := q.Next(queue.Select{}); !ok || err != nil || m != last {
		t.Errorf("newest = %+v, %t, %v, want %s", m, ok, err, last.ID)
	}
	if m, ok, err := q.Next(queue.Select{Order: queue.OldestFirst}); !ok || err != nil || m != first {
		t.Errorf("oldest = %+v, %t, %v, want %s", m, ok, err, first.ID)
	}
	if m, ok, err := q.Next(queue.Select{To: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}); !ok || err != nil || m != last {
		t.Errorf("newest of all years = %+v, %t, %v, want %s", m, ok, err, last.ID)
	}
	if m, ok, err := q.Next(queue.Select{From: last.Taken, To: last.Taken}); ok || err != nil {
		t.Errorf("Next of an empty time = %s, %t, %v, want none", m.ID, ok, err)
	}
}

// Boards boot in 1970, and a dead RTC can say anything: the order is that of
// capture all the same, and no ID comes twice.
func TestOddClocksKeepIDsAndOrder(t *testing.T) {
	r := newRig(t)
	q := r.open()
	years := []int{2026, 1970, 2200, 1969, 1700, 2261, 2026}
	var want []uint64
	ids := map[photo.ID]bool{}
	for n, year := range years {
		slot := time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC)
		m, err := q.Add(scheduled(slot), picture(n, 100))
		r.do("Add", err)
		if m.Seq() != uint64(n+1) || m.ID.Time().Year() != year || ids[m.ID] {
			t.Errorf("photo %d of %d: ID %s", n+1, year, m.ID)
		}
		ids[m.ID] = true
		want = append(want, m.Seq())
	}
	for _, year := range []int{1, 1600, 2262, 9999} {
		slot := time.Date(year, 12, 1, 0, 0, 0, 0, time.UTC)
		if m, err := q.Add(scheduled(slot), picture(1, 100)); err == nil {
			t.Errorf("a photo of the year %d was taken: %s", year, m.ID)
		}
	}
	for range 2 {
		if got := r.next(queue.Select{Order: queue.OldestFirst}); !equal(got, want) {
			t.Errorf("oldest first: %d, want %d", got, want)
		}
		// The clock's time chooses, where a person asks for it.
		in := queue.Select{From: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)}
		if got := r.next(in); !equal(got, []uint64{4, 2}) {
			t.Errorf("of 1969 and 1970: %d, want 4 and 2", got)
		}
		q = r.reopen()
	}
	if last, ok := q.LastSlot(); !ok || last.Year() != 2261 {
		t.Errorf("LastSlot = %s, %t, want that of 2261", last, ok)
	}
}
