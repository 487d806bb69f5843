package queue_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// trimAll trims as if the card were full.
func (r *rig) trimAll(want int) {
	r.Helper()
	r.setFree(0)
	defer r.setFree(10 << 30)
	if n, err := r.q.Trim(context.Background()); n != want || err != nil {
		r.Errorf("Trim = %d, %v, want %d", n, err, want)
	}
}

// roomy is a queue with a second copy, and a card as the test sets it.
func roomy(t *testing.T, photos int) (r *rig, s *ssd, all []photo.Meta) {
	r = newRig(t)
	s = r.copied("jpg")
	copies := r.with
	r.with = nil
	free := r.options().FreeBytes
	r.with = func(o *queue.Options) {
		copies(o)
		o.FreeBytes = free
	}
	r.open()
	for range photos {
		all = append(all, r.add())
	}
	r.fillCopy(s)
	return r, s, all
}

func TestNoPhotoLeavesTheCardForADiskThatWasSwapped(t *testing.T) {
	r, s, _ := roomy(t, 4)
	s.disk, s.files = "disk-b", map[photo.ID][]byte{}
	r.trimAll(0) // before the queue is told
	r.do("SetDisk", r.q.SetDisk("disk-b"))
	if disk, err := r.reopen().Disk(); disk != "disk-b" || err != nil {
		t.Errorf("Disk = %q, %v, want disk-b", disk, err)
	}
	r.trimAll(0)
	if got := r.uncopied(0, 10); !equal(got, []uint64{1, 2, 3, 4}) {
		t.Errorf("Uncopied = %d, want all", got)
	}
	r.fillCopy(s)
	s.unplugged = true
	r.trimAll(0)
	s.unplugged = false
	r.trimAll(3)
	r.check()
}

func TestNoPhotoLeavesTheCardWhoseCopyVanished(t *testing.T) {
	r, s, all := roomy(t, 4)
	delete(s.files, all[0].ID)
	s.files[all[1].ID] = nil
	r.trimAll(1)
	if got := r.uncopied(0, 10); !equal(got, []uint64{1, 2}) {
		t.Errorf("Uncopied = %d, want 1 and 2", got)
	}
	for _, m := range all {
		r.intact(m)
	}
}

func TestConfirmedPhotosGoBeforeWaitingOnes(t *testing.T) {
	r, _, all := roomy(t, 3)
	last := r.add()
	r.do("Acknowledge", r.q.Acknowledge(all[2].Seq()))
	m := r.add()
	r.do("Acknowledge", r.q.Acknowledge(last.Seq())) // its copy is not made yet
	r.setFree(65_000_000 - 6000)                     // small keeps 65 MB
	if n, err := r.q.Trim(context.Background()); n != 2 || err != nil {
		t.Errorf("Trim = %d, %v, want 2", n, err)
	}
	r.setFree(10 << 30)
	if i, err := r.q.Item(all[0].ID); err != nil || i.Away {
		t.Errorf("the oldest is %+v, %v, want it here", i, err)
	}
	if _, err := r.q.Item(last.ID); !errors.Is(err, queue.ErrUnknown) {
		t.Errorf("a confirmed photo: %v, want it gone", err)
	}
	// Without a second copy nothing waits for one, and nothing goes there.
	r.do("Acknowledge", r.q.Acknowledge(m.Seq()))
	r.add()
	with := r.with
	r.with = func(o *queue.Options) {
		with(o)
		o.Copies = nil
	}
	r.reopen()
	r.trimAll(1)
	if got := r.counts(); got != [6]int64{3} {
		t.Errorf("%d, want 3 waiting: of two that were copied, and the newest", got)
	}
}

