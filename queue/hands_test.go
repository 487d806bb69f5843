package queue_test

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// counts is what a test of states compares: waiting, held, refused, kept,
// confirmed, lost.
func (r *rig) counts() [6]int64 {
	s := r.q.Stats()
	return [6]int64{s.Waiting, s.Held, s.Refused, s.Kept, s.Confirmed, s.Lost}
}

func TestHeldPhotosWaitForTheirRelease(t *testing.T) {
	r := newRig(t)
	q := r.open()
	a, b, c := r.add(), r.add(), r.add()
	step := func(what string, change func(...photo.ID) (int, error), want int, counts [6]int64, ids ...photo.ID) {
		t.Helper()
		if n, err := change(ids...); n != want || err != nil {
			t.Errorf("%s = %d, %v, want %d", what, n, err, want)
		}
		if got := r.counts(); got != counts {
			t.Errorf("after %s: %d, want %d", what, got, counts)
		}
	}
	step("Hold b, twice", q.Hold, 1, [6]int64{2, 1}, b.ID, b.ID)
	if got := r.next(queue.Select{}); !equal(got, []uint64{c.Seq(), a.Seq()}) {
		t.Errorf("%d go, want c and a", got)
	}
	step("Hold b again", q.Hold, 0, [6]int64{2, 1}, b.ID)
	step("Hold all", q.Hold, 2, [6]int64{0, 3})
	q = r.reopen()
	step("Release c", q.Release, 1, [6]int64{1, 2}, c.ID)
	r.do("Refuse", q.Refuse(c.Seq(), "415"))
	if i, err := q.Item(c.ID); err != nil || i.State != queue.Refused || i.Reason != "415" || time.Since(i.Since) > time.Hour {
		t.Errorf("refused photo = %+v, %v", i, err)
	}
	step("Release all", q.Release, 2, [6]int64{2, 0, 1})
	step("Retry one that waits", q.Retry, 0, [6]int64{2, 0, 1}, a.ID)
	step("Retry all", q.Retry, 1, [6]int64{3})
	if i, err := q.Item(c.ID); err != nil || i.Reason != "" || !i.Since.IsZero() {
		t.Errorf("photo that waits again = %+v, %v, want no reason", i, err)
	}
	// The cloud's word stands above a person's.
	step("Hold a", q.Hold, 1, [6]int64{2, 1}, a.ID)
	r.do("Acknowledge", q.Acknowledge(a.Seq()))
	step("Release a confirmed one", q.Release, 0, [6]int64{2, 0, 0, 0, 1}, a.ID)
	r.do("Refuse", q.Refuse(a.Seq(), "late"))
	step("Hold a confirmed one", q.Hold, 0, [6]int64{2, 0, 0, 0, 1}, a.ID)
}

func TestUnknownIDChangesNothing(t *testing.T) {
	r := newRig(t)
	q := r.open()
	a, b := r.add(), r.add()
	r.do("Refuse", q.Refuse(b.Seq(), "415"))
	before := r.counts()
	for _, id := range []photo.ID{"", "x", photo.MakeID(a.Taken, a.Seq(), [3]byte{1}), photo.MakeID(a.Taken, 99, [3]byte{})} {
		for name, change := range map[string]func(...photo.ID) (int, error){"Hold": q.Hold, "Release": q.Release, "Retry": q.Retry, "Drop": q.Drop} {
			if n, err := change(a.ID, b.ID, id); n != 0 || !errors.Is(err, queue.ErrUnknown) {
				t.Errorf("%s of %q = %d, %v, want 0, %v", name, id, n, err, queue.ErrUnknown)
			}
		}
		if got := r.counts(); got != before {
			t.Fatalf("%d, want %d", got, before)
		}
	}
	if n, err := q.Drop(); n != 0 || err != nil {
		t.Errorf("Drop of none = %d, %v, want nothing", n, err)
	}
	r.intact(a)
}

