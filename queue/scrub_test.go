package queue_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// strip takes the photo's metadata away.
func (r *rig) strip(m photo.Meta) {
	r.Helper()
	unix.Removexattr(r.file(m), "user.fieldcam.meta")
	os.Remove(r.file(m) + ".json")
}

func TestScrubFindsWhatIsNotWhatItWas(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var all []photo.Meta
	for range 8 {
		all = append(all, r.add())
	}
	flipped, missing, bare, held, refused, confirmed := all[0], all[1], all[2], all[3], all[4], all[5]
	_, err := q.Hold(held.ID)
	r.do("Hold", err)
	r.do("Refuse", q.Refuse(refused.Seq(), "415"))
	r.do("Acknowledge", q.Acknowledge(confirmed.Seq()))
	for _, m := range []photo.Meta{flipped, held, refused, confirmed} {
		flip(t, r.file(m))
	}
	r.do("remove", os.Remove(r.file(missing)))
	r.strip(bare)
	s, err := q.Scrub(t.Context(), queue.ScrubOptions{})
	if want := (queue.Scrubbed{Photos: 3, Bytes: 15_000, Lost: 4, Mended: 1}); s != want || err != nil {
		t.Errorf("Scrub = %+v, %v, want %+v", s, err, want)
	}
	if got := r.counts(); got != [6]int64{3, 0, 0, 0, 1, 4} {
		t.Errorf("%d, want 3 waiting, 1 confirmed, 4 lost", got)
	}
	if i, err := q.Item(bare.ID); err != nil || i.Meta.SHA256 != bare.SHA256 || i.Session != bare.Session {
		t.Errorf("photo that had lost its metadata = %+v, %v", i, err)
	}
	// A second one finds nothing new.
	s, err = q.Scrub(t.Context(), queue.ScrubOptions{})
	if want := (queue.Scrubbed{Photos: 3, Bytes: 15_000}); s != want || err != nil {
		t.Errorf("second Scrub = %+v, %v, want %+v", s, err, want)
	}
	// With its metadata back, it survives the index.
	r.close()
	r.do("remove", os.Remove(r.index()))
	r.open()
	r.intact(bare)
	if got := r.counts(); got != [6]int64{3} {
		t.Errorf("%d, want 3 waiting", got)
	}
}

// A sector that can't be read holds up no other photo.
func TestScrubGoesOnBehindWhatCantBeRead(t *testing.T) {
	r := newRig(t)
	q := r.open()
	bad, good := r.add(), r.add()
	kept := r.file(bad) + ".kept"
	r.do("rename", os.Rename(r.file(bad), kept))
	r.do("link", os.Symlink(filepath.Base(r.file(bad)), r.file(bad))) // ELOOP: no word on the photo
	s, err := q.Scrub(t.Context(), queue.ScrubOptions{})
	if s.Unread != 1 || s.Photos != 1 || s.Bytes != good.Size || s.Lost != 0 || err != nil {
		t.Errorf("Scrub = %+v, %v, want one unread, one read", s, err)
	}
	r.do("rename", os.Rename(kept, r.file(bad)))
	if s, err := q.Scrub(t.Context(), queue.ScrubOptions{}); s.Photos != 2 || err != nil {
		t.Errorf("second Scrub = %+v, %v, want 2 read", s, err)
	}
}

func TestScrubGoesOnWhereItWasBrokenOff(t *testing.T) {
	dir := filepath.Join(scratch(t), "state")
	synctest.Test(t, func(t *testing.T) {
		r := rigAt(t, dir)
		q := r.open()
		const photos = 10
		for range photos {
			r.add() // 5,000 bytes each
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer cancel()
		first, err := q.Scrub(ctx, queue.ScrubOptions{BytesPerSecond: 5000})
		if first.Photos != 5 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Scrub of 4.5 s at a photo a second = %+v, %v, want 5 read, %v", first, err, context.DeadlineExceeded)
		}
		q = r.reopen()
		start := time.Now()
		second, err := q.Scrub(t.Context(), queue.ScrubOptions{BytesPerSecond: 5000})
		if second.Photos != photos-first.Photos || err != nil {
			t.Errorf("the next Scrub = %+v, %v, want the other %d", second, err, photos-first.Photos)
		}
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("it took %s, want 5 s: gently", got)
		}
		third, err := q.Scrub(t.Context(), queue.ScrubOptions{})
		if third.Photos != photos || err != nil {
			t.Errorf("one more Scrub = %+v, %v, want it to begin anew", third, err)
		}
		r.check()
		r.close()
	})
}

func TestScrubWaitsWhileACaptureGoesOn(t *testing.T) {
	dir := filepath.Join(scratch(t), "state")
	synctest.Test(t, func(t *testing.T) {
		r := rigAt(t, dir)
		q := r.open()
		r.add()
		start := time.Now()
		busy := func() bool { return time.Since(start) < time.Minute }
		if s, err := q.Scrub(t.Context(), queue.ScrubOptions{Busy: busy}); s.Photos != 1 || err != nil || time.Since(start) != time.Minute {
			t.Errorf("Scrub = %+v, %v after %s, want the photo after a minute", s, err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if s, err := q.Scrub(ctx, queue.ScrubOptions{Busy: func() bool { return true }}); s.Photos != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Scrub beside an endless capture = %+v, %v, want %v", s, err, context.DeadlineExceeded)
		}
		r.check()
		r.close()
	})
}