func TestNextLeavesOutWhatIsOnADiskThatIsAway(t *testing.T) {
	r, s, all := roomy(t, 4)
	r.trimAll(3)
	next := func(want uint64) {
		t.Helper()
		for _, order := range []queue.Order{queue.NewestFirst, queue.OldestFirst} {
			m, ok, err := r.q.Next(queue.Select{Order: order, Skip: func(seq uint64) bool { return order == queue.NewestFirst && want == 1 && seq > 1 }})
			if err != nil || !ok || m.Seq() != want {
				t.Errorf("Next(%d) = %d, %t, %v, want %d", order, m.Seq(), ok, err, want)
			}
		}
	}
	next(1)
	s.unplugged = true
	next(4)
	s.unplugged, s.disk = false, "disk-b"
	next(4)
	s.disk = "disk-a"
	r.intact(all[0])
}

func TestAPhotoWhoseOnlyCopyIsDamagedIsLost(t *testing.T) {
	r, s, all := roomy(t, 4)
	r.trimAll(3)
	s.files[all[0].ID][0] ^= 1
	delete(s.files, all[1].ID)
	s.unplugged = true
	r.do("Verify without the disk", r.q.Verify(all[0]))
	s.unplugged, s.disk = false, "disk-b" // another disk proves nothing
	r.do("Verify with another disk", r.q.Verify(all[0]))
	if _, err := r.q.Open(all[1]); err == nil || r.counts() != [6]int64{4} {
		t.Errorf("Open with another disk = %v, %d, want 4 waiting", err, r.counts())
	}
	s.disk = "disk-a"
	if err := r.q.Verify(all[0]); !errors.Is(err, queue.ErrDamaged) {
		t.Errorf("Verify = %v, want %v", err, queue.ErrDamaged)
	}
	if _, err := r.q.Open(all[1]); err == nil {
		t.Error("a photo without any file was opened")
	}
	r.do("Verify", r.q.Verify(all[2]))
	if got := r.counts(); got != [6]int64{2, 0, 0, 0, 0, 2} {
		t.Errorf("%d, want 2 waiting, 2 lost", got)
	}
	r.check()
}

func TestTrimStandsBackForACapture(t *testing.T) {
	r := newRig(t)
	r.open()
	m := r.add()
	r.add()
	r.do("Acknowledge", r.q.Acknowledge(m.Seq()))
	synctest.Test(t, func(t *testing.T) {
		begun, over := make(chan struct{}), make(chan struct{})
		added := make(chan error, 1)
		go func() {
			_, err := r.q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
				close(begun)
				<-over
				return picture(1, 1000)(w)
			})
			added <- err
		}()
		<-begun
		r.setFree(0)
		trimmed := make(chan int, 1)
		go func() {
			n, err := r.q.Trim(t.Context())
			if err != nil {
				t.Errorf("Trim = %v", err)
			}
			trimmed <- n
		}()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		select {
		case n := <-trimmed:
			t.Errorf("%d photos deleted beside a capture, want Trim to wait", n)
		default:
		}
		close(over)
		if err := <-added; err != nil {
			t.Errorf("Add = %v", err)
		}
		if n := <-trimmed; n != 1 {
			t.Errorf("%d photos deleted after it, want 1", n)
		}
	})
	r.setFree(10 << 30)
}

func TestPhotosAreMatchedWithASecondCopyThatComesLater(t *testing.T) {
	r := newRig(t)
	r.open()
	for range 3 {
		r.add()
	}
	r.copied("jpg")
	q := r.reopen()
	if got := r.uncopied(0, 10); len(got) != 0 {
		t.Errorf("Uncopied at the start = %d, want none: that is for later", got)
	}
	r.setFault(func(step string) error {
		if step == queue.StepIndexCopied {
			return errCut
		}
		return nil
	})
	if err := q.MatchCopies(t.Context()); !errors.Is(err, errCut) {
		t.Errorf("MatchCopies = %v, want %v", err, errCut)
	}
	r.setFault(nil)
	q = r.reopen()
	r.do("MatchCopies", q.MatchCopies(t.Context()))
	if got := r.uncopied(0, 10); !equal(got, []uint64{1, 2, 3}) {
		t.Errorf("Uncopied = %d, want 1 to 3", got)
	}
}
