package queue_test

import (
	"io"
	"os"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
)

// verdict fills a photo that the checks gave a verdict.
func verdict(v photo.Verdict) func(io.Writer) (photo.Exposure, error) {
	return func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(int(v), 100)(w)
		e.Look = photo.Look{Width: 640, Height: 480, Brightness: 7, Verdict: v, Exposed: time.Date(2026, 11, 21, 7, 0, 1, 0, time.UTC), Serial: "04211"}
		return e, err
	}
}

// wantBad checks how many bad photos the day counts, of so many.
func (r *rig) wantBad(bad, photos int) {
	r.Helper()
	days := r.sums(r.slot, r.slot.Add(1))
	if len(days) != 1 || days[0].Bad != bad || days[0].Photos != photos {
		r.Errorf("got %+v, want %d of %d photos bad", days, bad, photos)
	}
}

// TestBadPhotosAreCountedWhateverBecomesOfThem: deleted, or the index made anew.
func TestBadPhotosAreCountedWhateverBecomesOfThem(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var all []photo.Meta
	for _, v := range []photo.Verdict{0, photo.Black, photo.Dark, photo.Black | photo.Small, photo.ClockOff, photo.Truncated, 0} {
		shot := r.shot()
		shot.Site = photo.Place{Latitude: 52.5163, Longitude: 13.3777}
		m, err := q.Add(shot, verdict(v))
		r.do("Add", err)
		all = append(all, m)
	}
	r.wantBad(3, 7)
	if item, err := q.Item(all[3].ID); err != nil || item.Meta != all[3] || item.Verdict != photo.Black|photo.Small || item.Site.Latitude != 52.5163 {
		t.Errorf("got %+v, %v, want %+v", item, err, all[3])
	}
	r.close()
	if err := os.Remove(r.index()); err != nil {
		t.Fatal(err)
	}
	q = r.open()
	r.wantBad(3, 7)
	for _, m := range all[:6] {
		r.do("Acknowledge", q.Acknowledge(m.Seq()))
	}
	r.setFree(0)
	_, err := q.Trim(t.Context())
	r.do("Trim", err)
	r.setFree(10 << 30)
	if _, err := q.Item(all[1].ID); err == nil {
		t.Error("the photo is still there, want it deleted")
	}
	r.wantBad(3, 7)
}

// TestIndexFromBeforeBadPhotosWereCountedIsUsedAsItIs.
func TestIndexFromBeforeBadPhotosWereCountedIsUsedAsItIs(t *testing.T) {
	r := newRig(t)
	r.open()
	old := r.add()
	r.close()
	db, err := bbolt.Open(r.index(), 0o644, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("bad")) })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r.do("delete the bucket", err)
	q := r.open()
	if found := q.Recovery(); found.Rebuilt || found.Damage != "" {
		t.Errorf("got %+v, want the index used as it is", found)
	}
	if _, err := q.Item(old.ID); err != nil {
		t.Error(err)
	}
	_, err = q.Add(r.shot(), verdict(photo.Black))
	r.do("Add", err)
	r.wantBad(1, 2)
}