func TestLostPhotoWaitsAgainWhereItsFileIsBack(t *testing.T) {
	r := newRig(t)
	q := r.open()
	m, gone := r.add(), r.add()
	for _, m := range []photo.Meta{m, gone} {
		r.do("rename", os.Rename(r.file(m), r.file(m)+".away"))
		if _, err := q.Open(m); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Open = %v, want %v", err, os.ErrNotExist)
		}
	}
	if n, err := q.Retry(m.ID); n != 0 || err != nil {
		t.Errorf("Retry without the file = %d, %v, want 0", n, err)
	}
	r.do("rename", os.Rename(r.file(m)+".away", r.file(m)))
	r.do("remove", os.Remove(r.file(gone)+".away"))
	if n, err := q.Retry(m.ID, gone.ID); n != 1 || err != nil {
		t.Errorf("Retry = %d, %v, want 1", n, err)
	}
	if got := r.counts(); got != [6]int64{1, 0, 0, 0, 0, 1} {
		t.Errorf("%d, want 1 waiting, 1 lost", got)
	}
	r.intact(m)
	if n, err := q.Drop(gone.ID); n != 1 || err != nil {
		t.Errorf("Drop of the lost one = %d, %v, want 1", n, err)
	}
}

// The photo that is on its way is dropped: the upload reads to its end, and where
// it arrives, the ledger says that it did.
func TestDropOfWhatIsBeingSent(t *testing.T) {
	r := newRig(t)
	q := r.open()
	m, other := r.add(), r.add()
	f, err := q.Open(m)
	r.do("Open", err)
	defer f.Close()
	r.do("SetUploadURL", q.SetUploadURL(m.Seq(), "https://hub/1"))
	if n, err := q.Drop(m.ID, other.ID); n != 2 || err != nil {
		t.Errorf("Drop = %d, %v, want 2", n, err)
	}
	if b, err := io.ReadAll(f); err != nil || int64(len(b)) != m.Size {
		t.Errorf("the upload reads %d bytes, %v, want %d", len(b), err, m.Size)
	}
	if r.files() != 0 {
		t.Error("files are left")
	}
	r.do("SetUploadURL", q.SetUploadURL(m.Seq(), "https://hub/2"))
	if _, err := q.Open(m); err == nil {
		t.Error("a dropped photo was opened")
	}
	if err := q.Refuse(m.Seq(), "415"); !errors.Is(err, queue.ErrUnknown) {
		t.Errorf("Refuse = %v, want %v", err, queue.ErrUnknown)
	}
	day := func(want queue.Day) {
		t.Helper()
		days, err := r.q.Days(m.Slot, m.Slot.Add(1))
		r.do("Days", err)
		if len(days) != 1 || days[0].Dropped != want.Dropped || days[0].Uploaded != want.Uploaded || days[0].Deleted != want.Deleted {
			t.Errorf("Days = %+v, want %+v", days, want)
		}
	}
	day(queue.Day{Dropped: 2})
	if q.Has(m) {
		t.Error("Has says that the cloud has a dropped photo")
	}
	r.do("Acknowledge", q.Acknowledge(m.Seq()))
	day(queue.Day{Dropped: 1, Uploaded: 1, Deleted: 1})
	if !q.Has(m) || q.Has(other) {
		t.Errorf("Has = %t, %t, want the one that arrived", q.Has(m), q.Has(other))
	}
	r.reopen()
	day(queue.Day{Dropped: 1, Uploaded: 1, Deleted: 1})
}

// The newest photo's number must not come again, even where the index is made
// anew: its mark would tell of another photo that it was dropped.
func TestNumberOfTheDroppedNewestNeverComesAgain(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.add()
	m := r.add()
	if n, err := q.Drop(m.ID); n != 1 || err != nil {
		t.Errorf("Drop = %d, %v, want 1", n, err)
	}
	r.close()
	_, err := queue.Rebuild(t.Context(), r.options())
	r.do("Rebuild", err)
	r.open()
	next := r.add()
	if next.Seq() <= m.Seq() {
		t.Errorf("number %d, want one above %d", next.Seq(), m.Seq())
	}
	r.close()
	_, err = queue.Rebuild(t.Context(), r.options())
	r.do("Rebuild", err)
	r.open()
	r.intact(next)
	if got := r.counts(); got != [6]int64{2} {
		t.Errorf("%d, want 2 waiting", got)
	}
}
