package queue_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// loseIndex empties the index, as a file system does that lost its blocks.
func (r *rig) loseIndex() *queue.Queue {
	r.Helper()
	r.close()
	r.do("truncate", os.Truncate(r.index(), 0))
	return r.open()
}

// sentAway is a queue of n photos, of which all but the newest are away.
func sentAway(t *testing.T, n int) (r *rig, s *ssd, all []photo.Meta) {
	r = newRig(t)
	s = r.copied("jpg")
	r.open()
	for range n {
		all = append(all, r.add())
	}
	r.fillCopy(s)
	r.sendAway(n - 1)
	return r, s, all
}

// sendAway trims the card until so many files are gone.
func (r *rig) sendAway(n int) {
	r.Helper()
	with := r.with
	r.with = func(o *queue.Options) {
		with(o)
		o.FreeBytes = func(string) (uint64, error) { return 0, nil }
	}
	r.reopen()
	if got, err := r.q.Trim(context.Background()); got != n || err != nil {
		r.Fatalf("Trim = %d, %v, want %d", got, err, n)
	}
	r.with = with
	r.reopen()
}

func TestANewIndexDoesNotSayTheCloudHasWhatItForgot(t *testing.T) {
	r, _, all := sentAway(t, 4)
	q := r.loseIndex()
	for _, m := range all {
		if q.Has(m) {
			t.Errorf("Has(%d) of an index that knows nothing", m.Seq())
		}
	}
	r.do("Returned", q.Returned(all[0]))
	days, err := q.Days(at(0, 0), at(23, 0))
	r.do("Days", err)
	if len(days) != 1 || days[0].Uploaded != 0 || days[0].Deleted != 0 {
		t.Errorf("Days = %+v, want none uploaded", days)
	}
	// Of what it has now, it knows the end.
	r.do("Acknowledge", q.Acknowledge(all[0].Seq(), all[3].Seq()))
	q = r.reopen()
	if !q.Has(all[0]) || !q.Has(all[3]) || q.Has(all[1]) {
		t.Errorf("Has = %t, %t, %t, want true of the two that were acknowledged", q.Has(all[0]), q.Has(all[3]), q.Has(all[1]))
	}
	m := r.add()
	r.do("Acknowledge", q.Acknowledge(m.Seq()))
	if !q.Has(m) {
		t.Error("Has of a photo that came later, want true")
	}
}

func TestAccountsSayUnknownOfWhatTheOldIndexTookAlong(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var all []photo.Meta
	for range 3 {
		all = append(all, r.add())
	}
	r.do("Acknowledge", q.Acknowledge(1))
	r.do("trim", r.trim(1))
	r.close()
	_, err := queue.Rebuild(t.Context(), r.options())
	r.do("Rebuild", err)
	q = r.open()
	days, err := q.Days(at(0, 0), at(23, 0))
	if err != nil || len(days) != 1 || days[0].Unknown != 1 || days[0].Uploaded != 0 || days[0].Waiting != 2 {
		t.Errorf("Days = %+v, %v, want one unknown, two waiting", days, err)
	}
	if words, err := q.Account(1); err != nil || words[0] != "unknown" || q.Has(all[0]) {
		t.Errorf("Account = %v, %v, Has = %t, want unknown", words, err, q.Has(all[0]))
	}
	r.do("Acknowledge", q.Acknowledge(1)) // the cloud says so after all
	if words, err := q.Account(1); err != nil || words[0] != "deleted" || !q.Has(all[0]) {
		t.Errorf("Account = %v, %v, want deleted", words, err)
	}
}

func TestPhotosOfTheSecondCopyComeBackToANewIndexOnce(t *testing.T) {
	r, s, all := sentAway(t, 4)
	q := r.loseIndex()
	for range 2 {
		for _, m := range all {
			want := m.Seq() != 4
			if got, err := q.Wants(m.ID); err != nil || got && !want {
				t.Errorf("Wants(%d) = %t, %v, want none that is here", m.Seq(), got, err)
			}
			r.do("Returned", q.Returned(m))
		}
		if got := r.counts(); got != [6]int64{4} {
			t.Fatalf("%d, want 4 waiting", got)
		}
	}
	for _, m := range all {
		r.intact(m)
		r.do("Verify", q.Verify(m))
	}
	r.check()
	r.do("Acknowledge", q.Acknowledge(1))
	if _, err := q.Drop(all[1].ID); err != nil {
		t.Errorf("Drop = %v", err)
	}
	q = r.reopen()
	for _, m := range all {
		if got, err := q.Wants(m.ID); got || err != nil {
			t.Errorf("Wants(%d) = %t, %v, want false", m.Seq(), got, err)
		}
		r.do("Returned", q.Returned(m))
	}
	if got := r.counts(); got != [6]int64{2} {
		t.Errorf("%d, want 2 waiting: one is in the cloud, one was dropped", got)
	}
	s.unplugged = true
	r.check()
}

func TestWhatReturnsMustBeAPhotoOfThisQueue(t *testing.T) {
	r, _, all := sentAway(t, 3)
	q := r.loseIndex()
	for name, spoil := range map[string]func(*photo.Meta){
		"device": func(m *photo.Meta) { m.Device = "cam-2" },
		"format": func(m *photo.Meta) { m.Format = "../x" },
		"size":   func(m *photo.Meta) { m.Size = 0 },
		"sum":    func(m *photo.Meta) { m.SHA256 = "12" },
		"taken":  func(m *photo.Meta) { m.Taken = at(3, 0) },
		"id":     func(m *photo.Meta) { m.ID = "x" },
		"number": func(m *photo.Meta) { m.ID = photo.MakeID(m.Taken, 1<<40, [3]byte{}) },
	} {
		m := all[0]
		if spoil(&m); !errors.Is(q.Returned(m), queue.ErrDamaged) {
			t.Errorf("another %s: %v, want %v", name, q.Returned(m), queue.ErrDamaged)
		}
	}
	other := all[2]
	other.ID = photo.MakeID(other.Taken, 3, [3]byte{1, 2, 3})
	if err := q.Returned(other); !errors.Is(err, queue.ErrOther) {
		t.Errorf("a number that another photo has: %v, want %v", err, queue.ErrOther)
	}
	far := all[0]
	far.ID = photo.MakeID(far.Taken, 50, [3]byte{1, 2, 3})
	r.do("Returned", q.Returned(far))
	if m := r.add(); m.Seq() != 51 {
		t.Errorf("number %d after one of 50 that returned, want 51", m.Seq())
	}
}
